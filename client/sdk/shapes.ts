import { isRecord } from "./reply.ts";
import type {
  Audit,
  AuditCheck,
  NewOrder,
  Order,
  Place,
  PlacedOrder,
  Stock,
  StockChange,
  Trade,
} from "./types.ts";

/**
 * Whether the data of a reply is what was asked for. Fields that this version does not know are accepted, and so are
 * new values of `status` and `kind`: a newer market may have more of them.
 */

export function isStock(data: unknown): data is Stock {
  return (
    isRecord(data) &&
    isText(data["name"]) &&
    isPrice(data["price"]) &&
    isCount(data["quantity"]) &&
    isCount(data["volume"]) &&
    isText(data["status"]) &&
    isCount(data["version"])
  );
}

export function isOrder(data: unknown): data is Order {
  return isRecord(data) && isPositive(data["number"]) && isTraded(data);
}

/** The order that was sent, and at its expected price if it has one. */
export function isPlacedOrder(data: unknown, sent: NewOrder): data is PlacedOrder {
  return (
    isRecord(data) &&
    isPositive(data["transaction_number"]) &&
    isTraded(data) &&
    data["name"] === sent.name &&
    data["type"] === sent.type &&
    data["quantity"] === sent.quantity &&
    (sent.expected_price === undefined || data["price"] === sent.expected_price)
  );
}

export function isTrade(data: unknown): data is Trade {
  return (
    isOrder(data) &&
    "quantity_after" in data &&
    isCount(data.quantity_after) &&
    "stock_version" in data &&
    isPositive(data.stock_version)
  );
}

export function isStockChange(data: unknown): data is StockChange {
  return (
    isStock(data) &&
    "change" in data &&
    isPositive(data.change) &&
    "kind" in data &&
    isText(data.kind) &&
    "at" in data &&
    isText(data.at)
  );
}

export function isPlace(data: unknown): data is Place {
  return isRecord(data) && isCount(data["trades"]) && isCount(data["changes"]);
}

export function isAudit(data: unknown): data is Audit {
  return (
    isRecord(data) &&
    isText(data["state"]) &&
    (data["at"] === null || isText(data["at"])) &&
    (data["ok"] === null || isBoolean(data["ok"])) &&
    (data["problem"] === null || isText(data["problem"])) &&
    isListOf(data["checks"], isAuditCheck)
  );
}

function isAuditCheck(check: unknown): check is AuditCheck {
  return isRecord(check) && isText(check["name"]) && isBoolean(check["ok"]) && isText(check["detail"]);
}

export function isListOf<Row>(data: unknown, isRow: (row: unknown) => row is Row): data is Row[] {
  return Array.isArray(data) && data.every((row) => isRow(row));
}

/** What a receipt and an order in the ledger have in common. */
function isTraded(data: Record<string, unknown>): boolean {
  return (
    isText(data["name"]) &&
    (data["type"] === "buy" || data["type"] === "sell") &&
    isPositive(data["quantity"]) &&
    isPrice(data["price"]) &&
    isText(data["at"])
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isPrice(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isPositive(value: unknown): value is number {
  return isCount(value) && value > 0;
}
