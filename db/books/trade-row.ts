import { originOf, type LogHead, type Trade } from "../../services/contract/trade.ts";
import type { Value } from "../sqlite/driver.ts";

/** The columns of a trade, in the order of `tradeValues`. The trade log and the ledger have the same. */
export const TRADE_COLUMNS =
  "number, order_id, fingerprint, client, name, type, quantity, price_cents, quantity_after, stock_version, at, chain";

/** A parameter for each of the columns. */
export const TRADE_PARAMETERS = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

/** A trade as both databases hold it: ids and hashes are blobs there, and text in memory and on the wire. */
export type TradeRow = Omit<Trade, "order_id" | "fingerprint" | "chain"> & {
  order_id: Uint8Array;
  fingerprint: Uint8Array;
  chain: Uint8Array;
};

export function tradeOf(row: TradeRow): Trade {
  return {
    ...row,
    order_id: Buffer.from(row.order_id).toString("latin1"),
    fingerprint: hexOf(row.fingerprint),
    chain: hexOf(row.chain),
  };
}

/** A trade's values, in the order of TRADE_COLUMNS. */
export function tradeValues(trade: Trade): Value[] {
  return [
    trade.number,
    orderIdBlob(trade.order_id),
    blobOf(trade.fingerprint),
    trade.client,
    trade.name,
    trade.type,
    trade.quantity,
    trade.price_cents,
    trade.quantity_after,
    trade.stock_version,
    trade.at,
    blobOf(trade.chain),
  ];
}

/** The columns of a log's last row that make its head. */
export interface LastRow {
  number: number;
  chain: Uint8Array;
}

/**
 * The head of a market's log: its origin when the log has no row, and an empty chain when there is no market either.
 */
export function headOf(last: LastRow | undefined, marketId: string | undefined): LogHead {
  if (last) return { number: last.number, chain: hexOf(last.chain) };
  return marketId === undefined ? { number: 0, chain: "" } : originOf(marketId);
}

export function hexOf(blob: Uint8Array): string {
  return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString("hex");
}

export function blobOf(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}

export function orderIdBlob(orderId: string): Uint8Array {
  return Buffer.from(orderId, "latin1");
}
