import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { StoreFailure, type StoreFailureKind } from "../store-failure.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./schemas.ts";
import { openWriter } from "./open.ts";
import type { Value, Writer } from "./driver.ts";

type Row = Record<string, Value>;

const LIMIT = 2 ** 50;
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);

const stock: Row = { name: "A", price_cents: LIMIT, quantity: LIMIT, volume: 0, status: "open", version: 1 };
const trade: Row = {
  number: 1,
  order_id: bytes(9),
  fingerprint: bytes(32),
  client: "c",
  name: "A",
  type: "buy",
  quantity: 1_000_000_000,
  price_cents: 0,
  quantity_after: 0,
  stock_version: 2,
  at: 1,
  chain: bytes(32),
};
const refusal: Row = { order_id: bytes(9), fingerprint: bytes(32), reason: "price_changed", at: 1 };
const change: Row = {
  number: 1,
  kind: "opening",
  name: "A",
  price_cents: 100,
  quantity_delta: 100,
  status: "open",
  stock_version: 1,
  client: null,
  key: null,
  at: 1,
  chain: bytes(32),
};
const market: Row = { id: 1, market_id: "m", incarnation: 1, epoch: 0 };
const { epoch: _, ...ledgerMeta } = market;

let temporary: ReturnType<typeof temporaryFolder>;
let folder: string;
let catalog: Writer;
let order: Writer;

beforeEach(() => {
  temporary = temporaryFolder();
  folder = temporary.path;
  catalog = openWriter(join(folder, "catalog.db"), { synchronous: "NORMAL" });
  order = openWriter(join(folder, "order.db"), { synchronous: "NORMAL" });
  migrate(catalog, migrations.catalog);
  migrate(order, migrations.order);
});

afterEach(() => {
  catalog.close();
  order.close();
  temporary[Symbol.dispose]();
});

function insert(writer: Writer, table: string, row: Row): void {
  const columns = Object.keys(row);
  const marks = columns.map(() => "?").join(", ");
  writer.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`).run(...Object.values(row));
}

function refusedWith(writer: Writer, table: string, row: Row): StoreFailureKind | undefined {
  try {
    insert(writer, table, row);
  } catch (error) {
    if (error instanceof StoreFailure) return error.kind;
    throw error;
  }
  return undefined;
}

test("the catalog and the ledger take rows at their limits", () => {
  insert(catalog, "meta", market);
  insert(catalog, "stocks", stock);
  insert(catalog, "trades", trade);
  insert(catalog, "refusals", refusal);
  insert(catalog, "changes", change);
  insert(order, "meta", ledgerMeta);
  insert(order, "ledger", trade);
});

const broken: [table: string, row: Row, wrong: Row][] = [
  ["stocks", stock, { quantity: -1 }],
  ["stocks", stock, { quantity: LIMIT + 1 }],
  ["stocks", stock, { price_cents: -1 }],
  ["stocks", stock, { price_cents: LIMIT + 1 }],
  ["stocks", stock, { price_cents: 1.5 }],
  ["stocks", stock, { volume: -1 }],
  ["stocks", stock, { version: 0 }],
  ["stocks", stock, { status: "closed" }],
  ["stocks", stock, { name: "" }],
  ["stocks", stock, { name: "x".repeat(33) }],
  ["stocks", stock, { name: null }],
  ["trades", trade, { number: 0 }],
  ["trades", trade, { quantity: 0 }],
  ["trades", trade, { quantity: 1_000_000_001 }],
  ["trades", trade, { quantity_after: -1 }],
  ["trades", trade, { type: "short" }],
  ["trades", trade, { chain: bytes(31) }],
  ["trades", trade, { order_id: null }],
  ["trades", trade, { order_id: "text" }],
  ["trades", trade, { name: "B" }],
  ["refusals", refusal, { reason: "bad_mood" }],
  ["refusals", refusal, { order_id: null }],
  ["changes", change, { kind: "split" }],
  ["changes", change, { price_cents: null }],
  ["changes", change, { quantity_delta: null }],
  ["changes", change, { quantity_delta: -1 }],
  ["changes", change, { status: null }],
  ["changes", change, { status: "halted" }],
  ["changes", change, { stock_version: 2 }],
  ["changes", change, { kind: "price", price_cents: null }],
  ["changes", change, { kind: "restock", quantity_delta: null }],
  ["changes", change, { kind: "halt", status: null }],
  ["changes", change, { kind: "resume", status: null }],
  ["meta", market, { id: 2 }],
];

test.each(
  broken.map(
    ([table, row, wrong]) =>
      [table, `${Object.entries(wrong)[0]?.join(" = ")}`, { ...row, ...wrong }] as const,
  ),
)("%s refuses %s", (table, _wrong, row) => {
  // What a trade needs, so that it is refused for its own fault.
  if (table === "trades") insert(catalog, "stocks", stock);
  expect(refusedWith(catalog, table, row)).toBe("constraint");
});

test("an order has one outcome of each kind and a stock one opening", () => {
  insert(catalog, "stocks", stock);
  insert(catalog, "trades", trade);
  expect(refusedWith(catalog, "trades", { ...trade, number: 2 })).toBe("constraint");
  insert(catalog, "refusals", refusal);
  expect(refusedWith(catalog, "refusals", refusal)).toBe("constraint");
  insert(catalog, "changes", change);
  expect(refusedWith(catalog, "changes", { ...change, number: 2 })).toBe("constraint");
});

test("the ledger has every column of the trades, in the same order", () => {
  const columns = (writer: Writer, table: string): unknown[] =>
    writer.prepare(`SELECT name, type FROM pragma_table_info('${table}')`).all();
  expect(columns(order, "ledger")).toEqual(columns(catalog, "trades"));
});
