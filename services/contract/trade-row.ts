import type { Trade } from "./trade.ts";

/** A trade as both databases hold it: ids and hashes are blobs there, and text on the wire. */
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

export function hexOf(blob: Uint8Array): string {
  return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString("hex");
}

export function blobOf(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}

export function orderIdBlob(orderId: string): Uint8Array {
  return Buffer.from(orderId, "latin1");
}

/** A trade's values in the order in which both databases declare its columns. */
export function tradeValues(trade: Trade): (string | number | Uint8Array)[] {
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
