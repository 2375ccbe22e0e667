import { expect, test } from "bun:test";

import { orderLike } from "../contract/order.fixture.ts";
import { genesisOf } from "../contract/trade.ts";
import { peerHeaders } from "../runtime/http/wire-version.ts";
import { openCatalog, type OpenCatalog } from "./catalog.fixture.ts";

async function ask(catalog: OpenCatalog, path: string, body?: unknown) {
  const posted = {
    method: "POST",
    headers: { ...peerHeaders(undefined), "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
  const response = await catalog
    .app()
    .handle(
      new Request(
        `http://localhost${path}`,
        body === undefined ? { headers: peerHeaders(undefined) } : posted,
      ),
    );
  return { status: response.status, headers: response.headers, body: await response.json() };
}

test("a stock is looked up by its name", async () => {
  using catalog = openCatalog();
  const found = await ask(catalog, "/stocks/A");
  expect(found).toMatchObject({
    status: 200,
    body: { name: "A", price_cents: 1599, quantity: 100, volume: 0, status: "open", version: 1 },
  });
  const missing = await ask(catalog, "/stocks/B");
  expect(missing).toMatchObject({
    status: 404,
    body: { error: { code: 404, reason: "stock_not_found", message: "stock not found" } },
  });
});

test("a batch is decided, and its rows and stocks are in the reply and in the log", async () => {
  using catalog = openCatalog();
  const decided = await ask(catalog, "/batches", catalog.request([orderLike({ quantity: 3 })]));
  expect(decided).toMatchObject({
    status: 200,
    body: {
      decisions: [{ kind: "compact", number: 1, price_cents: 1599, quantity_after: 97, stock_version: 2 }],
      stocks: [{ name: "A", quantity: 97, version: 2 }],
    },
  });
  const { at, chain } = decided.body;
  expect((await ask(catalog, "/trades?after=0&limit=10")).body).toMatchObject({
    trades: [
      { number: 1, name: "A", type: "buy", quantity: 3, price_cents: 1599, quantity_after: 97, at, chain },
    ],
  });
  expect((await ask(catalog, "/stocks?after=&limit=10")).body).toEqual({ stocks: decided.body.stocks });
});

test("an epoch is taken over HTTP, and the older one is refused by its reason", async () => {
  using catalog = openCatalog();
  const follower = { market_id: null, epoch: 0, ledger: { number: 0, chain: "" } };
  expect(await ask(catalog, "/epochs", follower)).toMatchObject({ status: 200, body: { epoch: 1 } });
  const stale = await ask(catalog, "/batches", catalog.request([orderLike()]));
  expect(stale).toMatchObject({ status: 409, body: { error: { reason: "stale_epoch" } } });
  const stranger = { market_id: "x", epoch: 1, ledger: { number: 0, chain: genesisOf("x") } };
  expect(await ask(catalog, "/epochs", stranger)).toMatchObject({
    status: 409,
    body: { error: { reason: "ledger_mismatch" } },
  });
});

const badRequests: [path: string, body: unknown][] = [
  ["/stocks", undefined],
  ["/stocks?after=&limit=0", undefined],
  ["/stocks?after=&limit=1001", undefined],
  ["/stocks?after=&limit=x", undefined],
  ["/trades?after=-1&limit=1", undefined],
  ["/trades?limit=1", undefined],
  ["/batches", {}],
  ["/batches", "{"],
  ["/batches", "null"],
  ["/batches", { market_id: "m", incarnation: 1, epoch: 0, ledger: { number: 0 }, orders: [] }],
  ["/batches", { market_id: "m", incarnation: "1", epoch: 0, ledger: { number: 0, chain: "" }, orders: [] }],
  ["/epochs", { market_id: null, ledger: { number: 0, chain: "" } }],
  ["/epochs", { market_id: 1, epoch: 0, ledger: { number: 0, chain: "" } }],
];

test.each(badRequests)("%s %j is no valid request, and writes nothing", async (path, body) => {
  using catalog = openCatalog();
  const before = catalog.everything();
  expect(await ask(catalog, path, body)).toMatchObject({
    status: 422,
    body: { error: { reason: "invalid_request", message: "the request is not valid" } },
  });
  expect(catalog.everything()).toEqual(before);
});

test("a wrong method is answered with the right ones in Allow, and an unknown path with 404", async () => {
  using catalog = openCatalog();
  const wrongMethod = await ask(catalog, "/stocks/A", {});
  expect(wrongMethod).toMatchObject({ status: 405, body: { error: { reason: "method_not_allowed" } } });
  expect(wrongMethod.headers.get("allow")).toBe("GET, HEAD");
  expect(await ask(catalog, "/stock/A")).toMatchObject({
    status: 404,
    body: { error: { reason: "route_not_found" } },
  });
});

test("the catalog is alive and ready as soon as it answers", async () => {
  using catalog = openCatalog();
  expect((await ask(catalog, "/healthz")).status).toBe(200);
  expect((await ask(catalog, "/readyz")).status).toBe(200);
});
