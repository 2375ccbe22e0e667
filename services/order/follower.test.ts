import { expect, test } from "bun:test";

import { until } from "../../testing/until.ts";
import { catalogPeer, type CatalogPeer } from "./peers.ts";
import { openCatalog, type OpenCatalog } from "../catalog/catalog.fixture.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { fillOf, tradeLog } from "../contract/trade.fixture.ts";
import type { Delivery } from "../runtime/flow/batcher.ts";
import type { Answered } from "./follower.ts";
import { Following, type Spoil } from "./ledger.fixture.ts";

const lost = { ok: false, arrived: "maybe" } as const;
const refused = { ok: false, arrived: "no" } as const;
const nobody = new AbortController().signal;

async function following(catalog: OpenCatalog, spoil?: Spoil): Promise<Following> {
  const service = new Following(catalog, spoil);
  service.follower.start();
  await until(async () => service.follower.missing === undefined);
  return service;
}

async function expectSameBooks(service: Following, catalog: OpenCatalog): Promise<void> {
  expect(await service.ledger.rows()).toEqual(await catalog.reads.trades(0, 20_000));
}

test("what the catalog decides is in the ledger before it is answered", async () => {
  using catalog = openCatalog();
  await using service = await following(catalog);
  const orders = [orderLike({ quantity: 2 }), orderLike({ name: "Nowhere" }), orderLike({ type: "sell" })];
  const { answers } = await service.follower.deliver(orders, nobody);
  const log = await catalog.reads.trades(0, 10);
  const stock = await catalog.reads.stock("A");
  expect(answers).toEqual([
    { outcome: { kind: "traded", fill: fillOf(log[0]!), replayed: false }, stock },
    { outcome: { kind: "refused", reason: "stock_not_found", replayed: false }, stock: undefined },
    { outcome: { kind: "traded", fill: fillOf(log[1]!), replayed: false }, stock },
  ]);
  expect(log.length).toBe(2);
  await expectSameBooks(service, catalog);
});

test("a batch is decided while the one before it is appended, and is in the ledger before it is answered", async () => {
  using catalog = openCatalog();
  const places: [told: number, inLedger: number][] = [];
  await using service = await following(catalog, (peer) => ({
    async decide(request, signal) {
      places.push([request.ledger.number, (await service.ledger.store.head()).number]);
      return peer.decide(request, signal);
    },
  }));
  const next: Promise<Delivery<Answered>>[] = [];
  const { answers } = await service.follower.deliver([orderLike(), orderLike()], nobody, () => {
    next.push(service.follower.deliver([orderLike()], nobody));
    return true;
  });
  expect((await service.ledger.rows()).length).toBeGreaterThanOrEqual(2);
  const [later] = await Promise.all(next);
  expect(places).toEqual([
    [0, 0],
    [2, 0],
  ]);
  const fills = [...(answers ?? []), ...(later?.answers ?? [])].map(({ outcome }) => outcome);
  expect(fills).toMatchObject(
    [1, 2, 3].map((number) => ({ kind: "traded", fill: { number }, replayed: false })),
  );
  await expectSameBooks(service, catalog);
});

test("a reply that does not tell of the catalog's rows is not believed: they are pulled", async () => {
  using catalog = openCatalog();
  await using service = await following(catalog, (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      return reply.ok ? { ...reply, data: { ...reply.data, chain: "ab".repeat(32) } } : reply;
    },
  }));
  for (let number = 1; number <= 3; number += 1) {
    const { answers } = await service.follower.deliver([orderLike()], nobody);
    expect(answers).toMatchObject([{ outcome: { kind: "traded", fill: { number } } }]);
    await expectSameBooks(service, catalog);
  }
});

