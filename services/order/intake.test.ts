import { expect, test } from "bun:test";

import { until } from "../../testing/until.ts";
import { openCatalog, type OpenCatalog } from "../catalog/catalog.fixture.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { OpenOrderService } from "./ledger.fixture.ts";

const inFlight = { outcome: { kind: "failed", reason: "order_in_flight" } };

/** An order service whose way to the catalog is closed until `open` is called. */
async function held(catalog: OpenCatalog) {
  const gate = Promise.withResolvers<void>();
  const batches: string[][] = [];
  const service = new OpenOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      batches.push(request.orders.map((order) => order.key));
      await gate.promise;
      return peer.decide(request, signal);
    },
  }));
  await service.start();
  return { service, batches, open: gate.resolve };
}

test("a resent copy joins the order under way: one trade, one answer for both", async () => {
  using catalog = openCatalog();
  const { service, batches, open } = await held(catalog);
  await using _ = service;
  const order = orderLike();
  const first = service.submit(order, 5_000);
  const copy = service.submit({ ...order }, 5_000);
  await until(async () => batches.length === 1);
  const lateCopy = service.submit({ ...order }, 5_000);
  expect(service.parts.intake.size).toBe(1);
  open();
  const answers = await Promise.all([first, copy, lateCopy]);
  expect(answers[0]?.outcome).toMatchObject({ kind: "traded", fill: { number: 1 }, replayed: false });
  expect(answers[1]).toBe(answers[0]);
  expect(answers[2]).toBe(answers[0]);
  expect(batches).toEqual([[order.key]]);
  expect(catalog.count("trades")).toBe(1);
});

const bodies = [{}, { quantity: 2 }, { name: "Nowhere" }, { type: "sell" as const }];

test.each(bodies)("another request with a key under way gets order_in_flight (%j)", async (body) => {
  using catalog = openCatalog();
  const { service, open } = await held(catalog);
  await using _ = service;
  const order = orderLike();
  const first = service.submit(order, 5_000);
  expect(await service.submit({ ...order, request_id: "another", ...body }, 5_000)).toMatchObject(inFlight);
  open();
  expect((await first).outcome.kind).toBe("traded");
});

test("a catalog's word that nothing was done is no answer to an order that may have arrived before", async () => {
  using catalog = openCatalog();
  let calls = 0;
  const service = new OpenOrderService(catalog, (peer) => ({
    async decide(request, signal) {
      calls += 1;
      const reply = await peer.decide(request, signal);
      if (calls === 1 || !reply.ok) return { ok: false, arrived: "maybe" };
      const decisions = request.orders.map(() => ({ kind: "failed", reason: "storage_full" }) as const);
      return { ok: true, data: { decisions, at: 0, chain: null, stocks: [] } };
    },
  }));
  await using _ = service;
  await service.start();
  const { outcome } = await service.submit(orderLike(), 5_000);
  expect(catalog.count("trades")).toBe(1);
  expect(outcome).toEqual({ kind: "failed", reason: "outcome_unknown" });
});

test("another client's order with the same key goes its own way", async () => {
  using catalog = openCatalog();
  const { service, open } = await held(catalog);
  await using _ = service;
  const order = orderLike();
  const other = { ...order, client: "other", request_id: "another" };
  const both = [service.submit(order, 5_000), service.submit(other, 5_000)];
  open();
  const kinds = (await Promise.all(both)).map(({ outcome }) => outcome.kind);
  expect(kinds).toEqual(["traded", "traded"]);
});

test("after the answer the key is free: the same order replays, another is a reused key", async () => {
  using catalog = openCatalog();
  const { service, open } = await held(catalog);
  await using _ = service;
  open();
  const order = orderLike();
  const { outcome } = await service.submit(order, 5_000);
  expect(outcome).toMatchObject({ kind: "traded", replayed: false });
  const again = { ...order, request_id: "again" };
  expect((await service.submit(again)).outcome).toMatchObject({
    kind: "traded",
    fill: { number: 1 },
    replayed: true,
  });
  const other = { ...order, request_id: "other", quantity: 2 };
  expect((await service.submit(other)).outcome).toEqual({
    kind: "failed",
    reason: "idempotency_key_reused",
  });
  expect(service.parts.intake.size).toBe(0);
});

test("a key is free again after outcome_unknown, and asking again gives the outcome", async () => {
  using catalog = openCatalog();
  const { service, open } = await held(catalog);
  await using _ = service;
  const order = orderLike();
  expect((await service.submit(order, 40)).outcome).toEqual({
    kind: "failed",
    reason: "outcome_unknown",
  });
  const again = service.submit({ ...order, request_id: "again" }, 5_000);
  open();
  expect((await again).outcome).toMatchObject({ kind: "traded", fill: { number: 1 } });
  expect(catalog.count("trades")).toBe(1);
});

test("closing answers what is under way outcome_unknown, and what was never sent unavailable", async () => {
  using catalog = openCatalog();
  const { service, batches, open } = await held(catalog);
  await using _ = service;
  const sent = service.submit(orderLike(), 5_000);
  await until(async () => batches.length === 1);
  const waiting = service.submit(orderLike(), 5_000);
  const closed = service.parts.intake.close();
  open();
  await closed;
  expect((await sent).outcome).toEqual({ kind: "failed", reason: "outcome_unknown" });
  expect((await waiting).outcome).toEqual({ kind: "failed", reason: "unavailable" });
  expect((await service.submit(orderLike())).outcome).toEqual({ kind: "failed", reason: "unavailable" });
});
