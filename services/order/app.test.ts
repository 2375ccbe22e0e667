import { expect, test } from "bun:test";

import { openCatalog } from "../catalog/catalog.fixture.ts";
import { orderLike } from "../contract/order.fixture.ts";
import { peerHeaders } from "../runtime/http/wire-version.ts";
import { OpenOrderService, openOrderService } from "./ledger.fixture.ts";

async function ask({ app }: OpenOrderService, path: string, body?: unknown) {
  const headers = { ...peerHeaders(undefined), "content-type": "application/json" };
  const response = await app.handle(
    new Request(`http://localhost${path}`, {
      headers,
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    }),
  );
  return { status: response.status, body: await response.json() };
}

test("orders are answered in order, with the newest state of each stock once", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  const orders = [orderLike({ quantity: 3 }), orderLike({ name: "Nowhere" }), orderLike({ type: "sell" })];
  const reply = await ask(service, "/orders", {
    orders: orders.map((order) => ({ ...order, timeout_ms: 5_000 })),
  });
  expect(reply).toMatchObject({
    status: 200,
    body: {
      outcomes: [
        { kind: "traded", fill: { number: 1 } },
        { kind: "refused", reason: "stock_not_found" },
        { kind: "traded", fill: { number: 2 } },
      ],
    },
  });
  expect(reply.body.stocks).toEqual([(await catalog.reads.stock("A"))!]);
});

test("a service that was replaced and does not know it yet denies no trade of its successor's", async () => {
  using catalog = openCatalog();
  await using older = await openOrderService(catalog);
  await using newer = await openOrderService(catalog);
  expect((await newer.submit(orderLike())).outcome).toMatchObject({ fill: { number: 1 } });
  expect(await ask(older, "/ledger/1")).toMatchObject({
    status: 503,
    body: { error: { reason: "unavailable" } },
  });
  expect((await ask(newer, "/ledger/1")).status).toBe(200);
  expect((await ask(newer, "/ledger/2")).status).toBe(404);
});

test("the ledger is read by number and by page", async () => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  for (let index = 0; index < 5; index += 1)
    await service.submit(orderLike({ type: index % 2 ? "sell" : "buy" }), 5_000);
  const rows = await catalog.reads.trades(0, 10);
  expect(await ask(service, "/ledger/3")).toEqual({ status: 200, body: rows[2] });
  expect((await ask(service, "/ledger?after=1&limit=2")).body).toEqual({ trades: rows.slice(1, 3), next: 3 });
  expect((await ask(service, "/ledger?after=0&limit=10&type=sell&name=A")).body).toEqual({
    trades: [rows[1], rows[3]],
    next: null,
  });
  expect(await ask(service, "/ledger/6")).toMatchObject({
    status: 404,
    body: { error: { reason: "order_not_found" } },
  });
});

test("before the ledger has caught up, a row it lacks is unavailable and not missing", async () => {
  using catalog = openCatalog();
  await using service = new OpenOrderService(catalog);
  const unavailable = { status: 503, body: { error: { reason: "unavailable" } } };
  expect(await ask(service, "/ledger/1")).toMatchObject(unavailable);
  expect(await ask(service, "/ledger?after=0&limit=10")).toMatchObject(unavailable);
  expect(await ask(service, "/readyz")).toMatchObject({
    ...unavailable,
    body: { error: { message: "the order service waits for the catalog" } },
  });
  expect((await ask(service, "/healthz")).status).toBe(200);
});

const badRequests: [path: string, body: unknown][] = [
  ["/ledger/0", undefined],
  ["/ledger/x", undefined],
  ["/ledger?after=0", undefined],
  ["/ledger?after=0&limit=1001", undefined],
  ["/ledger?after=0&limit=1&type=short", undefined],
  ["/orders", {}],
  ["/orders", { orders: [orderLike()] }],
  ["/orders", { orders: [{ ...orderLike({ quantity: "1" as unknown as number }), timeout_ms: 1 }] }],
];

test.each(badRequests)("%s %j is no valid request", async (path, body) => {
  using catalog = openCatalog();
  await using service = await openOrderService(catalog);
  expect(await ask(service, path, body)).toMatchObject({
    status: 422,
    body: { error: { reason: "invalid_request" } },
  });
});
