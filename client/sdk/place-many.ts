import { checkedKey, checkedOrder, invalid, wrongOptions, type Checked } from "./arguments.ts";
import { isOutcomeUnknown, orderError } from "./errors.ts";
import { errorIn, isRecord, unexpected, type Attempt } from "./reply.ts";
import { isRetryable } from "./retry.ts";
import { isPlacedOrder } from "./shapes.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions, KeyedOrder, PlacedOrder, Result } from "./types.ts";

/** The most orders that the market accepts in one request. */
const batchItems = 1_000;

type SentOrder = KeyedOrder & { idempotency_key: string };

interface Item {
  order: SentOrder;
  /** An earlier attempt may have traded, and its reply was lost. */
  wasLost: boolean;
  reply: Result<PlacedOrder> | undefined;
}

/**
 * Places orders, up to 1,000 in a request, one request after the other. Resolves to a result for each order, in
 * order. An order that cannot be sent fails alone. When `orders` is not an array, there is one result, an error.
 */
export async function placeMany(
  transport: Transport,
  orders: readonly KeyedOrder[],
  options?: CallOptions,
): Promise<Result<PlacedOrder>[]> {
  if (!Array.isArray(orders)) return [invalid("orders must be an array")];
  // `Array.from`, unlike `map`, also visits the holes of an array.
  const inputs: unknown[] = Array.from(orders);
  const wrong = wrongOptions(options);
  if (wrong !== undefined) return inputs.map(() => invalid(wrong));
  // All keys are made before the first attempt, so an item that is sent again is the same order.
  const checked = inputs.map(checkedItem);
  const items = checked.flatMap((item) => (item.wrong === undefined ? [item.value] : []));
  for (let start = 0; start < items.length; start += batchItems)
    await settle(transport, items.slice(start, start + batchItems), options?.signal);
  return checked.map((item) => (item.wrong === undefined ? resultOf(item.value) : invalid(item.wrong)));
}

function checkedItem(input: unknown): Checked<Item> {
  const order = checkedOrder(input);
  if (order.wrong !== undefined) return order;
  const key = checkedKey(isRecord(input) ? input["idempotency_key"] : undefined, "idempotency_key");
  if (key.wrong !== undefined) return key;
  return {
    value: { order: { ...order.value, idempotency_key: key.value }, wasLost: false, reply: undefined },
  };
}

/** Sends the items, and again those that may be retried, until each has its final reply or the limits end the call. */
async function settle(transport: Transport, items: Item[], signal: AbortSignal | undefined): Promise<void> {
  let open = items;
  await transport.repeat(
    signal,
    (timeoutMs) => {
      const sent = open.map(({ order }) => order);
      const isExpected = (data: unknown): data is unknown[] =>
        Array.isArray(data) && data.length === sent.length;
      const post = { body: JSON.stringify({ orders: sent }) };
      return transport.attempt({ path: "/orders/batch", isExpected, signal, post }, timeoutMs);
    },
    (attempt) => {
      for (const [index, item] of open.entries()) note(item, replyTo(item.order, index, attempt));
      open = open.filter(({ reply }) => reply?.error && isRetryable(reply.error));
      const retryAfterMs = "error" in attempt ? attempt.retryAfterMs : 0;
      return open.length > 0 ? { retryAfterMs } : undefined;
    },
  );
}

function note(item: Item, reply: Result<PlacedOrder>): void {
  item.reply = reply;
  if (reply.error) item.wasLost ||= isOutcomeUnknown(reply.error);
}

/** The reply to the order at `index` of the request: its own, or the error of the whole request. */
function replyTo(order: SentOrder, index: number, attempt: Attempt<unknown[]>): Result<PlacedOrder> {
  if ("error" in attempt) return { data: null, error: attempt.error };
  const entry = attempt.body.data[index];
  if (!isRecord(entry)) return { data: null, error: unexpected(200) };
  const { data } = entry;
  if (isPlacedOrder(data, order)) return { data, error: null };
  const { code } = isRecord(entry["error"]) ? entry["error"] : {};
  return { data: null, error: errorIn(entry, typeof code === "number" ? code : 200) };
}

function resultOf({ order, wasLost, reply }: Item): Result<PlacedOrder> {
  if (reply?.error === null) return reply;
  const error = reply?.error ?? unexpected(200);
  return { data: null, error: orderError(error, wasLost, order.idempotency_key) };
}
