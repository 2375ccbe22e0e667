import type { DatabaseFile } from "../../db/sqlite/database-file.ts";
import type { Feed, LedgerEvent } from "../contract/feed.ts";
import type { Ledger } from "../contract/ledger.ts";
import type { LedgerHead } from "../contract/heads.ts";
import type { LedgerPage, LedgerQuery, OrderService } from "../contract/order-service.ts";
import { ok, rejected, type Reply } from "../contract/reply.ts";
import type { Trade } from "../contract/trade.ts";
import type { Clock } from "../runtime/flow/clock.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { OrderIntake } from "./intake.ts";
import type { CatalogPeer } from "./peers.ts";

export interface LocalOrderServiceDeps {
  intake: Pick<OrderIntake, "submit">;
  dispatcher: Dispatcher;
  ledger: Ledger;
  catalog: Pick<CatalogPeer, "heads" | "isReady">;
  feed: Feed<LedgerEvent>;
  clock: Clock;
  /** The ledger's file, when it has one. */
  file?: Pick<DatabaseFile, "problem"> | undefined;
}

/** A page that took longer ends early; `next` is the `after` of the next page. */
const maxPageMs = 500;

/** The order service as an object in this process: the intake takes the orders, and this class reads the ledger. */
export class LocalOrderService implements OrderService {
  readonly #deps: LocalOrderServiceDeps;
  readonly submit: OrderService["submit"];
  readonly feed: Feed<LedgerEvent>;

  constructor(deps: LocalOrderServiceDeps) {
    this.#deps = deps;
    this.submit = deps.intake.submit;
    this.feed = deps.feed;
  }

  async trade(number: number): Promise<Reply<Trade>> {
    const trade = await this.#deps.ledger.trade(number);
    if (trade) return ok(trade);
    return rejected((await this.#hasNoTrade(number)) ? "order_not_found" : "unavailable");
  }

  async ledgerPage({ after, limit, name, type, client }: LedgerQuery): Promise<Reply<LedgerPage>> {
    const { dispatcher, ledger, clock } = this.#deps;
    if (dispatcher.notReadyReason !== undefined) return rejected("unavailable");
    const trades: Trade[] = [];
    const startedAt = clock.now();
    let next: number | null = after;
    while (next !== null && trades.length < limit && clock.now() - startedAt < maxPageMs) {
      const window = await ledger.window(next, limit - trades.length, { name, type, client });
      trades.push(...window.trades);
      next = window.next;
      // A window is read in one go: other requests run before the next one.
      await new Promise<void>((resolve) => clock.afterThisTurn(resolve));
    }
    return ok({ trades, next });
  }

  async head(): Promise<Reply<LedgerHead>> {
    const { ledger } = this.#deps;
    const [market, head] = await Promise.all([ledger.market(), ledger.head()]);
    return ok({ market: market ?? null, ledger: head });
  }

  async isReady(): Promise<boolean> {
    return (await this.notReadyReason()) === undefined;
  }

  /** Why orders cannot go through, or undefined. */
  async notReadyReason(): Promise<string | undefined> {
    const { dispatcher, catalog, file } = this.#deps;
    const problem = file?.problem() ?? dispatcher.notReadyReason;
    if (problem !== undefined) return problem;
    return (await catalog.isReady()) ? undefined : "the catalog cannot be reached";
  }

  // A ledger that was complete is not enough: a process that was suspended while a newer order service took over has
  // not noticed this yet. So the catalog's heads decide.
  async #hasNoTrade(number: number): Promise<boolean> {
    const { dispatcher, catalog } = this.#deps;
    if (dispatcher.notReadyReason !== undefined) return false;
    const heads = await catalog.heads();
    return heads.ok && heads.data.trades.number < number;
  }
}
