import { expect, test } from "bun:test";

import { openCatalog } from "../catalog/catalog.fixture.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { fillOf } from "../contract/trade.fixture.ts";
import type { Delivery } from "../runtime/flow/batcher.ts";
import type { Answered } from "./dispatcher.ts";
import { expectSameBooks, OpenOrderService, openOrderService } from "./ledger.fixture.ts";

const lost = { ok: false, arrived: "maybe" } as const;

test("what the catalog decides is in the ledger before it is answered", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  const orders = [orderLike({ quantity: 2 }), orderLike({ name: "Nowhere" }), orderLike({ type: "sell" })];
  const { answers } = await service.deliver(orders);
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
  await using service = await openOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      places.push([request.ledger.number, (await service.ledger.store.head()).number]);
      return peer.decide(request, signal);
    },
  }));
  const next: Promise<Delivery<Answered>>[] = [];
  const { answers } = await service.deliver([orderLike(), orderLike()], () => {
    next.push(service.deliver([orderLike()]));
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

test("a reply whose chain does not match makes no rows: they are pulled", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      return reply.ok ? { ...reply, data: { ...reply.data, chain: "ab".repeat(32) } } : reply;
    },
  }));
  for (let number = 1; number <= 3; number += 1) {
    const { answers } = await service.deliver([orderLike()]);
    expect(answers).toMatchObject([{ outcome: { kind: "traded", fill: { number } } }]);
    await expectSameBooks(service, catalog);
  }
});

test("a lost reply: its rows are pulled, the same order is replayed, and it traded once", async () => {
  using catalog = openCatalog();
  let calls = 0;
  await using service = await openOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      calls += 1;
      return calls <= 2 ? lost : reply;
    },
  }));
  const order = orderLike({ quantity: 7 });
  const { outcome } = await service.submit(order, 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 1 }, replayed: true });
  expect(calls).toBe(3);
  expect(await catalog.reads.stock("A")).toMatchObject({ quantity: 93, volume: 7 });
  await expectSameBooks(service, catalog);
});

test("a lost request is sent again and decided once", async () => {
  using catalog = openCatalog();
  let calls = 0;
  await using service = await openOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      calls += 1;
      return calls === 1 ? lost : peer.decide(request, signal);
    },
  }));
  const { outcome } = await service.submit(orderLike(), 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 1 }, replayed: false });
  await expectSameBooks(service, catalog);
});

test("a batch that the network delivers twice trades once", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      await peer.decide(request, signal);
      return peer.decide(request, signal);
    },
  }));
  const answers = await Promise.all([1, 2, 3].map(() => service.submit(orderLike(), 5_000)));
  expect(answers.map(({ outcome }) => outcome.kind)).toEqual(["traded", "traded", "traded"]);
  expect((await catalog.reads.stock("A"))?.quantity).toBe(97);
  await expectSameBooks(service, catalog);
});

test("a copy that arrives after its batch was given up leaves no gap: its rows are pulled first", async () => {
  using catalog = openCatalog();
  let late: (() => Promise<unknown>) | undefined;
  let calls = 0;
  await using service = await openOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      calls += 1;
      if (calls > 1) {
        await late?.();
        late = undefined;
        return peer.decide(request, signal);
      }
      late = () => peer.decide(request);
      return lost;
    },
  }));
  const abandoned = orderLike({ quantity: 5 });
  expect(await service.deliver([abandoned])).toEqual({ arrived: "maybe" });
  const { outcome } = await service.submit(orderLike(), 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 2 } });
  await expectSameBooks(service, catalog);
  expect((await service.submit(abandoned)).outcome).toMatchObject({
    kind: "traded",
    fill: { number: 1 },
    replayed: true,
  });
});

test("a batch in the ledger is answered although the reply to the next batch is lost", async () => {
  using catalog = openCatalog();
  let isAway = false;
  const lost = { ok: false, arrived: "maybe" } as const;
  await using service = new OpenOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      return isAway ? lost : peer.decide(request, signal);
    },
    trades: async (after, limit) => (isAway ? lost : peer.trades(after, limit)),
    heads: async () => (isAway ? lost : peer.heads()),
  }));
  await service.start();
  let next: Promise<unknown> | undefined;
  const { answers } = await service.deliver([orderLike()], () => {
    isAway = true;
    next = service.deliver([orderLike()]);
    return true;
  });
  expect(await next).toEqual({ arrived: "maybe" });
  expect(answers).toMatchObject([{ outcome: { kind: "traded", fill: { number: 1 } } }]);
  expect((await service.ledger.rows()).length).toBe(1);
});

test("the trade of another order is never an outcome, whatever log its number was pulled from", async () => {
  using catalog = openCatalog();
  using other = openCatalog();
  other.decide(orderLike());
  let isReplaced = false;
  await using service = new OpenOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      isReplaced = true;
      return reply.ok ? { ...reply, data: { ...reply.data, chain: "ab".repeat(32) } } : reply;
    },
    trades: async (after, limit) =>
      isReplaced
        ? { ok: true, data: { trades: other.ledger.filter(({ number }) => number > after) } }
        : peer.trades(after, limit),
  }));
  await service.start();
  expect(await service.deliver([orderLike()])).toEqual({ arrived: "maybe" });
});

test("nothing is decided when the ledger falls behind just before", async () => {
  using catalog = openCatalog();
  let decided = 0;
  await using service = await openOrderService(catalog, (peer) => ({
    decide(request, signal) {
      decided += 1;
      return peer.decide(request, signal);
    },
  }));
  const { replica } = service.parts;
  const expectedHead = replica.expectedHead.bind(replica);
  replica.expectedHead = async () => {
    const head = await expectedHead();
    replica.fallBehind();
    return head;
  };
  expect(await service.deliver([orderLike()])).toEqual({ arrived: "no" });
  expect(decided).toBe(0);
});

test("orders that nobody waits for any more are not offered to the catalog", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  const { dispatcher } = service.parts;
  expect(await dispatcher.deliver([orderLike()], AbortSignal.abort())).toEqual({ arrived: "no" });
  expect(await catalog.reads.trades(0, 10)).toEqual([]);
});
