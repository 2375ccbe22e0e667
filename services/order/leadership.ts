import type { Catalog } from "../contract/catalog.ts";
import type { CatalogHeads } from "../contract/heads.ts";
import type { Ledger } from "../contract/ledger.ts";
import type { Market } from "../contract/market.ts";
import type { Reply } from "../contract/reply.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import type { Cancel } from "../runtime/flow/clock.ts";
import { epochRefusal } from "./epoch-refusal.ts";
import type { LedgerReplica } from "./replica.ts";
import { Term, type TermEnd, type TermHolder } from "./term.ts";

export interface LeadershipDeps {
  ledger: Pick<Ledger, "head" | "market">;
  catalog: Pick<Catalog, "acquireEpoch" | "heads">;
  replica: LedgerReplica;
  context: Pick<RuntimeContext, "clock" | "log">;
  /** Nothing is decided any more. */
  onFenced(): void;
}

const retryDelayMs = 200;
const catalogCheckIntervalMs = 1_000;
const fencedReason = "a newer order service has taken over";

/**
 * Holds the order service's term. How the order service decides orders, in its states:
 *
 * - *acquiring*, without a term → leading, when an epoch is granted and the ledger has caught up with the log.
 * - *leading*, with a term → acquiring, when the catalog refuses a batch or is seen to be another, a restored or an older
 *   one; → fenced, when the catalog knows a newer epoch.
 * - *fenced*, without a term → nothing: it stays up and unready until the process is stopped, so that nothing restarts it.
 *
 * In the state *leading* the replica is current or behind (see `LedgerReplica`), and each batch goes through two
 * stages (see `Dispatcher`): decided by the catalog, then appended to the ledger.
 *
 * Who writes what: only this class replaces the term; only the replica writes the ledger, and decides when it is
 * behind or current; the dispatcher writes nothing but its own queue.
 *
 * Invariants: no order is answered as traded before its row is in the ledger. Nothing new is decided while the ledger
 * is behind, without a term, or under a term that is superseded. The ledger is a prefix of the trade log of the
 * market that granted the epoch. A message for a superseded term ends no other term, so an epoch is acquired once for
 * each term.
 */
export class Leadership implements TermHolder {
  readonly #deps: LeadershipDeps;
  #term: Term | undefined;
  #isFenced = false;
  /** Why the catalog refuses an epoch to this ledger. */
  #refusal: string | undefined;
  #isStopped = false;
  #acquiring: Promise<void> = Promise.resolve();
  #catalogCheck: Promise<void> | undefined;
  #cancelCatalogChecks: Cancel | undefined;

  constructor(deps: LeadershipDeps) {
    this.#deps = deps;
  }

  /** The current term; undefined in every state but leading. */
  get term(): Term | undefined {
    return this.#term;
  }

  /** Why there is no term, or undefined when there is one. */
  get notReadyReason(): string | undefined {
    if (this.#isFenced) return fencedReason;
    if (this.#term) return undefined;
    return this.#refusal ?? "the order service waits for the catalog";
  }

  /** Begins to acquire an epoch, and to check each second that the catalog still knows it. */
  start(): void {
    this.#acquiring = this.#acquire();
    this.#cancelCatalogChecks ??= this.#deps.context.clock.every(catalogCheckIntervalMs, () => {
      this.#catalogCheck ??= this.#checkCatalog().finally(() => (this.#catalogCheck = undefined));
    });
  }

  /** Resolves when no call to the catalog or to the replica is in flight. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelCatalogChecks?.();
    await Promise.all([this.#acquiring, this.#catalogCheck]);
  }

  /** For the current term only: see `Term.fence` and `Term.leave`. */
  endTerm(end: TermEnd): void {
    const { replica, context } = this.#deps;
    this.#term = undefined;
    replica.fallBehind();
    if (end.kind === "fenced") {
      this.#isFenced = true;
      this.#cancelCatalogChecks?.();
      replica.stop();
      context.log.error(fencedReason);
      this.#deps.onFenced();
      return;
    }
    context.log.warn({ reason: end.reason }, "the catalog is not the one that this ledger followed");
    this.#acquiring = this.#acquire();
  }

  // Asks until an epoch is granted and the ledger has caught up.
  async #acquire(): Promise<void> {
    const { ledger, replica, context } = this.#deps;
    let lastWarning: string | undefined;
    while (!this.#isStopped) {
      const reply = await this.#requestEpoch();
      if (reply.ok) {
        this.#refusal = undefined;
        const term = new Term(reply.data, this);
        if (await replica.follow(term)) {
          this.#term = term;
          context.log.info({ epoch: reply.data.epoch, head: (await ledger.head()).number }, "leading");
          return;
        }
      }
      const warning = epochRefusal(reply);
      if (!reply.ok && reply.arrived === "yes") this.#refusal = warning;
      if (lastWarning !== warning) context.log.warn(warning);
      lastWarning = warning;
      await context.clock.sleep(retryDelayMs);
    }
  }

  async #requestEpoch(): Promise<Reply<Market>> {
    const { ledger, catalog } = this.#deps;
    const heads = await catalog.heads();
    if (!heads.ok) return heads;
    const followed = await ledger.market();
    return catalog.acquireEpoch({
      market_id: followed?.market_id ?? null,
      epoch: heads.data.market.epoch,
      ledger: await ledger.head(),
    });
  }

  // Notices a replaced catalog and a newer epoch while no order arrives. Also pulls the trades of a batch that was
  // given up, and of which a copy was decided long afterwards.
  async #checkCatalog(): Promise<void> {
    const { ledger, catalog, replica } = this.#deps;
    const term = this.#term;
    if (!term || this.#isStopped) return;
    // Read before the catalog's heads, or rows that are appended in between would make the catalog look older.
    const { number } = await ledger.head();
    const heads = await catalog.heads();
    if (!heads.ok || term.isSuperseded) return;
    const { market } = heads.data;
    if (isReplaced(term.market, number, heads.data))
      term.leave("it was restored, is another, or is older than the ledger");
    else if (market.epoch > term.market.epoch) term.fence();
    else await replica.catchUp(term);
  }
}

/**
 * Whether these are not the heads of the catalog that granted `known` to a ledger that ended at `ledgerNumber`. Pure.
 */
function isReplaced(known: Market, ledgerNumber: number, { market, trades }: CatalogHeads): boolean {
  if (market.market_id !== known.market_id || market.incarnation !== known.incarnation) return true;
  return market.epoch < known.epoch || trades.number < ledgerNumber;
}
