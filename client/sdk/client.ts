import { events } from "./events.ts";
import { listOrders, listStocks } from "./lists.ts";
import { placeMany } from "./place-many.ts";
import { dataOf } from "./reply.ts";
import { RetryBudget } from "./retry-budget.ts";
import { Transport } from "./transport.ts";
import type {
  Audit,
  CallError,
  CallOptions,
  Client,
  ClientOptions,
  NewOrder,
  Order,
  OrderType,
  PlacedOrder,
  PlaceOptions,
  Result,
  Stock,
  TradeOptions,
} from "./types.ts";
import { uuidv7 } from "./uuid.ts";

// The package's one entrance: what callers name or throw beside `createClient`.
export { BourseError, isOutcomeUnknown, isRefusal, unwrap } from "./errors.ts";
export type * from "./types.ts";

const longestTimerMs = 2 ** 31 - 1;
const keyPattern = /^[\x21-\x7e]{1,255}$/;

/**
 * A client of the market at `baseUrl`. Its calls never throw: each resolves to `{ data, error: null }` or
 * `{ data: null, error }`, and `error.reason` is one of a closed list. What was lost on the way, and what the market
 * was too busy for, is sent again; an order carries one idempotency key on all its attempts, so that it trades at most
 * once. (The two that iterate, `orders.list` and `events`, throw a `BourseError`.) Throws a RangeError for options that
 * cannot work and a TypeError for a `baseUrl` that is no URL.
 */
export function createClient(options: ClientOptions = {}): Client {
  const transport = new Transport(transportOptions(options));

  async function get<Data>(path: string, { signal }: CallOptions = {}): Promise<Result<Data>> {
    return dataOf<Data>(await transport.send({ path, signal }));
  }

  async function place(order: NewOrder, options: PlaceOptions = {}): Promise<Result<PlacedOrder>> {
    const { signal, idempotencyKey = uuidv7() } = options;
    if (!keyPattern.test(idempotencyKey)) return invalid("a key is 1 to 255 visible ASCII characters");
    const { name, type, quantity, expected_price } = order;
    const body = JSON.stringify({ name, type, quantity, expected_price });
    return dataOf<PlacedOrder>(
      await transport.send({ path: "/orders", signal, post: { body, idempotencyKey } }),
    );
  }

  function trade(type: OrderType, name: string, quantity: number, options: TradeOptions = {}) {
    const { expected_price, ...placing } = options;
    return place({ name, type, quantity, ...(expected_price !== undefined && { expected_price }) }, placing);
  }

  return {
    stocks: {
      get: async (name, options) =>
        isAddressable(name)
          ? get<Stock>(`/stocks/${encodeURIComponent(name)}`, options)
          : invalid("this is no stock's name"),
      list: (options) => listStocks(transport, options),
    },
    orders: {
      buy: (name, quantity, options) => trade("buy", name, quantity, options),
      sell: (name, quantity, options) => trade("sell", name, quantity, options),
      place,
      placeMany: (orders, options) => placeMany(transport, orders, options),
      get: (number, options) => get<Order>(`/orders/${number}`, options),
      list: (options) => listOrders(transport, options),
    },
    events: (options) => events(transport, options),
    audit: (options) => get<Audit>("/audit", options),
  };
}

function transportOptions(options: ClientOptions) {
  const { baseUrl = "http://127.0.0.1:8080", apiKey, timeoutMs = 10_000, retries = 5 } = options;
  // Looked up at each call, and called without a receiver: browsers insist on it.
  const { fetch = (url, init) => globalThis.fetch(url, init) } = options;
  if (!(timeoutMs > 0 && timeoutMs <= longestTimerMs)) throw new RangeError("timeoutMs is 1 to 2^31 - 1");
  if (!(Number.isInteger(retries) && retries >= 0)) throw new RangeError("retries is a whole number from 0");
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) throw new RangeError("apiKey is visible ASCII");
  return {
    baseUrl: new URL(baseUrl).href.replace(/\/+$/, ""),
    apiKey,
    timeoutMs,
    retries,
    budget: new RetryBudget(performance.now()),
    fetch,
  };
}

/** URLs resolve these away, and would turn the lookup into another call. Half a surrogate pair has no encoding. */
function isAddressable(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/\p{Surrogate}/u.test(name);
}

/** What the market itself would say; not sent, because it could not arrive as meant. */
function invalid(message: string): { data: null; error: CallError } {
  return { data: null, error: { code: 422, message, reason: "invalid_request" } };
}
