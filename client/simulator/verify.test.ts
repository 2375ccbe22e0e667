import { afterEach, expect, test } from "bun:test";

import { createClient, type NewOrder, type Order, type PlacedOrder } from "../sdk/client.ts";
import { refuses, replies, startServer, type Treatment } from "../sdk/failing-server.fixture.ts";
import { Tally } from "./tally.ts";
import { problemOf, resolveUnknownOrders, verify } from "./verify.ts";

const at = "2026-01-01T00:00:00.000Z";
const order: NewOrder = { name: "BoarCo", type: "buy", quantity: 3 };
const receipt: PlacedOrder = { ...order, transaction_number: 7, price: 7.11, at };
const entry: Order = { ...order, number: 7, price: 7.11, at };
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(...treatments: Treatment[]) {
  const server = await startServer(treatments);
  stops.push(server.stop);
  return { ...server, client: createClient({ baseUrl: server.url, retries: 0 }) };
}

test.each<[string, string | undefined, Order | null]>([
  ["the same entry", undefined, entry],
  ["no entry", "acknowledged, but not in the ledger", null],
  ["another number", "the number is 8 in the ledger, but should be 7", { ...entry, number: 8 }],
  ["another name", "the name is A in the ledger, but should be BoarCo", { ...entry, name: "A" }],
  ["another type", "the type is sell in the ledger, but should be buy", { ...entry, type: "sell" }],
  ["another quantity", "the quantity is 4 in the ledger, but should be 3", { ...entry, quantity: 4 }],
  ["another price", "the price is 7.1 in the ledger, but should be 7.11", { ...entry, price: 7.1 }],
])("%s of an acknowledged order: %p", (_, problem, found) => {
  expect(problemOf(order, receipt, found)).toBe(problem);
});

test("one number for two orders is a mismatch, though the ledger has it", async () => {
  const { client } = await start(replies(200, { data: entry }));
  const acknowledged = [
    { order, receipt },
    { order, receipt },
  ];
  expect((await verify(client, acknowledged)).mismatches).toEqual([
    { transaction_number: 7, problem: "acknowledged for two orders" },
  ]);
});

test("a missing order is a mismatch; one that could not be asked for is not, and is counted", async () => {
  const { client } = await start(refuses(404, "order_not_found"), refuses(503, "unavailable"));
  const acknowledged = [7, 8].map((number) => ({
    order,
    receipt: { ...receipt, transaction_number: number },
  }));
  const { mismatches, ...counts } = await verify(client, acknowledged);
  expect(counts).toEqual({ orders: 2, matching: 0, unreachable: 1 });
  expect(mismatches.map(({ problem }) => problem)).toEqual(["acknowledged, but not in the ledger"]);
});

test("a market that is gone is not asked for every order", async () => {
  const { client, seen } = await start(refuses(503, "unavailable"));
  const acknowledged = Array.from({ length: 500 }, () => ({ order, receipt }));
  expect((await verify(client, acknowledged)).unreachable).toBe(500);
  expect(seen.length).toBeLessThan(50);
});

test("a lost outcome is resolved under its own key, and counted as what it became", async () => {
  const { client, seen } = await start(replies(200, { data: receipt }));
  const tally = new Tally();
  tally.unknown.push({ order, idempotencyKey: "lost", reason: "timeout" });
  await resolveUnknownOrders(client, tally);
  expect(seen.map(({ key }) => key)).toEqual(["lost"]);
  expect(tally).toMatchObject({
    unknown: [],
    resolvedLate: 1,
    bought: 1,
    acknowledged: [{ order, receipt }],
  });
});

test("an outcome that stays unknown stays listed", async () => {
  const { client } = await start(refuses(503, "outcome_unknown"));
  const tally = new Tally();
  tally.unknown.push({ order, idempotencyKey: "lost", reason: "timeout" });
  await resolveUnknownOrders(client, tally);
  expect(tally).toMatchObject({ resolvedLate: 0, bought: 0 });
  expect(tally.unknown).toEqual([{ order, idempotencyKey: "lost", reason: "outcome_unknown" }]);
});
