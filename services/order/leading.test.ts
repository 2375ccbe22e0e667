import { expect, test } from "bun:test";

import { until } from "../../testing/until.ts";
import { openCatalog } from "../catalog/catalog.fixture.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { Following, type Spoil } from "./ledger.fixture.ts";

const nobody = new AbortController().signal;

/** What passes it waits, from when the test shuts it until the test opens it. */
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

async function following(service: Following): Promise<void> {
  service.follower.start();
  await until(async () => service.follower.missing === undefined);
}

test("a batch and a look at the heads that hear of a new catalog at once take the lead once", async () => {
  using catalog = openCatalog();
  const heads = gate();
  let epochs = 0;
  const spoil: Spoil = (peer) => ({
    async heads() {
      const reply = await peer.heads();
      await heads.pass();
      return reply;
    },
    acquireEpoch(follower) {
      epochs += 1;
      return peer.acquireEpoch(follower);
    },
  });
  await using service = new Following(catalog, spoil);
  await following(service);
  catalog.db.exec("UPDATE meta SET incarnation = 2");
  heads.isShut = true;
  await until(async () => heads.arrived === 1);
  expect(await service.follower.deliver([orderLike()], nobody)).toEqual({ arrived: "no" });
  heads.isShut = false;
  heads.open();
  await until(async () => service.follower.missing === undefined);
  await Bun.sleep(300);
  expect(epochs).toBe(2);
  expect((await service.desk.submit(orderLike(), 5_000)).outcome.kind).toBe("traded");
});

test("a late word from a market that was left does not cost the lead in the one that is followed", async () => {
  using catalog = openCatalog({ opening: [{ name: "A", priceCents: 1, quantity: 100_000 }] });
  const replies = gate();
  let epochs = 0;
  const spoil: Spoil = (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      if (request.incarnation === 1) await replies.pass();
      return reply;
    },
    async acquireEpoch(follower) {
      epochs += 1;
      const wait = Bun.sleep(epochs * 20);
      const reply = await peer.acquireEpoch(follower);
      if (epochs === 2) replies.open();
      await wait;
      return reply;
    },
  });
  await using service = new Following(catalog, spoil);
  await following(service);
  catalog.db.exec("UPDATE meta SET incarnation = 2");
  replies.isShut = true;
  let isOver = false;
  const traders = Array.from({ length: 5 }, async () => {
    while (!isOver) await service.desk.submit(orderLike(), 5_000);
  });
  await until(async () => epochs >= 2);
  await Bun.sleep(300);
  isOver = true;
  await Promise.all(traders);
  expect(service.fenced).toBe(0);
  expect(epochs).toBe(2);
  expect(await service.ledger.rows()).toEqual(await catalog.reads.trades(0, 20_000));
});

test("a trade of another order is nobody's outcome, whatever log its number was pulled from", async () => {
  using catalog = openCatalog();
  using other = openCatalog();
  other.decide(orderLike());
  let isReplaced = false;
  await using service = new Following(catalog, (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      isReplaced = true;
      return reply.ok ? { ...reply, data: { ...reply.data, chain: "ab".repeat(32) } } : reply;
    },
    trades: async (after) =>
      isReplaced
        ? { ok: true, data: { trades: other.ledger.filter(({ number }) => number > after) } }
        : peer.trades(after),
  }));
  await following(service);
  expect(await service.follower.deliver([orderLike()], nobody)).toEqual({ arrived: "maybe" });
});
