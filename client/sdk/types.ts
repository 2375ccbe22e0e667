/**
 * The bodies of the HTTP API. They are written by hand, so that editors show these names and not inferred types;
 * `types.test.ts` checks that they agree with the contract of the services.
 */

export type StockStatus = "open" | "halted";

/** `price` is money with at most two decimals, `quantity` and `volume` count shares, `version` counts changes. */
export interface Stock {
  name: string;
  price: number;
  quantity: number;
  volume: number;
  status: StockStatus;
  version: number;
}

export type OrderType = "buy" | "sell";

/** `quantity` is 1 to 1,000,000,000 shares. With `expected_price`, the order trades at that price or not at all. */
export interface NewOrder {
  name: string;
  type: OrderType;
  quantity: number;
  expected_price?: number;
}

/** One order of several, with its idempotency key. Default: a new UUIDv7. */
export interface KeyedOrder extends NewOrder {
  idempotency_key?: string;
}

/** An order in the ledger. `at` is ISO 8601. */
export interface Order {
  number: number;
  name: string;
  type: OrderType;
  quantity: number;
  price: number;
  at: string;
}

/** The answer to an order that traded. It equals the order in the ledger, with `number` named `transaction_number`. */
export interface PlacedOrder {
  transaction_number: number;
  name: string;
  type: OrderType;
  quantity: number;
  price: number;
  at: string;
}

/** An order in the ledger, with the quantity and the version of its stock after it. */
export interface Trade extends Order {
  quantity_after: number;
  stock_version: number;
}

export type ChangeKind = "opening" | "price" | "restock" | "halt" | "resume";

/** A change of a stock that is not a trade, with the whole stock after it. `change` is its number, `at` is ISO 8601. */
export interface StockChange extends Stock {
  change: number;
  kind: ChangeKind;
  at: string;
}

/** The numbers of the last trade and of the last stock change. */
export interface Place {
  trades: number;
  changes: number;
}

/** In every event. `events({ after: id })` continues after this event. */
interface Resumable {
  id: string;
}

/**
 * The stream has begun. Stocks that are looked up from now on, together with the events after this one, are complete.
 */
export interface HelloEvent extends Resumable {
  type: "hello";
  data: Place;
}

/**
 * The events up to now do not fit the market's books: it was restored, or never had the position that was given.
 * Discard what was received and look it up again. The stream continues from this event.
 */
export interface ResetEvent extends Resumable {
  type: "reset";
  data: Place;
}

/** A trade is in the ledger. */
export interface TradeEvent extends Resumable {
  type: "trade";
  data: Trade;
}

/** A stock was listed or changed, other than by a trade. */
export interface StockEvent extends Resumable {
  type: "stock";
  data: StockChange;
}

export type MarketEvent = HelloEvent | ResetEvent | TradeEvent | StockEvent;

export type AuditCheckName =
  | "numbers"
  | "conservation"
  | "versions"
  | "replay"
  | "ledger"
  | "outcomes"
  | "trade_chain"
  | "change_chain"
  | "integrity";

/** `detail` is for people: how much was checked, or the first violation. */
export interface AuditCheck {
  name: AuditCheckName;
  ok: boolean;
  detail: string;
}

/**
 * The last audit of the market's books. `at` (ISO 8601) and `ok` are null until the first audit has ended. `problem`
 * is the reason why the last audit could not be completed, or null.
 */
export interface Audit {
  state: "running" | "done" | "never";
  at: string | null;
  ok: boolean | null;
  checks: AuditCheck[];
  problem: string | null;
}

/** The market refused the order. This is final: the same key gets the same answer for ever. */
export type Refusal =
  "insufficient_quantity" | "limit_exceeded" | "stock_not_found" | "trading_halted" | "price_changed";

/** The market answered, but has not decided the order. */
export type Failure =
  | "invalid_request"
  | "unauthorized"
  | "forbidden"
  | "order_not_found"
  | "route_not_found"
  | "method_not_allowed"
  | "order_in_flight"
  | "payload_too_large"
  | "unsupported_media_type"
  | "idempotency_key_reused"
  | "rate_limited"
  | "wrong_host"
  | "headers_too_large"
  | "internal_error"
  | "overloaded"
  | "storage_full"
  | "unavailable"
  | "outcome_unknown";

