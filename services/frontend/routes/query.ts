import { limits } from "../../contract/limits.ts";
import { isIdempotencyKey } from "../../contract/order.ts";
import { isStockName } from "../../contract/stock.ts";
import type { OrderType } from "../../contract/trade.ts";
import { HttpFailure } from "../../runtime/http/http-failure.ts";
import { parsePosition, type EventPosition } from "../events/position.ts";

/** Query parameters: a text each, or several texts for one that was given several times. */
export type Query = Readonly<Record<string, unknown>>;

/** The query of a URL. (Elysia keeps only the last value of a parameter that was given twice.) */
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

/**
 * Throws HttpFailure invalid_request when the URL has a query parameter that is not in `known`. A parameter that is
 * misspelled would otherwise be ignored, and the client would take the reply for the one that it asked for.
 */
export function refuseUnknownParameters(url: string, known: readonly string[]): void {
  if (!url.includes("?") || Object.keys(queryOf(url)).every((name) => known.includes(name))) return;
  const taken = known.length === 0 ? "no query parameters" : `only the query parameters ${known.join(", ")}`;
  throw new HttpFailure("invalid_request", `this call takes ${taken}`);
}

/** This and the functions below throw HttpFailure invalid_request for a text of another form. */
export function readPositiveInteger(text: string, name: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new HttpFailure("invalid_request", `${name} must be a positive integer`);
  return Number(text);
}

export function readStockName(text: string): string {
  if (!isStockName(text))
    throw new HttpFailure("invalid_request", "name must be 1 to 32 of A-Z a-z 0-9 . - _");
  return text;
}

export function readLimit(query: Query, fallback: number): number {
  const text = readText(query, "limit");
  const limit = text === undefined ? fallback : readPositiveInteger(text, "limit");
  if (limit > limits.pageItems)
    throw new HttpFailure("invalid_request", `limit must be from 1 to ${limits.pageItems}`);
  return limit;
}

/** The number after which a page begins; 0 is the beginning. */
export function readAfter(query: Query): number {
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

/**
 * The position to resume an event stream from; undefined: from now on. A reconnecting client still sends the `after`
 * that it began with, so its last id counts more: in the header, or as polyfills send it, in `lastEventId`. An empty
 * last id is none, as for a browser that has not received an id yet.
 */
export function readEventPosition(headers: Headers, query: Query): EventPosition | undefined {
  const header = readPosition(headers.get("last-event-id") || undefined, "Last-Event-ID");
  const last = readPosition(readText(query, "lastEventId") || undefined, "lastEventId");
  const first = readPosition(readText(query, "after"), "after");
  return header ?? last ?? first;
}

function readPosition(text: string | undefined, name: string): EventPosition | undefined {
  const position = text === undefined ? undefined : parsePosition(text);
  if (text === undefined || position) return position;
  throw new HttpFailure("invalid_request", `${name} must be a position such as 17-10`);
}

/** The Idempotency-Key of a request; undefined without one. */
export function readKey(headers: Headers): string | undefined {
  const key = headers.get("idempotency-key");
  if (key === null) return undefined;
  if (isIdempotencyKey(key)) return key;
  throw new HttpFailure("invalid_request", "Idempotency-Key must be 1 to 255 visible ASCII characters");
}

function readText(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === "string") return value;
  throw new HttpFailure("invalid_request", `${name} must be given once`);
}
