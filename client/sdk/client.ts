import { events } from "./events.ts";
import { listOrders, listStocks } from "./lists.ts";
import { transportOptions } from "./options.ts";
import { placeMany } from "./place-many.ts";
import { dataOf } from "./reply.ts";
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

// The entry file of the package exports, beside `createClient`, all that callers need.
export { BourseError, isOutcomeUnknown, isRefusal, unwrap } from "./errors.ts";
export type * from "./types.ts";

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/**
 * A client of the market at `baseUrl`. Its calls never throw: each resolves to `{ data, error: null }` or `{ data:
 * null, error }`, and `error.reason` is from a closed list. Only the iterators `orders.list` and `events` throw a
 * `BourseError`. A request that was lost or shed is sent again; all attempts of an order have the same idempotency
 * key, so it trades at most once. Throws a RangeError or a TypeError for an invalid option.
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

/** False for names that URL parsing removes (`.`, `..`), which would call another path, and for a lone surrogate. */
function isAddressable(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/\p{Surrogate}/u.test(name);
}

/** The error that the market would give. The request is not sent, because its URL would be another one. */
function invalid(message: string): { data: null; error: CallError } {
  return { data: null, error: { code: 422, message, reason: "invalid_request" } };
}
