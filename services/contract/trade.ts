import { hash } from "node:crypto";

import { Type, type Static } from "@sinclair/typebox";

import { priceOf } from "./money.ts";

export const OrderType = Type.Union([Type.Literal("buy"), Type.Literal("sell")]);
export type OrderType = Static<typeof OrderType>;

/**
 * One row of the trade log, and of its copy, the ledger. `order_id` is client ‖ 0x00 ‖ key, `fingerprint` and
 * `chain` are SHA-256 in hex, `at` is milliseconds since 1970.
 */
export const Trade = Type.Object({
  number: Type.Integer(),
  order_id: Type.String(),
  fingerprint: Type.String(),
  client: Type.String(),
  name: Type.String(),
  type: OrderType,
  quantity: Type.Integer(),
  price_cents: Type.Integer(),
  quantity_after: Type.Integer(),
  stock_version: Type.Integer(),
  at: Type.Integer(),
  chain: Type.String(),
});
export type Trade = Static<typeof Trade>;

/** The head of a log: number and chain of the last row. The origin, number 0, is the head of an empty log. */
export const LogHead = Type.Object({
  number: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  chain: Type.String(),
});
export type LogHead = Static<typeof LogHead>;

/** The genesis: the chain before the first row of a market. */
export function genesisOf(marketId: string): string {
  return hash("sha256", marketId, "hex");
}

/** The head of a market's log that has no row yet. */
export function originOf(marketId: string): LogHead {
  return { number: 0, chain: genesisOf(marketId) };
}

/**
 * The chain of a row: SHA-256 over the previous chain and the row's columns, each written as `length:text,` (a
 * netstring). So no two rows have the same encoding, and other languages and database engines can check the chain.
 */
export function chainOf(previous: string, columns: readonly (string | number | null)[]): string {
  let text = netstring(previous);
  for (const column of columns) text += netstring(column === null ? "" : String(column));
  return hash("sha256", text, "hex");
}

/** The chain of a trade, from the chain of the trade before. */
export function tradeChain(previous: string, trade: Omit<Trade, "chain">): string {
  return chainOf(previous, [
    trade.number,
    trade.order_id,
    trade.fingerprint,
    trade.client,
    trade.name,
    trade.type,
    trade.quantity,
    trade.price_cents,
    trade.quantity_after,
    trade.stock_version,
    trade.at,
  ]);
}

// Every column is ASCII (names, keys and clients are checked on entry), so the length in characters is the length in
// bytes.
function netstring(text: string): string {
  return `${text.length}:${text},`;
}

/** A trade as `GET /orders/:number` shows it. `at` is ISO 8601. */
export interface OrderView {
  number: number;
  name: string;
  type: OrderType;
  quantity: number;
  price: number;
  at: string;
}

export function orderViewOf(trade: Trade): OrderView {
  const { number, name, type, quantity, price_cents, at } = trade;
  return { number, name, type, quantity, price: priceOf(price_cents), at: isoOf(at) };
}

/** The result of a trade, for a reader that has the order. */
export type Fill = Pick<Trade, "number" | "price_cents" | "stock_version" | "at">;

/** A trade as the answer to its order shows it. */
export interface Receipt {
  transaction_number: number;
  name: string;
  type: OrderType;
  quantity: number;
  price: number;
  at: string;
}

export function receiptOf(order: Pick<Trade, "name" | "type" | "quantity">, fill: Fill): Receipt {
  const { name, type, quantity } = order;
  const { number, price_cents, at } = fill;
  return { transaction_number: number, name, type, quantity, price: priceOf(price_cents), at: isoOf(at) };
}

let lastIso = { at: 0, text: "1970-01-01T00:00:00.000Z" };

// All trades of a batch have the same time, and formatting 1,000 dates costs as much as the rest of their JSON.
function isoOf(at: number): string {
  if (at !== lastIso.at) lastIso = { at, text: new Date(at).toISOString() };
  return lastIso.text;
}
