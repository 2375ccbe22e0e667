import { limits } from "../contract/limits.ts";
import { isIdempotencyKey } from "../contract/order.ts";
import { isStockName } from "../contract/stock.ts";
import type { OrderType } from "../contract/trade.ts";
import { HttpFailure } from "../runtime/http/http-failure.ts";
import { parseCursor, type Cursor } from "./events/cursor.ts";

/** Query parameters as they come: text, or several texts. */
export type Query = Readonly<Record<string, unknown>>;

/** The query of an address. (Elysia's own keeps the last of a parameter given twice, and says nothing.) */
export function queryOf(url: string): Query {
  const start = url.indexOf("?");
  const query = new Map<string, string | string[]>();
  for (const [name, text] of new URLSearchParams(start < 0 ? "" : url.slice(start))) {
    const earlier = query.get(name);
    if (Array.isArray(earlier)) earlier.push(text);
    else query.set(name, earlier === undefined ? text : [earlier, text]);
  }
  return Object.fromEntries(query);
}

/** Each reader throws HttpFailure invalid_request for what is not of its kind. */
export function readPositiveInteger(text: string, name: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new HttpFailure("invalid_request", `${name} must be a positive integer`);
  return Number(text);
}

export function readStockName(text: string): string {
  if (!isStockName(text)) throw new HttpFailure("invalid_request", "name must be 1 to 32 of A-Z a-z 0-9 . -");
  return text;
}

export function readLimit(query: Query, fallback: number): number {
  const text = readText(query, "limit");
  const limit = text === undefined ? fallback : readPositiveInteger(text, "limit");
  if (limit > limits.pageItems)
    throw new HttpFailure("invalid_request", `limit must be from 1 to ${limits.pageItems}`);
  return limit;
}

export function readCursor(query: Query): number {
  const text = readText(query, "after");
  return text === undefined || text === "0" ? 0 : readPositiveInteger(text, "after");
}

export function readNameFilter(query: Query, parameter: string): string | undefined {
  const text = readText(query, parameter);
  return text === undefined ? undefined : readStockName(text);
}

export function readTypeFilter(query: Query): OrderType | undefined {
  const text = readText(query, "type");
  if (text === undefined || text === "buy" || text === "sell") return text;
  throw new HttpFailure("invalid_request", 'type must be "buy" or "sell"');
}

/** A place in the event stream, or undefined for "from now on". */
export function readEventCursor(text: unknown): Cursor | undefined {
  if (text === undefined) return undefined;
  const cursor = typeof text === "string" ? parseCursor(text) : undefined;
  if (cursor) return cursor;
  throw new HttpFailure("invalid_request", "Last-Event-ID must be a place such as 17-10");
}

/** The key that a client chose, or undefined. */
export function readKey(header: string | undefined): string | undefined {
  if (header === undefined || isIdempotencyKey(header)) return header;
  throw new HttpFailure("invalid_request", "Idempotency-Key must be 1 to 255 visible ASCII characters");
}

function readText(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === "string") return value;
  throw new HttpFailure("invalid_request", `${name} must be given once`);
}
