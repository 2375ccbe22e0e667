/**
 * What the market says and takes, as it stands on the wire. Written by hand, so that editors show these names and not
 * an inferred treaty; `types.test.ts` holds them to the services' own contract.
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

/** An order of many, with the key that makes it the same order when it is sent again. Default: a new UUIDv7. */
export interface KeyedOrder extends NewOrder {
  idempotency_key?: string;
}

/** An order of the ledger. `at` is ISO 8601. */
export interface Order {
  number: number;
  name: string;
  type: OrderType;
  quantity: number;
  price: number;
  at: string;
}

/** The answer to an order that traded: the ledger's entry, its number under `transaction_number`. */
export interface PlacedOrder {
  transaction_number: number;
  name: string;
  type: OrderType;
  quantity: number;
  price: number;
  at: string;
}

/** An order of the ledger with what it left behind: the stock's quantity, and the version it made. */
export interface Trade extends Order {
  quantity_after: number;
  stock_version: number;
}

export type ChangeKind = "opening" | "price" | "restock" | "halt" | "resume";

/** What changed a stock and was no trade, with the whole stock after it. `change` is its number, `at` is ISO 8601. */
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

/** On every event: `id` is the place behind it, which `events({ after: id })` goes on from. */
interface Resumable {
  id: string;
}

/** The stream has begun: what is read from now on, together with the events after this one, misses nothing. */
export interface HelloEvent extends Resumable {
  type: "hello";
  data: Place;
}

/**
 * The market's books are not what was followed so far (it was restored, or never had this place): forget what was seen
 * and read it anew. The stream goes on from here.
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

/** A stock was opened or changed otherwise than by a trade. */
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

/** `detail` is for people: how much was looked at, or the first violation. */
export interface AuditCheck {
  name: AuditCheckName;
  ok: boolean;
  detail: string;
}

/**
 * The last audit of the market's books. `at` (ISO 8601) and `ok` are null before the first has ended; `problem` says
 * why the last attempt could not be carried out, else it is null.
 */
export interface Audit {
  state: "running" | "done" | "never";
  at: string | null;
  ok: boolean | null;
  checks: AuditCheck[];
  problem: string | null;
}

/** The market decided against the order. It stays decided: the same key gets the same answer for ever. */
export type Refusal =
  "insufficient_quantity" | "limit_exceeded" | "stock_not_found" | "trading_halted" | "price_changed";

/** The market answered the request, but decided no order. */
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
  | "headers_too_large"
  | "internal_error"
  | "overloaded"
  | "storage_full"
  | "unavailable"
  | "outcome_unknown";

/** No answer of the market came: found out on this side. `unexpected_reply` is an answer that no market gives. */
export type TransportReason = "network_error" | "timeout" | "aborted" | "unexpected_reply";

export type Reason = Refusal | Failure | TransportReason;

/** `code` is the HTTP status, 0 where no reply came. */
export interface CallError {
  code: number;
  message: string;
  reason: Reason;
  /** On an order that ended without an outcome: ask again with it to learn, or to bring about, the one outcome. */
  idempotencyKey?: string;
}

export type Result<Data> = { data: Data; error: null } | { data: null; error: CallError };

export interface CallOptions {
  /** Ends the call, whichever attempt it is at, with the reason `aborted`. */
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
  /** The `id` of the last event that was seen; `0-0` is everything. Default: from now on. */
  after?: string | undefined;
  /** Ends the iteration and the connection. */
  signal?: AbortSignal | undefined;
}

/** What the client needs of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Default: `http://127.0.0.1:8080`. */
  baseUrl?: string | undefined;
  /** Sent as `Authorization: Bearer …`. Default: none. */
  apiKey?: string | undefined;
  /** For a whole call, its retries included. Default: 10,000. */
  timeoutMs?: number | undefined;
  /** Attempts after the first, at most, within a budget of one retry for ten calls and some to start with. Default: 5. */
  retries?: number | undefined;
  /** Default: the platform's own. */
  fetch?: Fetch | undefined;
}

export interface Client {
  stocks: {
    /** Fails with `stock_not_found`; `invalid_request` for what is no name. */
    get(name: string, options?: CallOptions): Promise<Result<Stock>>;
    /** Every stock of the market, by name. Fetches page after page, each within `timeoutMs`. */
    list(options?: CallOptions): Promise<Result<Stock[]>>;
  };
  orders: {
    /** Takes shares out of the market at its price. Fails with a `Refusal`, or without an outcome. */
    buy(name: string, quantity: number, options?: TradeOptions): Promise<Result<PlacedOrder>>;
    /** Gives shares to the market at its price. Fails with a `Refusal`, or without an outcome. */
    sell(name: string, quantity: number, options?: TradeOptions): Promise<Result<PlacedOrder>>;
    place(order: NewOrder, options?: PlaceOptions): Promise<Result<PlacedOrder>>;
    /**
     * Places any number of orders, 1,000 to a request and each request within `timeoutMs`. Each is decided by itself, as
     * `place` would have it, and has its result at its own index; what was lost or shed is sent again by its key.
     */
    placeMany(orders: readonly KeyedOrder[], options?: CallOptions): Promise<Result<PlacedOrder>[]>;
    /** Fails with `order_not_found`; `invalid_request` for what is no positive integer. */
    get(number: number, options?: CallOptions): Promise<Result<Order>>;
    /**
     * The ledger, oldest first. Pages are fetched as they are needed, each within `timeoutMs`; throws a `BourseError`
     * for one that cannot be read, so that an iteration that ends has seen every order there is.
     */
    list(options?: ListOptions): AsyncIterableIterator<Order>;
  };
  /**
   * What happens in the market, every trade and stock change once and in order, from a place on. Reconnects by itself
   * for as long as it takes; ends when the signal fires or the loop is left. Throws a `BourseError` when the market
   * refuses the stream (`invalid_request` for an `after` that is no place).
   */
  events(options?: EventsOptions): AsyncIterableIterator<MarketEvent>;
  /** The last audit of the books; asking starts one if none is running. */
  audit(options?: CallOptions): Promise<Result<Audit>>;
}
