import {
  checkedKey,
  checkedOrder,
  invalid,
  isAddressable,
  isOrderNumber,
  wrongOptions,
} from "./arguments.ts";
import { events } from "./events.ts";
import { listOrders, listStocks } from "./lists.ts";
import { transportOptions } from "./options.ts";
import { placeMany } from "./place-many.ts";
import { isAudit, isOrder, isPlacedOrder, isStock } from "./shapes.ts";
import { Transport } from "./transport.ts";
import type {
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

// The entry file of the package exports, beside `createClient`, all that callers need.
export { BourseError, isOutcomeUnknown, isRefusal, unwrap } from "./errors.ts";
// By their names: compilers before TypeScript 5 do not know `export type *`.
export type {
  StockStatus,
  Stock,
  OrderType,
  NewOrder,
  KeyedOrder,
  Order,
  PlacedOrder,
  Trade,
  ChangeKind,
  StockChange,
  Place,
  HelloEvent,
  ResetEvent,
  TradeEvent,
  StockEvent,
  MarketEvent,
  AuditCheckName,
  AuditCheck,
  Audit,
  Refusal,
  Failure,
  TransportReason,
  Reason,
  CallError,
  Result,
  CallOptions,
  PlaceOptions,
  TradeOptions,
  ListOptions,
  EventsOptions,
  Fetch,
  ClientOptions,
  Client,
} from "./types.ts";

/**
 * A client of the market at `baseUrl`. Its calls never throw: each resolves to `{ data, error: null }` or `{ data:
 * null, error }`, and `error.reason` is from a closed list. Only the iterators `orders.list` and `events` throw a
 * `BourseError`. A request that was lost or shed is sent again; all attempts of an order have the same idempotency
 * key, so it trades at most once. Throws a RangeError or a TypeError for an invalid option.
 */
export function createClient(options: ClientOptions = {}): Client {
  const transport = new Transport(transportOptions(options));

  async function get<Data>(
    path: string,
    isExpected: (data: unknown) => data is Data,
    options: CallOptions | undefined,
  ): Promise<Result<Data>> {
    const wrong = wrongOptions(options);
    return wrong === undefined
      ? transport.send({ path, isExpected, signal: options?.signal })
      : invalid(wrong);
  }

  async function place(input: NewOrder, options?: PlaceOptions): Promise<Result<PlacedOrder>> {
    const wrong = wrongOptions(options);
    if (wrong !== undefined) return invalid(wrong);
    const order = checkedOrder(input);
    if (order.wrong !== undefined) return invalid(order.wrong);
    const key = checkedKey(options?.idempotencyKey, "idempotencyKey");
    if (key.wrong !== undefined) return invalid(key.wrong);
    return transport.send({
      path: "/orders",
      isExpected: (data) => isPlacedOrder(data, order.value),
      signal: options?.signal,
      post: { body: JSON.stringify(order.value), idempotencyKey: key.value },
    });
  }

  function trade(type: OrderType, name: string, quantity: number, options: TradeOptions | undefined) {
    // `place` refuses options that are null.
    const expected_price = options?.expected_price;
    return place({ name, type, quantity, ...(expected_price !== undefined && { expected_price }) }, options);
  }

  return {
    stocks: {
      get: async (name, options) =>
        isAddressable(name)
          ? get(
              `/stocks/${encodeURIComponent(name)}`,
              (data): data is Stock => isStock(data) && data.name === name,
              options,
            )
          : invalid("this is no stock's name"),
      list: (options) => listStocks(transport, options),
    },
    orders: {
      buy: (name, quantity, options) => trade("buy", name, quantity, options),
      sell: (name, quantity, options) => trade("sell", name, quantity, options),
      place,
      placeMany: (orders, options) => placeMany(transport, orders, options),
      get: async (number, options) =>
        isOrderNumber(number)
          ? get(
              `/orders/${number}`,
              (data): data is Order => isOrder(data) && data.number === number,
              options,
            )
          : invalid("an order's number must be a whole number from 1"),
      list: (options) => listOrders(transport, options),
    },
    events: (options) => events(transport, options),
    audit: (options) => get("/audit", isAudit, options),
  };
}
