import type { Catalog } from "../contract/catalog.ts";
import type { Order, OrderOutcome } from "../contract/order.ts";
import type { StockState } from "../contract/stock.ts";
import type { Delivery } from "../runtime/flow/batcher.ts";
import type { Clock } from "../runtime/flow/clock.ts";
import { SerialQueue } from "../runtime/flow/serial-queue.ts";
import type { Leadership } from "./leadership.ts";
import type { DecidedBatch, LedgerReplica } from "./replica.ts";
import { numberOf, outcomeOf } from "./rules.ts";

/** An order's outcome and, when it traded just now, the state of its stock after the batch. */
export interface Answered {
  outcome: OrderOutcome;
  stock: StockState | undefined;
}

export interface DispatcherDeps {
  catalog: Pick<Catalog, "decide">;
  leadership: Leadership;
  replica: LedgerReplica;
  clock: Clock;
}

type Undelivered = Extract<Delivery<never>, { arrived: unknown }>;

/**
 * Takes each batch through its two stages: decided by the catalog, one batch at a time, then appended to the ledger and
 * answered. The next batch may be decided while the last one is appended. See `Leadership` for states and invariants.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #decideQueue = new SerialQueue();

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  /** Why orders cannot be decided now, and why the ledger may be incomplete; undefined when neither is so. */
  get notReadyReason(): string | undefined {
    const { leadership, replica } = this.#deps;
    return leadership.notReadyReason ?? (replica.isBehind ? "the ledger is catching up" : undefined);
  }

  /**
   * Has a batch decided and appended. Without answers the same orders must be sent again. `onPeerReady` is called
   * when the batch is decided, and returns whether a next batch was dispatched.
   */
  readonly deliver = async (
    orders: Order[],
    signal: AbortSignal,
    onPeerReady: () => boolean = () => false,
  ): Promise<Delivery<Answered>> => {
    const decided = await this.#decideQueue.run(() => this.#decide(orders, signal));
    if ("arrived" in decided) return decided;
    // The append is synchronous and blocks the event loop. Wait for the end of this turn first, so that the request
    // of the next batch is written to its socket and the catalog decides that batch during the append.
    if (onPeerReady()) await new Promise<void>((resolve) => this.#deps.clock.afterThisTurn(resolve));
    return this.#append(decided);
  };

  /** Resolves when no batch is at the catalog any more. */
  idle(): Promise<void> {
    return this.#decideQueue.idle();
  }

  async #decide(orders: readonly Order[], signal: AbortSignal): Promise<DecidedBatch | Undelivered> {
    const { catalog, leadership, replica } = this.#deps;
    const { term } = leadership;
    if (!term || (replica.isBehind && !(await replica.catchUp(term)))) return { arrived: "no" };
    const before = await replica.expectedHead();
    if (term.isSuperseded || replica.isBehind) return { arrived: "no" };

    // Nobody waits for these orders any more, and the catalog does not have them yet.
    if (signal.aborted) return { arrived: "no" };

    const reply = await catalog.decide({ ...term.market, ledger: before, orders: [...orders] }, signal);
    if (reply.ok) {
      const decided = { term, orders, before, reply: reply.data };
      replica.expect(decided);
      return decided;
    }
    if (reply.arrived === "maybe") {
      replica.fallBehind();
      return { arrived: "maybe" };
    }
    if (reply.arrived === "yes") term.rejected(reply.reason);
    return { arrived: "no" };
  }

  async #append(decided: DecidedBatch): Promise<Delivery<Answered>> {
    const { replica } = this.#deps;
    const { orders, reply } = decided;
    const appended = await replica.record(decided);
    if (!appended) return { arrived: "maybe" };
    const stocks = new Map(reply.stocks.map((stock) => [stock.name, stock]));
    const answers: Answered[] = [];
    for (const [index, decision] of reply.decisions.entries()) {
      const number = numberOf(decision);
      const trade = number && (appended.get(number) ?? (await replica.trade(number)));
      const outcome = outcomeOf(decision, orders[index], trade || undefined);
      if (!outcome) return { arrived: "maybe" };
      answers.push({ outcome, stock: trade ? stocks.get(trade.name) : undefined });
    }
    return { answers };
  }
}
