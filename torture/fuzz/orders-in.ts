import { openingPriceCents } from "./contract.ts";

/** An order in a message. Without a key the frontend makes one. */
export interface SentOrder {
  client: string;
  key: string | undefined;
  name: string;
  type: "buy" | "sell";
  quantity: number;
  expectedCents: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type Wanted = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown): value is string => typeof value === "string";
const isWhole = (least: number, most: number) => (value: unknown) =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most;

export const isKey = (value: unknown): boolean => isText(value) && /^[!-~]{1,255}$/.test(value);
export const isName = (value: unknown): boolean =>
  isText(value) && /^[A-Za-z0-9._-]{1,32}$/.test(value) && value !== "." && value !== "..";
const isType = (value: unknown): boolean => value === "buy" || value === "sell";
const isQuantity = isWhole(1, 1_000_000_000);

/** At most two decimals, and at most 2^50 cents. */
function isPrice(value: unknown): boolean {
  if (typeof value !== "number" || value < 0 || value > 2 ** 50 / 100) return false;
  return Number((Math.round(value * 100) / 100).toFixed(2)) === value;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function has(value: unknown, wanted: Wanted): Fields | undefined {
  const fields = fieldsOf(value);
  const isThere = ([name, is]: [string, (one: unknown) => boolean]): boolean =>
    fields !== undefined && is(Object.hasOwn(fields, name) ? fields[name] : undefined);
  return Object.entries(wanted).every(isThere) ? fields : undefined;
}

const publicOrder: Wanted = {
  name: isName,
  type: isType,
  quantity: isQuantity,
  expected_price: (value) => value === undefined || isPrice(value),
};

function sent(fields: Fields, client: string, key: unknown, expectedCents: number | undefined): SentOrder {
  const { name, type, quantity } = fields as { name: string; type: "buy" | "sell"; quantity: number };
  return { client, key: isText(key) ? key : undefined, name, type, quantity, expectedCents };
}

/** The order in the parsed body of `POST /orders`; undefined when the body is no order. */
export function publicOrderIn(
  value: unknown,
  client: string,
  key: string | undefined,
): SentOrder | undefined {
  const fields = has(value, publicOrder);
  if (!fields || Object.keys(fields).some((name) => !Object.hasOwn(publicOrder, name))) return undefined;
  const price = fields["expected_price"];
  return sent(fields, client, key, price === undefined ? undefined : Math.round(Number(price) * 100));
}

/** The items of a parsed batch, undefined for one that is no order; undefined when the body is no batch. */
export function publicBatchIn(
  value: unknown,
  client: string,
  key: string | undefined,
): (SentOrder | undefined)[] | undefined {
  const items = fieldsOf(value)?.["orders"];
  if (Object.keys(fieldsOf(value) ?? {}).length !== 1 || !Array.isArray(items)) return undefined;
  if (items.length < 1 || items.length > 1_000) return undefined;
  return items.map((item: unknown, index) => {
    const { idempotency_key: own, ...order } = fieldsOf(item) ?? {};
    if (own !== undefined && !isKey(own)) return undefined;
    const ownKey = isText(own) ? own : key === undefined ? undefined : `${key}:${index}`;
    return publicOrderIn(fieldsOf(item) ? order : item, client, ownKey);
  });
}

const isAnyWhole = (value: unknown): boolean => Number.isInteger(value);
const isSafe = isWhole(0, Number.MAX_SAFE_INTEGER);
const head: Wanted = { number: isSafe, chain: isText };
const isHead = (value: unknown): boolean => has(value, head) !== undefined;

const innerOrder: Wanted = {
  request_id: isText,
  client: (value) => isText(value) && /^[A-Za-z0-9._-]{1,64}$/.test(value),
  key: isKey,
  name: isName,
  type: isType,
  quantity: isQuantity,
  expected_price_cents: (value) => value === null || isWhole(0, 2 ** 50)(value),
};
const innerBodies = {
  "/orders": { body: {}, item: { ...innerOrder, timeout_ms: Number.isFinite } },
  "/batches": {
    body: { market_id: isText, incarnation: isAnyWhole, epoch: isAnyWhole, ledger: isHead },
    item: innerOrder,
  },
  "/epochs": {
    body: { market_id: (id: unknown) => id === null || isText(id), epoch: isAnyWhole, ledger: isHead },
    item: undefined,
  },
} satisfies Record<string, { body: Wanted; item: Wanted | undefined }>;

/** The orders in a parsed body between services; undefined when the call does not accept the body. */
export function innerOrdersIn(path: keyof typeof innerBodies, value: unknown): SentOrder[] | undefined {
  const { body, item } = innerBodies[path];
  const fields = has(value, body);
  if (!item) return fields && [];
  const items = fields?.["orders"];
  if (!Array.isArray(items)) return undefined;
  const orders = items.map((one: unknown) => has(one, item));
  if (!orders.every((one) => one !== undefined)) return undefined;
  return orders.map((one) => {
    const cents = one["expected_price_cents"];
    return sent(one, String(one["client"]), one["key"], cents === null ? undefined : Number(cents));
  });
}

/** Whether a body that its call accepts has unknown fields. */
export function hasMore(path: keyof typeof innerBodies, value: unknown): boolean {
  const { body, item } = innerBodies[path];
  const fields = fieldsOf(value) ?? {};
  const items = Array.isArray(fields["orders"]) ? (fields["orders"] as unknown[]) : [];
  const isMore = (one: unknown, wanted: Wanted): boolean =>
    Object.keys(fieldsOf(one) ?? {}).some((name) => !Object.hasOwn(wanted, name));
  const whole = item ? { ...body, orders: Array.isArray } : body;
  return (
    isMore(fields, whole) ||
    isMore(fields["ledger"], head) ||
    (item !== undefined && items.some((one) => isMore(one, item)))
  );
}

/** The reasons with which an order can be refused, and whether it can trade. Prices and halts never change here. */
export function possibleOutcomes(order: SentOrder): { refusals: string[]; mayTrade: boolean } {
  const price = openingPriceCents.get(order.name);
  // Another message may have used its key before, or have it in flight.
  const otherKey = order.key === undefined ? [] : ["order_in_flight", "idempotency_key_reused"];
  if (price === undefined) return { refusals: ["stock_not_found", ...otherKey], mayTrade: false };
  if (order.expectedCents !== undefined && order.expectedCents !== price)
    return { refusals: ["price_changed", ...otherKey], mayTrade: false };
  const short = order.type === "buy" ? "insufficient_quantity" : "limit_exceeded";
  return { refusals: [short, ...otherKey], mayTrade: true };
}
