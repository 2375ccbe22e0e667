import { invalid, wrongOptions } from "./arguments.ts";
import { BourseError, unwrap } from "./errors.ts";
import { unexpected } from "./reply.ts";
import { isListOf, isOrder, isStock } from "./shapes.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions, ListOptions, Order, Result, Stock } from "./types.ts";

const pageItems = 1_000;

/** What a page begins after: the name of a stock, or the number of an order. */
type Cursor = string | number;

interface Page<Row, At extends Cursor> {
  rows: Row[];
  /** Undefined: there are no more pages. */
  next: At | undefined;
}

interface PageRequest<Row, At extends Cursor> {
  path: string;
  /** Undefined: the first page. */
  after: At | undefined;
  /** The other parameters of the query. Those that are undefined are left out. */
  query?: Record<string, string | number | undefined>;
  signal: AbortSignal | undefined;
  isRow: (row: unknown) => row is Row;
  /** Whether `next` continues after this page: a list whose pages do not advance would never end. */
  isNext: (next: unknown) => next is At;
}

/** All stocks, by name. When a page cannot be read, the result is its error and no stock. */
export async function listStocks(transport: Transport, options?: CallOptions): Promise<Result<Stock[]>> {
  const wrong = wrongOptions(options);
  if (wrong !== undefined) return invalid(wrong);
  const stocks: Stock[] = [];
  let after: string | undefined;
  do {
    const last: string = after ?? "";
    const page: Result<Page<Stock, string>> = await readPage(transport, {
      path: "/stocks",
      after,
      signal: options?.signal,
      isRow: isStock,
      isNext: (next): next is string => typeof next === "string" && next > last,
    });
    if (page.error) return page;
    for (const stock of page.data.rows) stocks.push(stock);
    after = page.data.next;
  } while (after !== undefined);
  return { data: stocks, error: null };
}

/** The orders of the ledger after number `after`, read in pages. Throws a BourseError when a page cannot be read. */
export async function* listOrders(
  transport: Transport,
  options?: ListOptions,
): AsyncGenerator<Order, undefined> {
  const wrong = wrongOptions(options) ?? wrongFilters(options ?? {});
  if (wrong !== undefined) throw new BourseError(invalid(wrong).error);
  const { name, type, signal } = options ?? {};
  const isAskedFor = (order: Order) =>
    (name === undefined || order.name === name) && (type === undefined || order.type === type);
  let after = options?.after;
  do {
    const last: number = after ?? 0;
    const page: Page<Order, number> = unwrap(
      await readPage(transport, {
        path: "/orders",
        after,
        query: { limit: pageItems, name, type },
        signal,
        isRow: (row): row is Order => isOrder(row) && row.number > last && isAskedFor(row),
        isNext: (next): next is number => Number.isSafeInteger(next) && Number(next) > last,
      }),
    );
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}

/** A null would end the list before it began, or be asked for as the name "null". */
function wrongFilters({ name, type, after }: ListOptions): string | undefined {
  if (name !== undefined && typeof name !== "string") return "name must be a string";
  if (type !== undefined && typeof type !== "string") return 'type must be "buy" or "sell"';
  const isNumber = after === undefined || (Number.isSafeInteger(after) && after >= 0);
  return isNumber ? undefined : "after must be a whole number from 0";
}

async function readPage<Row, At extends Cursor>(
  transport: Transport,
  { path, after, query = {}, signal, isRow, isNext }: PageRequest<Row, At>,
): Promise<Result<Page<Row, At>>> {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries({ after, ...query }))
    if (value !== undefined) search.set(key, String(value));
  const queryText = search.toString();
  const { data: body, error } = await transport.sendForBody({
    path: queryText === "" ? path : `${path}?${queryText}`,
    isExpected: (data): data is Row[] => isListOf(data, isRow),
    signal,
  });
  if (error) return { data: null, error };
  const { data: rows, next = null } = body;
  if (next === null) return { data: { rows, next: undefined }, error: null };
  if (isNext(next)) return { data: { rows, next }, error: null };
  return { data: null, error: unexpected(200, "the page after this one is not after it") };
}
