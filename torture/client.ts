import { postOrder, type OrderBody } from "../testing/http-client.ts";

/** An order of one client, and the answers that it got. Times are of `performance.now()`. */
export interface Placed {
  key: string;
  order: OrderBody;
  startedMs: number;
  /** The load's `mark` at that time. */
  startedMark?: number;
  /** Copies that were sent, concurrently or one after the other. */
  copies: number;
  /** The outcome: a trade or a refusal. Undefined until there is one, or for ever when its client gave up. */
  answer?: { status: number; text: string; atMs: number; mark?: number };
  /** The answer to the only copy that was sent, when it was no outcome. */
  gaveUpWith?: string;
}

export interface Reply {
  status: number;
  text: string;
  reason: string | undefined;
  replayed: boolean;
  sentMs: number;
}

export const refusals = [
  "insufficient_quantity",
  "limit_exceeded",
  "stock_not_found",
  "trading_halted",
  "price_changed",
];
const mayTryAgain = ["overloaded", "storage_full", "unavailable", "outcome_unknown"];

/** Whether an answer is the order's outcome, allows another try, or must never be given. */
export function meaningOf(reply: Reply, copies: number): "outcome" | "again" | "wrong" {
  const { status, reason = "" } = reply;
  if (status === 200 || refusals.includes(reason)) return "outcome";
  if (status === 503 && mayTryAgain.includes(reason)) return "again";
  return status === 409 && reason === "order_in_flight" && copies > 1 ? "again" : "wrong";
}

/** Sends one copy of an order. Undefined when there was no answer: the connection broke, or `signal` fired. */
export async function sendOnce(
  url: string,
  { order, key }: Pick<Placed, "order" | "key">,
  signal: AbortSignal,
): Promise<Reply | undefined> {
  const sentMs = performance.now();
  try {
    const response = await postOrder(url, order, key, signal);
    const text = await response.text();
    const replayed = response.headers.get("idempotency-replayed") === "true";
    return { status: response.status, text, reason: reasonIn(response.status, text), replayed, sentMs };
  } catch {
    return undefined;
  }
}

function reasonIn(status: number, text: string): string | undefined {
  if (status === 200) return undefined;
  try {
    return String(JSON.parse(text).error.reason);
  } catch {
    return "what is no error of the API";
  }
}
