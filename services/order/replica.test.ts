import { expect, test } from "bun:test";

import { StoreFailure } from "../../db/store-failure.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { openCatalog } from "../catalog/catalog.fixture.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { expectSameBooks, OpenOrderService, openOrderService } from "./ledger.fixture.ts";
import { catalogPeer, type CatalogPeer } from "./peers.ts";

const lost = { ok: false, arrived: "maybe" } as const;

test("a ledger that starts behind is caught up before it is ready, and decides nothing before", async () => {
  using catalog = openCatalog({ opening: [{ name: "A", priceCents: 1, quantity: 5_000 }] });
  catalog.decide(...Array.from({ length: 2_345 }, () => orderLike()));
  const gate = Promise.withResolvers<void>();
  const clock = new FakeClock();
  let decided = 0;
  const service = new OpenOrderService(
    catalog,
    (peer) => ({
      async trades(after, limit) {
        if (after >= 1_000) await gate.promise;
        return peer.trades(after, limit);
      },
      decide(request, signal) {
        decided += 1;
        return peer.decide(request, signal);
      },
    }),
    clock,
  );
  await using _ = service;
  service.parts.start();
  await service.until(async () => (await service.ledger.store.head()).number === 1_000);
  expect(service.notReadyReason).toBeString();
  const early = service.submit(orderLike(), 5_000);
  await clock.advance(120);
  expect(decided).toBe(0);
  gate.resolve();
  await service.ready();
  expect((await early).outcome).toMatchObject({ kind: "traded", fill: { number: 2_346 } });
  await expectSameBooks(service, catalog);
});

test("rows that a check of the catalog pulled while their batch was decided answer it: they are not pulled again", async () => {
  using catalog = openCatalog();
  const clock = new FakeClock();
  let pulls = 0;
  await using service = new OpenOrderService(
    catalog,
    (peer) => ({
      async decide(request, signal) {
        const reply = await peer.decide(request, signal);
        await service.until(async () => (await service.ledger.store.head()).number === 2);
        await clock.advance(20);
        pulls = 0;
        return reply;
      },
      trades(after, limit) {
        pulls += 1;
        return peer.trades(after, limit);
      },
    }),
    clock,
  );
  await service.start();
  const { answers } = await service.deliver([orderLike(), orderLike()]);
  expect(answers).toMatchObject([1, 2].map((number) => ({ outcome: { kind: "traded", fill: { number } } })));
  expect(pulls).toBe(0);
  expect(await service.ledger.rows()).toEqual(await catalog.reads.trades(0, 10));
});

test("a full ledger delays the answers, and no new batch is decided until there is room", async () => {
  using catalog = openCatalog({ opening: [{ name: "A", priceCents: 1, quantity: 5_000 }] });
  const clock = new FakeClock();
  let decided = 0;
  await using service = await openOrderService(
    catalog,
    (peer) => ({
      decide(request, signal) {
        decided += 1;
        return peer.decide(request, signal);
      },
    }),
    clock,
  );
  await service.submit(orderLike(), 5_000);
  service.ledger.limitPages(0);
  const patient = Array.from({ length: 200 }, () => service.submit(orderLike(), 5_000));
  const impatient = service.submit(orderLike(), 60);
  expect((await impatient).outcome).toEqual({ kind: "failed", reason: "outcome_unknown" });
  const later = service.submit(orderLike(), 5_000);
  await clock.advance(120);
  expect(decided).toBe(2);
  expect((await service.ledger.rows()).length).toBe(1);
  expect(service.notReadyReason).toBe("the ledger is catching up");
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
  const clock = new FakeClock();
  const service = new OpenOrderService(catalog, undefined, clock);
  await using _ = service;
  const { store } = service.ledger;
  const follow = store.follow.bind(store);
  store.follow = () => Promise.reject(new StoreFailure("full", "the disk is full"));
  service.parts.start();
  await clock.advance(250);
  expect(service.notReadyReason).toBeString();
  store.follow = follow;
  await service.ready();
  expect((await service.submit(orderLike())).outcome.kind).toBe("traded");
});

test("a trade log with a gap is never copied", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog, (peer) => ({
    async trades(after, limit) {
      const page = await peer.trades(after, limit);
      return page.ok
        ? { ok: true, data: { trades: page.data.trades.filter(({ number }) => number !== 2) } }
        : page;
    },
    decide: async (request, signal) => (await peer.decide(request, signal), lost),
  }));
  await service.deliver([orderLike(), orderLike(), orderLike()]);
  expect(await service.deliver([orderLike()])).toEqual({ arrived: "no" });
  expect((await service.ledger.rows()).length).toBe(0);
});

test("rows of another log are never copied, whatever answers at the catalog's address", async () => {
  using catalog = openCatalog();
  using other = openCatalog();
  const replaced: { by?: CatalogPeer } = {};
  await using service = await openOrderService(catalog, (peer) => ({
    trades: (after, limit) => (replaced.by ?? peer).trades(after, limit),
    decide: async (request, signal) => (replaced.by ? lost : peer.decide(request, signal)),
  }));
  await service.deliver([orderLike()]);
  const before = await service.ledger.rows();

  other.decide(orderLike({ type: "sell" }), orderLike({ type: "sell" }), orderLike({ type: "sell" }));
  replaced.by = catalogPeer(other.app());
  await service.deliver([orderLike()]);
  expect(await service.deliver([orderLike()])).toEqual({ arrived: "no" });
  expect(await service.ledger.rows()).toEqual(before);
});

test("a batch of a superseded term is not appended, and its outcome is not known", async () => {
  using catalog = openCatalog();
  const decided = Promise.withResolvers<void>();
  const reply = Promise.withResolvers<void>();
  await using service = await openOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      const decision = await peer.decide(request, signal);
      decided.resolve();
      await reply.promise;
      return decision;
    },
  }));
  const { leadership, replica } = service.parts;
  const delivery = service.deliver([orderLike()]);
  await decided.promise;
  leadership.term?.fence();
  reply.resolve();
  expect(await delivery).toEqual({ arrived: "maybe" });
  await replica.idle();
  expect((await service.ledger.rows()).length).toBe(0);
});

test("a page that was asked for before the ledger fell behind does not show that it has caught up", async () => {
  using catalog = openCatalog();
  const gate = Promise.withResolvers<void>();
  const pages: number[] = [];
  let isWatched = false;
  await using service = await openOrderService(catalog, (peer) => ({
    async trades(after, limit) {
      const page = await peer.trades(after, limit);
      if (isWatched) pages.push(after);
      if (pages.length === 1) await gate.promise;
      return page;
    },
  }));
  const { leadership, replica } = service.parts;
  isWatched = true;
  const caughtUp = replica.catchUp(leadership.term!);
  await service.until(async () => pages.length === 1);
  replica.fallBehind();
  gate.resolve();
  expect(await caughtUp).toBe(true);
  expect(pages).toEqual([0, 0]);
  expect(replica.isBehind).toBe(false);
});
