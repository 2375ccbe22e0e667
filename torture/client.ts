import { postOrder, type OrderBody } from "../testing/http-client.ts";

/** An order of one client: what it asked for and all that it heard. Times are of `performance.now()`. */
export interface Placed {
  key: string;
  order: OrderBody;
  begunMs: number;
  /** What the load's `mark` said then. */
  begunMark?: number;
  /** Copies sent, at the same time or one after the other. */
  copies: number;
  /** The outcome: a trade or a refusal. Undefined while there is none, or for ever when its client gave up. */
  answer?: { status: number; text: string; atMs: number; mark?: number };
  /** The answer to the only copy that was ever sent, when it was no outcome. */
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
const mayAskAgain = ["overloaded", "storage_full", "unavailable", "outcome_unknown"];

/** What an answer means for its order: it is settled, it is to be asked again, or nobody must ever see it. */
export function meaningOf(reply: Reply, copies: number): "outcome" | "again" | "wrong" {
  const { status, reason = "" } = reply;
  if (status === 200 || refusals.includes(reason)) return "outcome";
  if (status === 503 && mayAskAgain.includes(reason)) return "again";
  return status === 409 && reason === "order_in_flight" && copies > 1 ? "again" : "wrong";
}

/** One copy of an order, sent once. Undefined when no answer came: the connection broke, or `signal` fired. */
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