test("a lost reply: its rows are pulled, the same order is replayed, and it traded once", async () => {
  using catalog = openCatalog();
  let calls = 0;
  await using service = await following(catalog, (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      calls += 1;
      return calls <= 2 ? lost : reply;
    },
  }));
  const order = orderLike({ quantity: 7 });
  const { outcome } = await service.desk.submit(order, 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 1 }, replayed: true });
  expect(calls).toBe(3);
  expect(await catalog.reads.stock("A")).toMatchObject({ quantity: 93, volume: 7 });
  await expectSameBooks(service, catalog);
});

test("a lost request is sent again and decided once", async () => {
  using catalog = openCatalog();
  let calls = 0;
  await using service = await following(catalog, (peer) => ({
    async decide(request, signal) {
      calls += 1;
      return calls === 1 ? lost : peer.decide(request, signal);
    },
  }));
  const { outcome } = await service.desk.submit(orderLike(), 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 1 }, replayed: false });
  await expectSameBooks(service, catalog);
});

test("a batch that the network doubles trades once", async () => {
  using catalog = openCatalog();
  await using service = await following(catalog, (peer) => ({
    async decide(request, signal) {
      await peer.decide(request, signal);
      return peer.decide(request, signal);
    },
  }));
  const answers = await Promise.all([1, 2, 3].map(() => service.desk.submit(orderLike(), 5_000)));
  expect(answers.map(({ outcome }) => outcome.kind)).toEqual(["traded", "traded", "traded"]);
  expect((await catalog.reads.stock("A"))?.quantity).toBe(97);
  await expectSameBooks(service, catalog);
});

test("a copy that arrives after it was given up leaves no gap: its rows are pulled first", async () => {
  using catalog = openCatalog();
  let late: (() => Promise<unknown>) | undefined;
  let calls = 0;
  await using service = await following(catalog, (peer) => ({
    async decide(request, signal) {
      calls += 1;
      if (calls > 1) {
        await late?.();
        late = undefined;
        return peer.decide(request, signal);
      }
      late = () => peer.decide(request, nobody);
      return lost;
    },
  }));
  const abandoned = orderLike({ quantity: 5 });
  expect(await service.follower.deliver([abandoned], nobody)).toEqual({ arrived: "maybe" });
  const { outcome } = await service.desk.submit(orderLike(), 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 2 } });
  await expectSameBooks(service, catalog);
  expect((await service.desk.submit(abandoned, 5_000)).outcome).toMatchObject({
    kind: "traded",
    fill: { number: 1 },
    replayed: true,
  });
});

test("a ledger that starts behind is caught up before it is ready, and decides nothing before", async () => {
  using catalog = openCatalog({ opening: [{ name: "A", priceCents: 1, quantity: 5_000 }] });
  catalog.decide(...Array.from({ length: 2_345 }, () => orderLike()));
  const gate = Promise.withResolvers<void>();
  let decided = 0;
  const service = new Following(catalog, (peer) => ({
    async trades(after) {
      if (after >= 1_000) await gate.promise;
      return peer.trades(after);
    },
    decide(request, signal) {
      decided += 1;
      return peer.decide(request, signal);
    },
  }));
  await using _ = service;
  service.follower.start();
  await until(async () => (await service.ledger.store.head()).number === 1_000);
  expect(service.follower.missing).toBeString();
  expect(service.follower.isComplete).toBe(false);
  const early = service.desk.submit(orderLike(), 5_000);
  await Bun.sleep(120);
  expect(decided).toBe(0);
  gate.resolve();
  await until(async () => service.follower.missing === undefined);
  expect((await early).outcome).toMatchObject({ kind: "traded", fill: { number: 2_346 } });
  await expectSameBooks(service, catalog);
});

test("a catalog that comes late is waited for", async () => {
  using catalog = openCatalog();
  let away = true;
  const service = new Following(catalog, (peer) => ({
    acquireEpoch: async (follower) => (away ? refused : peer.acquireEpoch(follower)),
  }));
  await using _ = service;
  service.follower.start();
  await Bun.sleep(50);
  expect(service.follower.missing).toBe("the order service waits for the catalog");
  away = false;
  await until(async () => service.follower.missing === undefined);
});

