import { unwrap } from "./errors.ts";
import { dataOf } from "./reply.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions, ListOptions, Order, Result, Stock } from "./types.ts";

const pageItems = 1_000;

/** A page begins after this name or number. Undefined: the first page. Null: there are no more pages. */
type Cursor = string | number | null | undefined;

interface Page<Row> {
  rows: Row[];
  next: Cursor;
}

/** All stocks, by name. When a page cannot be read, the result is its error and no stock. */
export async function listStocks(
  transport: Transport,
  { signal }: CallOptions = {},
): Promise<Result<Stock[]>> {
  const stocks: Stock[] = [];
  let after: Cursor;
  while (after !== null) {
    const page: Result<Page<Stock>> = await readPage<Stock>(transport, "/stocks", { after }, signal);
    if (page.error) return page;
    stocks.push(...page.data.rows);
    after = page.data.next;
  }
  return { data: stocks, error: null };
}

/** The orders of the ledger after number `after`, read in pages. Throws a BourseError when a page cannot be read. */
export async function* listOrders(
  transport: Transport,
  { name, type, after: first, signal }: ListOptions = {},
): AsyncGenerator<Order, undefined> {
  let after: Cursor = first;
  while (after !== null) {
    const query = { after, limit: pageItems, name, type };
    const page: Page<Order> = unwrap(await readPage<Order>(transport, "/orders", query, signal));
    yield* page.rows;
    after = page.next;
  }
}

/** Leaves out parameters that are undefined. */
async function readPage<Row>(
  transport: Transport,
  path: string,
  parameters: Record<string, string | number | undefined>,
  signal: AbortSignal | undefined,
): Promise<Result<Page<Row>>> {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters))
    if (value !== undefined) query.set(key, String(value));
  const search = query.toString();
  const reply = await transport.send({ path: search === "" ? path : `${path}?${search}`, signal });
  const rows = dataOf<Row[]>(reply);
  if (rows.error) return rows;
  const { next = null } = reply.data as Partial<Page<Row>>;
  return { data: { rows: rows.data, next }, error: null };
}
