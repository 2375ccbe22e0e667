import { isRecord } from "./reply.ts";
import type { CallError, NewOrder } from "./types.ts";
import { uuidv7 } from "./uuid.ts";

/**
 * Checks of what the caller passes. They refuse what has another type than declared, which a program in JavaScript can
 * pass: a URL or JSON would turn it into another request (`null` into the name "null") or throw. What a value must be
 * beyond its type is the market's to check.
 */

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/** A value that may be used, or a sentence about what is wrong with it. */
export type Checked<Value> = { value: Value; wrong?: undefined } | { wrong: string };

/** What is wrong with the options of a call; undefined when nothing is. */
export function wrongOptions(options: unknown): string | undefined {
  if (options === undefined) return undefined;
  if (!isRecord(options)) return "options must be an object";
  const { signal } = options;
  const isSignal =
    isRecord(signal) &&
    typeof signal["aborted"] === "boolean" &&
    typeof signal["addEventListener"] === "function";
  return signal === undefined || isSignal ? undefined : "signal must be an AbortSignal";
}

/** The fields of an order that are sent, and no others. */
export function checkedOrder(order: unknown): Checked<NewOrder> {
  if (!isRecord(order)) return { wrong: "an order must be an object" };
  const { name, type, quantity, expected_price } = order;
  if (typeof name !== "string") return { wrong: "name must be a string" };
  if (!isText<NewOrder["type"]>(type)) return { wrong: 'type must be "buy" or "sell"' };
  if (!isFinite(quantity)) return { wrong: "quantity must be a finite number" };
  if (expected_price === undefined) return { value: { name, type, quantity } };
  if (!isFinite(expected_price)) return { wrong: "expected_price must be a finite number" };
  return { value: { name, type, quantity, expected_price } };
}

/** The caller's idempotency key, or a new one when it is undefined. `field` names it. */
export function checkedKey(key: unknown, field: string): Checked<string> {
  if (key === undefined) {
    if (typeof globalThis.crypto?.getRandomValues === "function") return { value: uuidv7() };
    return { wrong: `crypto.getRandomValues is missing here, so no key can be made: pass ${field}` };
  }
  if (typeof key === "string" && keyPattern.test(key)) return { value: key };
  return { wrong: `${field} must be a string of 1 to 255 visible ASCII characters` };
}

/** False for names that URL parsing removes (`.`, `..`), which would call another path, and for a lone surrogate. */
export function isAddressable(name: unknown): name is string {
  return isText(name) && name !== "" && name !== "." && name !== ".." && !/\p{Surrogate}/u.test(name);
}

export function isOrderNumber(number: unknown): number is number {
  return Number.isSafeInteger(number) && Number(number) > 0;
}

/** The error that the market would give. Nothing is sent. */
export function invalid(message: string): { data: null; error: CallError } {
  return { data: null, error: { code: 422, message, reason: "invalid_request" } };
}

/** A string, whatever it says: the market checks that. */
function isText<Text extends string>(value: unknown): value is Text {
  return typeof value === "string";
}

function isFinite(value: unknown): value is number {
  return Number.isFinite(value);
}
