import { afterAll, beforeAll, expect, test } from "bun:test";

import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { join } from "node:path";

import { temporaryFolder } from "../../../testing/temporary-folder.ts";
import type { OrderService } from "../../contract/order-service.ts";
import type { OrderView, Receipt } from "../../contract/trade.ts";
import { issueKey } from "../access/key.fixture.ts";
import { changeKeys, type KeyRecord } from "../access/keys-file.ts";
import { openMarket, type LocalMarket } from "../market.fixture.ts";
import { bodySchemas } from "./orders.ts";

interface Operation {
  summary: string;
  tags: string[];
  security: { apiKey: string[] }[];
  parameters: { name: string; in: string; description: string; schema: TSchema }[];
  requestBody?: { content: { "application/json": { schema: TSchema; example: unknown } } };
  responses: Record<
    string,
    {
      description: string;
      headers: Record<string, { schema: TSchema }>;
      content: Record<
        string,
        { schema: TSchema; example?: unknown; examples?: Record<string, { value: unknown }> }
      >;
    }
  >;
}

/** Headers that the documentation leaves out: those of every answer, and those of the transport. */
const plainHeaders = [
  "content-type",
  "content-length",
  "cache-control",
  "x-content-type-options",
  "x-accel-buffering",
];

const folder = temporaryFolder();
const keysFile = join(folder.path, "keys.json");
const issued = {
  reader: issueKey({ role: "reader", client: "watcher" }),
  trader: issueKey({ role: "trader", client: "alice" }),
  slow: issueKey({ role: "trader", client: "slow", rate: 1 }),
} satisfies Record<string, { key: string; record: KeyRecord }>;
type Key = keyof typeof issued;

let market: LocalMarket;
let submit: OrderService["submit"] | undefined;
let isCatalogAway = false;

