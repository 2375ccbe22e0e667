import { isOutcomeUnknown, orderError } from "./errors.ts";
import { errorIn, isRecord, type Attempt } from "./reply.ts";
import { isRetryable } from "./retry.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions, KeyedOrder, PlacedOrder, Result } from "./types.ts";
import { uuidv7 } from "./uuid.ts";

/** The most orders that the market accepts in one request. */
const batchItems = 1_000;

interface Item {
  order: KeyedOrder & { idempotency_key: string };
  /** An earlier attempt may have traded, and its reply was lost. */
  wasLost: boolean;
  reply: Result<PlacedOrder> | undefined;
}

/**
 * Places orders, up to 1,000 in a request, one request after the other. Resolves to a result for each order, in
 * order.
 */
export async function placeMany(
  transport: Transport,
  orders: readonly KeyedOrder[],
  { signal }: CallOptions = {},
): Promise<Result<PlacedOrder>[]> {
  // All keys are made before the first attempt, so an item that is sent again is the same order.
  const items = orders.map(itemOf);
  for (let start = 0; start < items.length; start += batchItems)
    await settle(transport, items.slice(start, start + batchItems), signal);
  return items.map(resultOf);
}

function itemOf({ name, type, quantity, expected_price, idempotency_key = uuidv7() }: KeyedOrder): Item {
  const price = expected_price !== undefined && { expected_price };
  return { order: { name, type, quantity, ...price, idempotency_key }, wasLost: false, reply: undefined };
}

/** Sends the items, and again those that may be retried, until each has its final reply or the limits end the call. */
async function settle(transport: Transport, items: Item[], signal: AbortSignal | undefined): Promise<void> {
  let open = items;
  await transport.repeat(
    signal,
    (timeoutMs) => {
      const body = JSON.stringify({ orders: open.map(({ order }) => order) });
      return transport.attempt({ path: "/orders/batch", signal, post: { body } }, timeoutMs);
    },
    (attempt) => {
      const replies = repliesIn(attempt, open.length);
      for (const [index, item] of open.entries()) note(item, replies[index]);
      open = open.filter(({ reply }) => reply?.error && isRetryable(reply.error));
      const retryAfterMs = "error" in attempt ? attempt.retryAfterMs : 0;
      return open.length > 0 ? { retryAfterMs } : undefined;
    },
  );
}

function note(item: Item, reply: Result<PlacedOrder> | undefined): void {
  item.reply = reply;
  if (reply?.error) item.wasLost ||= isOutcomeUnknown(reply.error);
}

/** A reply for each item: its own, or the error of the whole request. */
function repliesIn(attempt: Attempt, count: number): Result<PlacedOrder>[] {
  const entries = "body" in attempt ? attempt.body.data : undefined;
  if (Array.isArray(entries) && entries.length === count) return entries.map(replyIn);
  const error = "error" in attempt ? attempt.error : errorIn(undefined, 200);
  return Array.from({ length: count }, () => ({ data: null, error }));
}

function replyIn(entry: unknown): Result<PlacedOrder> {
  if (isRecord(entry) && "data" in entry) return { data: entry["data"] as PlacedOrder, error: null };
  const { code } = isRecord(entry) && isRecord(entry["error"]) ? entry["error"] : {};
  return { data: null, error: errorIn(entry, typeof code === "number" ? code : 200) };
}

function resultOf({ order, wasLost, reply }: Item): Result<PlacedOrder> {
  if (reply?.error === null) return reply;
  const error = reply?.error ?? errorIn(undefined, 200);
  return { data: null, error: orderError(error, wasLost, order.idempotency_key) };
}