test("a ledger of another market never gets ready, says so, and is left as it is", async () => {
  using catalog = openCatalog({ marketId: "another" });
  const service = new Following(catalog);
  await using _ = service;
  await service.ledger.store.follow({ market_id: "m", incarnation: 1 });
  const before = catalog.everything();
  service.follower.start();
  await until(async () => service.follower.missing?.includes("another market") === true);
  expect((await service.desk.submit(orderLike(), 100)).outcome).toEqual({
    kind: "failed",
    reason: "unavailable",
  });
  expect(await service.ledger.store.market()).toEqual({ market_id: "m", incarnation: 1 });
  expect(catalog.everything()).toEqual(before);
  const warnings = service.log.lines.filter((line) => line.includes("give it its own data folder"));
  expect(warnings.length).toBe(1);
});

test("a catalog older than its ledger gets no orders, and restore is named", async () => {
  using catalog = openCatalog();
  const service = new Following(catalog);
  await using _ = service;
  await service.ledger.store.follow({ market_id: "m", incarnation: 1 });
  await service.ledger.store.append(tradeLog(3));
  const before = catalog.everything();
  service.follower.start();
  await until(async () => service.follower.missing?.includes("`restore`") === true);
  expect(await service.follower.deliver([orderLike()], nobody)).toEqual({ arrived: "no" });
  expect(catalog.everything()).toEqual(before);
  expect((await service.ledger.rows()).length).toBe(3);
});

test("a newer epoch fences this one off: it is told to end, and nothing is written", async () => {
  using catalog = openCatalog();
  await using service = await following(catalog);
  await service.follower.deliver([orderLike()], nobody);
  await using newer = await following(catalog);
  const before = catalog.everything();
  const ledgerBefore = await service.ledger.rows();
  expect(await service.follower.deliver([orderLike()], nobody)).toEqual({ arrived: "no" });
  expect(service.fenced).toBe(1);
  expect(catalog.everything()).toEqual(before);
  expect(await service.ledger.rows()).toEqual(ledgerBefore);
  expect((await newer.desk.submit(orderLike(), 5_000)).outcome).toMatchObject({ fill: { number: 2 } });
  expect(newer.fenced).toBe(0);
  await expectSameBooks(newer, catalog);
});

test("a new incarnation is followed: the order waits and is decided under it", async () => {
  using catalog = openCatalog();
  await using service = await following(catalog);
  await service.follower.deliver([orderLike()], nobody);
  catalog.db.exec("UPDATE meta SET incarnation = 2");
  const { outcome } = await service.desk.submit(orderLike(), 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 2 }, replayed: false });
  expect(await service.ledger.store.market()).toEqual({ market_id: "m", incarnation: 2 });
});

test("a restored catalog that knows an earlier epoch fences nobody off: it is followed", async () => {
  using catalog = openCatalog();
  catalog.db.exec("UPDATE meta SET epoch = 7");
  await using service = await following(catalog);
  await service.follower.deliver([orderLike()], nobody);
  catalog.db.exec("UPDATE meta SET incarnation = 2, epoch = 3");
  const { outcome } = await service.desk.submit(orderLike(), 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 2 }, replayed: false });
  expect(service.fenced).toBe(0);
});

test("a catalog that is replaced by an older one is noticed before an order comes", async () => {
  using catalog = openCatalog();
  await using service = await following(catalog);
  await service.follower.deliver([orderLike(), orderLike()], nobody);
  catalog.db.exec("DELETE FROM trades WHERE number = 2");
  await until(async () => service.follower.missing?.includes("`restore`") === true);
  expect(service.follower.isComplete).toBe(false);
  expect(service.fenced).toBe(0);
});

