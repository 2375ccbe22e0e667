import { expect, test } from "bun:test";

import { FakeClock } from "../../testing/fake-clock.ts";
import { openCatalog, type OpenCatalog } from "../catalog/catalog.fixture.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { tradeLog } from "../contract/trade.fixture.ts";
import { expectSameBooks, OpenOrderService, type Spoil } from "./ledger.fixture.ts";

const refused = { ok: false, arrived: "no" } as const;

async function openOrderService(
  catalog: OpenCatalog,
  spoil?: Spoil,
  clock = new FakeClock(),
): Promise<OpenOrderService> {
  const service = new OpenOrderService(catalog, spoil, clock);
  await service.start();
  return service;
}

/** Holds back the calls that pass through it while it is closed. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return {
    isShut: false,
    open: resolve,
    get arrived() {
      return arrived;
    },
    async pass(): Promise<void> {
      if (!this.isShut) return;
      arrived += 1;
      await promise;
    },
  };
}

test("the order service waits for a catalog that starts later", async () => {
  using catalog = openCatalog();
  const clock = new FakeClock();
  let away = true;
  const service = new OpenOrderService(
    catalog,
    (peer) => ({
      acquireEpoch: async (request) => (away ? refused : peer.acquireEpoch(request)),
    }),
    clock,
  );
  await using _ = service;
  service.parts.start();
  await clock.advance(1_000);
  expect(service.notReadyReason).toBe("the order service waits for the catalog");
  away = false;
  await service.ready();
});

test("a ledger of another market is never ready, names the reason, and is not changed", async () => {
  using catalog = openCatalog({ marketId: "another" });
  const service = new OpenOrderService(catalog, undefined, new FakeClock());
  await using _ = service;
  await service.ledger.store.follow({ market_id: "m", incarnation: 1 });
  const before = catalog.everything();
  service.parts.start();
  await service.until(async () => service.notReadyReason?.includes("another market") === true);
  expect((await service.submit(orderLike(), 100)).outcome).toEqual({
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
  const service = new OpenOrderService(catalog, undefined, new FakeClock());
  await using _ = service;
  await service.ledger.store.follow({ market_id: "m", incarnation: 1 });
  await service.ledger.store.append(tradeLog(3));
  const before = catalog.everything();
  service.parts.start();
  await service.until(async () => service.notReadyReason?.includes("`restore`") === true);
  expect(await service.deliver([orderLike()])).toEqual({ arrived: "no" });
  expect(catalog.everything()).toEqual(before);
  expect((await service.ledger.rows()).length).toBe(3);
});

test("a newer epoch fences this one: it says so, decides and acquires nothing any more, and writes nothing", async () => {
  using catalog = openCatalog();
  let epochs = 0;
  await using service = await openOrderService(catalog, (peer) => ({
    acquireEpoch(request) {
      epochs += 1;
      return peer.acquireEpoch(request);
    },
  }));
  await service.deliver([orderLike()]);
  await using newer = await openOrderService(catalog);
  const before = catalog.everything();
  const ledgerBefore = await service.ledger.rows();
  expect(await service.deliver([orderLike()])).toEqual({ arrived: "no" });
  expect(await service.parts.notReadyReason()).toBe("a newer order service has taken over");
  expect(await service.deliver([orderLike()])).toEqual({ arrived: "no" });
  expect(epochs).toBe(1);
  expect(catalog.everything()).toEqual(before);
  expect(await service.ledger.rows()).toEqual(ledgerBefore);
  expect(service.log.lines.filter((line) => line.includes("has taken over")).length).toBe(1);

  expect((await newer.submit(orderLike())).outcome).toMatchObject({ fill: { number: 2 } });
  expect(newer.isFenced).toBe(false);
  await expectSameBooks(newer, catalog);
});

test("a newer epoch is noticed although no order comes", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  await using newer = await openOrderService(catalog);
  await service.until(async () => service.isFenced);
  expect(newer.isFenced).toBe(false);
});

test("a fenced order service tells what its ledger has, and denies no trade", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  await service.submit(orderLike());
  await using _newer = await openOrderService(catalog);
  await service.until(async () => service.isFenced);
  const { orders } = service.parts;
  expect(await orders.trade(1)).toMatchObject({ ok: true, data: { number: 1 } });
  const unavailable = { ok: false, arrived: "yes", reason: "unavailable" } as const;
  expect(await orders.trade(2)).toEqual(unavailable);
  expect(await orders.ledgerPage({ after: 0, limit: 1 })).toEqual(unavailable);
  expect(await orders.isReady()).toBe(false);
  expect((await service.submit(orderLike(), 60_000)).outcome).toEqual({
    kind: "failed",
    reason: "unavailable",
  });
});

test("a new incarnation is followed: the order waits and is decided under it", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  await service.deliver([orderLike()]);
  catalog.db.exec("UPDATE meta SET incarnation = 2");
  const { outcome } = await service.submit(orderLike(), 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 2 }, replayed: false });
  expect(await service.ledger.store.market()).toEqual({ market_id: "m", incarnation: 2 });
});

test("a restored catalog that knows an earlier epoch fences no order service: it is followed", async () => {
  using catalog = openCatalog();
  catalog.db.exec("UPDATE meta SET epoch = 7");
  await using service = await openOrderService(catalog);
  await service.deliver([orderLike()]);
  catalog.db.exec("UPDATE meta SET incarnation = 2, epoch = 3");
  const { outcome } = await service.submit(orderLike(), 5_000);
  expect(outcome).toMatchObject({ kind: "traded", fill: { number: 2 }, replayed: false });
  expect(service.isFenced).toBe(false);
});

test("a catalog that is replaced by an older one is noticed before an order comes", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  await service.deliver([orderLike(), orderLike()]);
  catalog.db.exec("DELETE FROM trades WHERE number = 2");
  await service.until(async () => service.notReadyReason?.includes("`restore`") === true);
  expect(service.isFenced).toBe(false);
});

test("an order service that names an old epoch asks again", async () => {
  using catalog = openCatalog();
  let calls = 0;
  const service = new OpenOrderService(
    catalog,
    (peer) => ({
      acquireEpoch(request) {
        calls += 1;
        return peer.acquireEpoch(calls === 1 ? { ...request, epoch: request.epoch - 1 } : request);
      },
    }),
    new FakeClock(),
  );
  await using _ = service;
  await service.start();
  expect(calls).toBe(2);
});

test("a batch and a check of the catalog that notice a new catalog at the same time acquire one epoch", async () => {
  using catalog = openCatalog();
  const heads = gate();
  let epochs = 0;
  const spoil: Spoil = (peer) => ({
    async heads() {
      const reply = await peer.heads();
      await heads.pass();
      return reply;
    },
    acquireEpoch(request) {
      epochs += 1;
      return peer.acquireEpoch(request);
    },
  });
  const clock = new FakeClock();
  await using service = await openOrderService(catalog, spoil, clock);
  catalog.db.exec("UPDATE meta SET incarnation = 2");
  heads.isShut = true;
  await service.until(async () => heads.arrived === 1);
  expect(await service.deliver([orderLike()])).toEqual({ arrived: "no" });
  heads.isShut = false;
  heads.open();
  await service.ready();
  await clock.advance(300);
  expect(epochs).toBe(2);
  expect((await service.submit(orderLike())).outcome.kind).toBe("traded");
});

test("a late rejection for a previous term does not end the current one", async () => {
  using catalog = openCatalog({ opening: [{ name: "A", priceCents: 1, quantity: 100_000 }] });
  const replies = gate();
  let epochs = 0;
  const clock = new FakeClock();
  const spoil: Spoil = (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      if (request.incarnation === 1) await replies.pass();
      return reply;
    },
    async acquireEpoch(request) {
      epochs += 1;
      const wait = clock.sleep(epochs * 20);
      const reply = await peer.acquireEpoch(request);
      if (epochs === 2) replies.open();
      await wait;
      return reply;
    },
  });
  await using service = await openOrderService(catalog, spoil, clock);
  catalog.db.exec("UPDATE meta SET incarnation = 2");
  replies.isShut = true;
  let isOver = false;
  const traders = Array.from({ length: 5 }, async () => {
    while (!isOver) await service.submit(orderLike(), 5_000);
  });
  await service.until(async () => epochs >= 2);
  await clock.advance(300);
  isOver = true;
  await Promise.all(traders);
  expect(service.isFenced).toBe(false);
  expect(epochs).toBe(2);
  expect(await service.ledger.rows()).toEqual(await catalog.reads.trades(0, 20_000));
});