beforeAll(async () => {
  changeKeys(keysFile, () => Object.values(issued).map(({ record }) => record));
  market = await openMarket({
    apiKeysFile: keysFile,
    orderTimeoutMs: 300,
    opening: [
      { name: "A", priceCents: 1599, quantity: 100 },
      { name: "Full", priceCents: 100, quantity: 2 ** 50 },
      { name: "Halted", priceCents: 100, quantity: 1 },
    ],
    spoilOrders: (orders) => ({ submit: (...call) => (submit ?? orders.submit)(...call) }),
    spoilCatalog: (catalog) => ({
      stock: (name) => (isCatalogAway ? Promise.resolve({ ok: false, arrived: "no" }) : catalog.stock(name)),
    }),
  });
  market.catalog.db.exec("UPDATE stocks SET status = 'halted' WHERE name = 'Halted'");
});
afterAll(async () => {
  await market[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function operationOf(route: string): Operation {
  const [method, path] = route.split(" ");
  const found = market.app.routes.find((one) => one.method === method && one.path === path);
  return found?.hooks.detail as Operation;
}

interface Call {
  key?: Key;
  body?: unknown;
  headers?: Record<string, string>;
}

async function call(route: string, path: string, { key, body, headers }: Call): Promise<Response> {
  const init: RequestInit = {
    method: route.split(" ")[0]!,
    headers: {
      ...(key && { authorization: `Bearer ${issued[key].key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
  };
  if (body !== undefined) init.body = typeof body === "string" ? body : JSON.stringify(body);
  return market.app.handle(new Request(`http://localhost${path}`, init));
}

/** What is in an answer and not in its documentation. */
async function undocumented(route: string, response: Response): Promise<string[]> {
  const documented = operationOf(route).responses[response.status];
  if (!documented) return [`status ${response.status}`];
  const faults = [...response.headers.keys()]
    .filter((name) => !plainHeaders.includes(name) && !documented.headers[name])
    .map((name) => `header ${name}`);
  for (const [name, { schema }] of Object.entries(documented.headers)) {
    const value = response.headers.get(name);
    if (value !== null && !Value.Check(schema, String(value))) faults.push(`header ${name}: ${value}`);
  }
  const content = documented.content[response.headers.get("content-type")?.split(";")[0] ?? ""];
  if (!content) return [...faults, `type ${response.headers.get("content-type")}`];
  const { schema } = content;
  if (schema["type"] === "string") {
    await response.body?.cancel();
    return faults;
  }
  const body = (await response.json()) as { error?: { reason: string } };
  for (const { path, message } of Value.Errors(schema, body))
    faults.push(`${path} ${message}: ${JSON.stringify(body)}`);
  if (body.error && !content.examples?.[body.error.reason]) faults.push(`no example of ${body.error.reason}`);
  return faults;
}

const buy = (quantity: unknown = 1, more: object = {}) => ({ name: "A", type: "buy", quantity, ...more });
const keyed = (key: string) => ({ "idempotency-key": key });

const calls: [status: number, route: string, path: string, call: Call][] = [
  [200, "GET /healthz", "/healthz", {}],
  [200, "GET /readyz", "/readyz", {}],
  [200, "GET /stocks/:name", "/stocks/A", { key: "reader" }],
  [200, "GET /stocks/:name", "/stocks/A", { key: "reader", headers: { "cache-control": "no-cache" } }],
  [404, "GET /stocks/:name", "/stocks/Nothing", { key: "reader" }],
  [422, "GET /stocks/:name", "/stocks/a$b", { key: "reader" }],
  [401, "GET /stocks/:name", "/stocks/A", {}],
  [200, "GET /stocks", "/stocks?limit=1", { key: "reader" }],
  [200, "GET /stocks", "/stocks", { key: "reader" }],
  [422, "GET /stocks", "/stocks?limit=0", { key: "reader" }],
  [401, "GET /stocks", "/stocks", {}],
  [200, "POST /orders", "/orders", { key: "trader", body: buy(), headers: keyed("one") }],
  [200, "POST /orders", "/orders", { key: "trader", body: buy(), headers: keyed("one") }],
  [422, "POST /orders", "/orders", { key: "trader", body: buy(2), headers: keyed("one") }],
  [400, "POST /orders", "/orders", { key: "trader", body: buy(1_000), headers: keyed("many") }],
  [400, "POST /orders", "/orders", { key: "trader", body: buy(1_000), headers: keyed("many") }],
  [400, "POST /orders", "/orders", { key: "trader", body: { ...buy(), name: "Full", type: "sell" } }],
  [404, "POST /orders", "/orders", { key: "trader", body: { ...buy(), name: "Nothing" } }],
  [409, "POST /orders", "/orders", { key: "trader", body: buy(1, { expected_price: 1 }) }],
  [409, "POST /orders", "/orders", { key: "trader", body: { ...buy(), name: "Halted" } }],
  [422, "POST /orders", "/orders", { key: "trader", body: "{" }],
  [422, "POST /orders", "/orders", { key: "trader", body: buy("1") }],
  [413, "POST /orders", "/orders", { key: "trader", body: " ".repeat(5_000) }],
  [415, "POST /orders", "/orders", { key: "trader", body: "{}", headers: { "content-type": "text/plain" } }],
  [401, "POST /orders", "/orders", { body: buy() }],
  [403, "POST /orders", "/orders", { key: "reader", body: buy() }],
  [
    200,
    "POST /orders/batch",
    "/orders/batch",
    { key: "trader", body: { orders: [buy(), buy("x"), buy(1e6)] } },
  ],
  [
    200,
    "POST /orders/batch",
    "/orders/batch",
    { key: "trader", body: { orders: [buy(), buy()] }, headers: keyed("b") },
  ],
  [
    200,
    "POST /orders/batch",
    "/orders/batch",
    { key: "trader", body: { orders: [buy(), buy()] }, headers: keyed("b") },
  ],
  [422, "POST /orders/batch", "/orders/batch", { key: "trader", body: { orders: [] } }],
  [503, "POST /orders/batch", "/orders/batch", { key: "trader", body: { orders: Array(101).fill(buy()) } }],
  [401, "POST /orders/batch", "/orders/batch", { body: {} }],
  [403, "POST /orders/batch", "/orders/batch", { key: "reader", body: {} }],
  [200, "GET /orders/:number", "/orders/1", { key: "trader" }],
  [404, "GET /orders/:number", "/orders/1", { key: "reader" }],
  [422, "GET /orders/:number", "/orders/0", { key: "reader" }],
  [401, "GET /orders/:number", "/orders/1", {}],
  [200, "GET /orders", "/orders?name=A&type=buy&limit=1", { key: "trader" }],
  [422, "GET /orders", "/orders?type=x", { key: "reader" }],
  [401, "GET /orders", "/orders", {}],
  [200, "GET /audit", "/audit", { key: "reader" }],
  [401, "GET /audit", "/audit", {}],
  [200, "GET /events", "/events", { key: "reader" }],
  [422, "GET /events", "/events?after=x", { key: "reader" }],
  [401, "GET /events", "/events", {}],
];

test.each(calls)("%d %s: what %s answers is in its documentation", async (status, route, path, given) => {
  const response = await call(route, path, given);
  expect([response.status, await undocumented(route, response)]).toEqual([status, []]);
});

test("what needs a broken market is in the documentation, too", async () => {
  const faults: Record<string, string[]> = {};
  const note = async (route: string, path: string, given: Call, status: number): Promise<void> => {
    const response = await call(route, path, given);
    expect([route, response.status]).toEqual([route, status]);
    faults[`${status} ${route}`] = await undocumented(route, response);
  };
  isCatalogAway = true;
  await note("GET /stocks/:name", "/stocks/A", { key: "reader" }, 503);
  isCatalogAway = false;
  submit = async () => ({ ok: false, arrived: "maybe" });
  await note("POST /orders", "/orders", { key: "trader", body: buy() }, 503);
  await note("POST /orders/batch", "/orders/batch", { key: "trader", body: { orders: [buy()] } }, 200);
  submit = undefined;
  for (let paid = 0; paid < 2; paid += 1) await call("GET /stocks", "/stocks", { key: "slow" });
  await note("POST /orders", "/orders", { key: "slow", body: buy() }, 429);
  await note("GET /audit", "/audit", { key: "slow" }, 429);
  expect(faults).toEqual(Object.fromEntries(Object.keys(faults).map((route) => [route, []])));
});

test("every route is documented: who may call it, its parameters, and an example of each answer", () => {
  for (const { method, path, hooks } of market.app.routes) {
    if (hooks.detail?.hide) continue;
    const route = `${method} ${path}`;
    const operation = operationOf(route);
    expect([route, operation?.summary, operation?.tags.length]).toEqual([route, expect.any(String), 1]);
    expect([route, operation.security]).toEqual([
      route,
      path.endsWith("z") ? [] : [{ apiKey: [method === "POST" ? "trader" : "reader"] }],
    ]);
    const inPath = operation.parameters.filter((parameter) => parameter.in === "path");
    expect(inPath.map(({ name }) => `:${name}`)).toEqual(path.match(/:\w+/g) ?? []);
    for (const { content } of Object.values(operation.responses))
      for (const { schema, example, examples } of Object.values(content))
        for (const value of examples ? Object.values(examples).map((one) => one.value) : [example])
          expect([route, ...Value.Errors(schema, value)]).toEqual([route]);
    if (method !== "POST") continue;
    const body = operation.requestBody?.content["application/json"];
    expect([route, Value.Check(body!.schema, body!.example)]).toEqual([route, true]);
    expect(Object.values(bodySchemas)).toContain(body!.schema as (typeof bodySchemas)["NewOrder"]);
  }
});

test("a query parameter that is not in the documentation is refused by every call, and those that are pass", async () => {
  const values: Record<string, string> = { limit: "1", name: "A", type: "buy", lastEventId: "", after: "0" };
  for (const { method, path, hooks } of market.app.routes) {
    if (hooks.detail?.hide) continue;
    const route = `${method} ${path}`;
    const address = path.replace(":name", "A").replace(":number", "1");
    const given: Call = {
      key: "trader",
      ...(method === "POST" && { body: path.endsWith("batch") ? { orders: [buy()] } : buy() }),
    };
    const wrong = await call(route, `${address}?limt=1`, given);
    const { error } = (await wrong.json()) as { error: { message: string } };
    const known = operationOf(route)
      .parameters.filter((one) => one.in === "query")
      .map(({ name }) => name);
    const taken =
      known.length === 0 ? "no query parameters" : `only the query parameters ${known.join(", ")}`;
    expect([route, wrong.status, error.message]).toEqual([route, 422, `this call takes ${taken}`]);
    for (const name of known) {
      const right = await call(
        route,
        `${address}?${name}=${path === "/events" && name === "after" ? "0-0" : values[name]}`,
        given,
      );
      expect([route, name, right.status]).not.toEqual([route, name, 422]);
      await right.body?.cancel();
    }
  }
});

test("a documented view has the fields of the contract's", () => {
  const order: OrderView = { number: 1, name: "A", type: "buy", quantity: 1, price: 1, at: "" };
  const receipt: Receipt = { transaction_number: 1, name: "A", type: "buy", quantity: 1, price: 1, at: "" };
  for (const [route, view] of [
    ["GET /orders/:number", order],
    ["POST /orders", receipt],
  ] as const) {
    const { schema } = operationOf(route).responses["200"]!.content["application/json"]!;
    const { data } = schema["properties"] as { data: TSchema };
    expect(Object.keys(data["properties"] as object).toSorted()).toEqual(Object.keys(view).toSorted());
  }
});