test("a full ledger holds the outcome back and takes no new batch until there is room", async () => {
  using catalog = openCatalog({ opening: [{ name: "A", priceCents: 1, quantity: 5_000 }] });
  let decided = 0;
  await using service = await following(catalog, (peer) => ({
    decide(request, signal) {
      decided += 1;
      return peer.decide(request, signal);
    },
  }));
  await service.desk.submit(orderLike(), 5_000);
  service.ledger.limitPages(0);
  const patient = Array.from({ length: 200 }, () => service.desk.submit(orderLike(), 5_000));
  const impatient = service.desk.submit(orderLike(), 60);
  expect((await impatient).outcome).toEqual({ kind: "failed", reason: "outcome_unknown" });
  const later = service.desk.submit(orderLike(), 5_000);
  await Bun.sleep(120);
  expect(decided).toBe(2);
  expect((await service.ledger.rows()).length).toBe(1);
  expect(service.follower.missing).toBe("the ledger is catching up");
  expect(await service.ledger.store.trade(1)).toMatchObject({ number: 1 });

  service.ledger.limitPages(10_000);
  const numbers = (await Promise.all([...patient, later])).map(({ outcome }) =>
    outcome.kind === "traded" ? outcome.fill.number : outcome,
  );
  expect(numbers).toEqual([...Array.from({ length: 200 }, (_none, index) => index + 2), 203]);
  await expectSameBooks(service, catalog);
});

test("a ledger whose disk is full at the start is waited for, and ends nothing", async () => {
  using catalog = openCatalog();
  const service = new Following(catalog);
  await using _ = service;
  const { store } = service.ledger;
  const follow = store.follow.bind(store);
  store.follow = () => Promise.reject(Object.assign(new Error("full"), { code: "SQLITE_FULL" }));
  service.follower.start();
  await Bun.sleep(250);
  expect(service.follower.missing).toBeString();
  store.follow = follow;
  await until(async () => service.follower.missing === undefined);
  expect((await service.desk.submit(orderLike(), 5_000)).outcome.kind).toBe("traded");
});

test("who loses the race for the lead asks again", async () => {
  using catalog = openCatalog();
  let calls = 0;
  const service = new Following(catalog, (peer) => ({
    acquireEpoch(follower) {
      calls += 1;
      return peer.acquireEpoch(calls === 1 ? { ...follower, epoch: follower.epoch - 1 } : follower);
    },
  }));
  await using _ = service;
  service.follower.start();
  await until(async () => service.follower.missing === undefined);
  expect(calls).toBe(2);
});

test("a trade log with a gap is never copied", async () => {
  using catalog = openCatalog();
  await using service = await following(catalog, (peer) => ({
    async trades(after) {
      const page = await peer.trades(after);
      return page.ok
        ? { ok: true, data: { trades: page.data.trades.filter(({ number }) => number !== 2) } }
        : page;
    },
    decide: async (request, signal) => (await peer.decide(request, signal), lost),
  }));
  await service.follower.deliver([orderLike(), orderLike(), orderLike()], nobody);
  expect(await service.follower.deliver([orderLike()], nobody)).toEqual({ arrived: "no" });
  expect((await service.ledger.rows()).length).toBe(0);
});

test("rows of another log are never copied, whatever answers at the catalog's address", async () => {
  using catalog = openCatalog();
  using other = openCatalog();
  const replaced: { by?: CatalogPeer } = {};
  await using service = await following(catalog, (peer) => ({
    trades: (after) => (replaced.by ?? peer).trades(after),
    decide: async (request, signal) => (replaced.by ? lost : peer.decide(request, signal)),
  }));
  await service.follower.deliver([orderLike()], nobody);
  const before = await service.ledger.rows();

  other.decide(orderLike({ type: "sell" }), orderLike({ type: "sell" }), orderLike({ type: "sell" }));
  replaced.by = catalogPeer(other.app());
  await service.follower.deliver([orderLike()], nobody);
  expect(await service.follower.deliver([orderLike()], nobody)).toEqual({ arrived: "no" });
  expect(await service.ledger.rows()).toEqual(before);
});
