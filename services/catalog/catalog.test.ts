import { expect, test } from "bun:test";

import { orderLike } from "../contract/order.fixture.ts";
import { genesisOf } from "../contract/trade.ts";
import { systemClock } from "../runtime/flow/clock.ts";
import { openCatalog, type OpenCatalog } from "./catalog.fixture.ts";
import type { CatalogDecisions } from "./catalog.ts";
import { composeCatalog } from "./compose.ts";
import { InlineWriter } from "./writer/inline.ts";

function composed(
  open: OpenCatalog,
  spoil: (writes: InlineWriter) => Partial<CatalogDecisions> = () => ({}),
) {
  const inline = new InlineWriter(open.writer, {
    clock: systemClock,
    onFailedOrder: () => undefined,
    onCrash: () => undefined,
  });
  const writes: CatalogDecisions = {
    acquireEpoch: (request) => inline.acquireEpoch(request),
    decide: (request) => inline.decide(request),
    decideJson: (requestJson) => inline.decideJson(requestJson),
    close: () => inline.close(),
    ...spoil(inline),
  };
  return composeCatalog({ reads: open.store, writes, context: { clock: systemClock } });
}

/** The first events of a subscription, of which `act` causes the ones after the heartbeat. */
async function eventsOf({ feed }: ReturnType<typeof composed>, act: () => Promise<unknown>, count: number) {
  const abort = new AbortController();
  const events: unknown[] = [];
  for await (const event of await feed.subscribe(abort.signal)) {
    events.push(event);
    if (events.length === 1) await act();
    if (events.length === count) abort.abort();
  }
  return events;
}

test("a decided batch is published, in both of its forms, after the first heartbeat", async () => {
  using open = openCatalog();
  const parts = composed(open);
  const object = () => parts.catalog.decide(open.request([orderLike({ quantity: 3 })]));
  expect(await eventsOf(parts, object, 2)).toEqual([
    { kind: "heartbeat", incarnation: 1, changes: 1 },
    { kind: "stocks", stocks: [expect.objectContaining({ name: "A", quantity: 97, version: 2 })] },
  ]);
  const ledger = await open.reads.heads();
  const text = () =>
    parts.catalog.decideJson(JSON.stringify(open.request([orderLike()], { ledger: ledger.trades })));
  expect(await eventsOf(parts, text, 2)).toMatchObject([
    { kind: "heartbeat" },
    { kind: "stocks", stocks: [{ name: "A", quantity: 96, version: 3 }] },
  ]);
});

test("a call that changes no stock publishes nothing", async () => {
  using open = openCatalog();
  const parts = composed(open);
  const act = async () => {
    await parts.catalog.decide(open.request([orderLike({ quantity: 101 }), orderLike({ name: "Nowhere" })]));
    await parts.catalog.decide(open.request([], { market_id: "x" }));
    await parts.catalog.acquireEpoch({
      market_id: "m",
      epoch: 0,
      ledger: { number: 0, chain: genesisOf("m") },
    });
  };
  expect(await eventsOf(parts, act, 2)).toMatchObject([{ kind: "heartbeat" }, { kind: "heartbeat" }]);
});

test("the reads are those of the store", async () => {
  using open = openCatalog();
  const { catalog } = composed(open);
  await catalog.decide(open.request([orderLike()]));
  expect(await catalog.stock("A")).toMatchObject({ ok: true, data: { quantity: 99 } });
  expect(await catalog.stocks("", 10)).toEqual(await open.store.stocks("", 10));
  expect(await catalog.trades(0, 10)).toMatchObject({ data: { trades: [{ number: 1 }] } });
  expect(await catalog.changes(0, 10)).toEqual(await open.store.changes(0, 10));
  expect(await catalog.stockChanges(0, 10)).toEqual(await open.store.stockChanges(0, 10));
  expect(await catalog.overlaps(0, 10)).toMatchObject({ data: { numbers: [] } });
  expect(await catalog.heads()).toMatchObject({ data: { trades: { number: 1 } } });
  expect(await catalog.isReady()).toBe(true);
});

test("a signal gives up waiting, and the batch is decided and published all the same", async () => {
  using open = openCatalog();
  const gate = Promise.withResolvers<void>();
  const parts = composed(open, (inline) => ({
    async decide(request) {
      await gate.promise;
      return inline.decide(request);
    },
  }));
  const act = async () => {
    const abort = new AbortController();
    const waiting = parts.catalog.decide(open.request([orderLike()]), abort.signal);
    abort.abort();
    expect(await waiting).toEqual({ ok: false, arrived: "maybe" });
    expect(open.count("trades")).toBe(0);
    gate.resolve();
  };
  expect(await eventsOf(parts, act, 2)).toMatchObject([{ kind: "heartbeat" }, { kind: "stocks" }]);
  expect(open.count("trades")).toBe(1);
});

test("a signal that does not fire changes nothing", async () => {
  using open = openCatalog();
  const { catalog } = composed(open);
  const { signal } = new AbortController();
  expect(await catalog.decide(open.request([orderLike()]), signal)).toMatchObject({
    ok: true,
    data: { decisions: [{ number: 1 }] },
  });
});
