import { expect, test } from "bun:test";

import { until } from "../../testing/until.ts";
import { openCatalog } from "../catalog/catalog.fixture.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { Following } from "./ledger.fixture.ts";

const nobody = new AbortController().signal;

test("rows that were pulled while their batch was decided are its answers: they are not pulled again", async () => {
  using catalog = openCatalog();
  let pulls = 0;
  await using service = new Following(catalog, (peer) => ({
    async decide(request, signal) {
      const reply = await peer.decide(request, signal);
      await until(async () => (await service.ledger.store.head()).number === 2);
      await Bun.sleep(20);
      pulls = 0;
      return reply;
    },
    trades(after) {
      pulls += 1;
      return peer.trades(after);
    },
  }));
  service.follower.start();
  await until(async () => service.follower.missing === undefined);
  const { answers } = await service.follower.deliver([orderLike(), orderLike()], nobody);
  expect(answers).toMatchObject([1, 2].map((number) => ({ outcome: { kind: "traded", fill: { number } } })));
  expect(pulls).toBe(0);
  expect(await service.ledger.rows()).toEqual(await catalog.reads.trades(0, 10));
});

test("a batch in the ledger is answered although the one after it has lost its reply", async () => {
  using catalog = openCatalog();
  let isAway = false;
  const lost = { ok: false, arrived: "maybe" } as const;
  await using service = new Following(catalog, (peer) => ({
    async decide(request, signal) {
      return isAway ? lost : peer.decide(request, signal);
    },
    trades: async (after) => (isAway ? lost : peer.trades(after)),
    heads: async () => (isAway ? lost : peer.heads()),
  }));
  service.follower.start();
  await until(async () => service.follower.missing === undefined);
  let next: Promise<unknown> | undefined;
  const { answers } = await service.follower.deliver([orderLike()], nobody, () => {
    isAway = true;
    next = service.follower.deliver([orderLike()], nobody);
    return true;
  });
  expect(await next).toEqual({ arrived: "maybe" });
  expect(answers).toMatchObject([{ outcome: { kind: "traded", fill: { number: 1 } } }]);
  expect((await service.ledger.rows()).length).toBe(1);
});
