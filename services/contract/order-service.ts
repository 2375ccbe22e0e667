import type { Feed, LedgerEvent } from "./feed.ts";
import type { LedgerHead } from "./heads.ts";
import type { SubmitReply, SubmitRequest } from "./order.ts";
import type { Reply } from "./reply.ts";
import type { OrderType, Trade } from "./trade.ts";

/** Selects a page of the ledger: the matching trades after number `after`. `client` undefined: of all clients. */
export interface LedgerQuery {
  after: number;
  limit: number;
  name?: string | undefined;
  type?: OrderType | undefined;
  client?: string | undefined;
}

/** `next` is the `after` of the next page; null at the end of the ledger. */
export interface LedgerPage {
  trades: Trade[];
  next: number | null;
}

/** The order service as the frontend sees it: an object in this process, or a client of one in another process. */
export interface OrderService {
  /**
   * Resolves when every order of the request has an outcome, or its `timeout_ms` has passed. `signal` gives up waiting,
   * not the orders. Errors: invalid_request, overloaded; each order's own failure is in its outcome.
   */
  submit(request: SubmitRequest, signal?: AbortSignal): Promise<Reply<SubmitReply>>;
  /** Errors: order_not_found (no trade has this number), unavailable (it is not known whether one has). */
  trade(number: number): Promise<Reply<Trade>>;
  /** Errors: unavailable while the ledger is catching up. */
  ledgerPage(query: LedgerQuery): Promise<Reply<LedgerPage>>;
  head(): Promise<Reply<LedgerHead>>;
  readonly feed: Feed<LedgerEvent>;
  /** Whether an order would go through now. */
  isReady(): Promise<boolean>;
}