/** Found by the SDK: there was no answer, or (`unexpected_reply`) one that a market does not give. */
export type TransportReason = "network_error" | "timeout" | "aborted" | "unexpected_reply";

export type Reason = Refusal | Failure | TransportReason;

/** `code` is the HTTP status, 0 when there was no reply. */
export interface CallError {
  code: number;
  message: string;
  reason: Reason;
  /** Set for an order without a known outcome. Send the order again with this key to get its one outcome. */
  idempotencyKey?: string;
  /** What `fetch` threw, for `network_error`; the reason of the signal, for `aborted`. */
  cause?: unknown;
}

export type Result<Data> = { data: Data; error: null } | { data: null; error: CallError };

export interface CallOptions {
  /** Ends the call with the reason `aborted`, during an attempt or between two. */
  signal?: AbortSignal | undefined;
}

export interface PlaceOptions extends CallOptions {
  /** 1 to 255 visible ASCII characters. Default: a new UUIDv7. */
  idempotencyKey?: string | undefined;
}

export interface TradeOptions extends PlaceOptions {
  expected_price?: number | undefined;
}

export interface ListOptions extends CallOptions {
  name?: string | undefined;
  type?: OrderType | undefined;
  /** Only orders with a higher number. */
  after?: number | undefined;
}

export interface EventsOptions {
  /** The `id` of the last event that was handled. `0-0`: all events. Default: only events from now on. */
  after?: string | undefined;
  /** Ends the iteration and the connection. */
  signal?: AbortSignal | undefined;
}

/** The part of `fetch` that the SDK uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** An http or https URL; it may have a path, but no user, query or fragment. Default: `http://127.0.0.1:8080`. */
  baseUrl?: string | undefined;
  /** Sent as `Authorization: Bearer …`. Default: none. */
  apiKey?: string | undefined;
  /** For a whole call with its retries. Default: 10,000. */
  timeoutMs?: number | undefined;
  /**
   * The most attempts after the first one; a budget of one retry for ten calls, and some to start with, also limits
   * them. Default: 5.
   */
  retries?: number | undefined;
  /** Default: the global `fetch`. */
  fetch?: Fetch | undefined;
}

export interface Client {
  stocks: {
    /** Fails with `stock_not_found`, or with `invalid_request` when this cannot be a name. */
    get(name: string, options?: CallOptions): Promise<Result<Stock>>;
    /** All stocks of the market, by name. Reads page after page, each within `timeoutMs`. */
    list(options?: CallOptions): Promise<Result<Stock[]>>;
  };
  orders: {
    /** Buys shares at the market's price. Fails with a `Refusal`, or without an outcome. */
    buy(name: string, quantity: number, options?: TradeOptions): Promise<Result<PlacedOrder>>;
    /** Sells shares at the market's price. Fails with a `Refusal`, or without an outcome. */
    sell(name: string, quantity: number, options?: TradeOptions): Promise<Result<PlacedOrder>>;
    place(order: NewOrder, options?: PlaceOptions): Promise<Result<PlacedOrder>>;
    /**
     * Places any number of orders, 1,000 in a request, each request within `timeoutMs`. Each order is decided
     * separately, as by `place`, and its result has the same index. Orders that were lost or shed are sent again with
     * the same key.
     */
    placeMany(orders: readonly KeyedOrder[], options?: CallOptions): Promise<Result<PlacedOrder>[]>;
    /** Fails with `order_not_found`, or with `invalid_request` when `number` is not a positive integer. */
    get(number: number, options?: CallOptions): Promise<Result<Order>>;
    /**
     * The orders of the ledger, oldest first. Pages are read when they are needed, each within `timeoutMs`. Throws a
     * `BourseError` when a page cannot be read, so an iteration that ends without an error has given every order.
     */
    list(options?: ListOptions): AsyncIterableIterator<Order>;
  };
  /**
   * Every trade and stock change, once and in order, after a position in the event stream. Reconnects by itself,
   * without a limit. Ends when the signal is aborted or the loop is left. Throws a `BourseError` when the market
   * rejects the stream (`invalid_request` when `after` is not a position).
   */
  events(options?: EventsOptions): AsyncIterableIterator<MarketEvent>;
  /** The last audit of the books. Starts a new one, unless one is running. */
  audit(options?: CallOptions): Promise<Result<Audit>>;
}
