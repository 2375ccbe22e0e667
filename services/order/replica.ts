import { StoreFailure } from "../../db/store-failure.ts";
import type { BatchReply } from "../contract/batch-reply.ts";
import type { Catalog } from "../contract/catalog.ts";
import type { LedgerEvent } from "../contract/feed.ts";
import type { Ledger } from "../contract/ledger.ts";
import { limits } from "../contract/limits.ts";
import type { Order } from "../contract/order.ts";
import type { LogHead, Trade } from "../contract/trade.ts";
import type { Broadcast } from "../runtime/feed/broadcast.ts";
import type { Clock } from "../runtime/flow/clock.ts";
import { SerialQueue } from "../runtime/flow/serial-queue.ts";
import type { Log } from "../runtime/process/log.ts";
import { continuation, headAfter, numberOf, rowsOf } from "./rules.ts";
import type { Term } from "./term.ts";

export interface LedgerReplicaDeps {
  ledger: Ledger;
  catalog: Pick<Catalog, "trades">;
  log: Log;
  clock: Pick<Clock, "afterThisTurn">;
  feed: Pick<Broadcast<LedgerEvent>, "publish">;
}

/** A batch that the catalog decided under `term`, when its trade log ended at `before`. */
export interface DecidedBatch {
  term: Term;
  orders: readonly Order[];
  before: LogHead;
  reply: BatchReply;
}

/**
 * Keeps the ledger equal to the catalog's trade log. It is the only writer of the ledger, one write at a time.
 *
 * It is *behind* when the trade log may have rows that the ledger lacks: at the start, after a lost reply, after a
 * reply whose rows do not continue the ledger, and when a term ends. It is no longer behind when a page requested
 * after that shows that the log has no further row.
 */
export class LedgerReplica {
  readonly #deps: LedgerReplicaDeps;
  /** Nothing in it waits for the dispatcher's queue, which waits for this one. */
  readonly #writeQueue = new SerialQueue();
  #isBehind = true;
  /**
   * Counts the reasons to be behind: a page requested before the last of them does not show that the ledger is
   * complete.
   */
  #timesBehind = 0;
  /** Head reported by the last decided batch whose rows are not appended yet. */
  #expectedHead: LogHead | undefined;
  #isStopped = false;

  constructor(deps: LedgerReplicaDeps) {
    this.#deps = deps;
  }

  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** The trade log may have rows that the ledger lacks: they are pulled before anything new is decided. */
  fallBehind(): void {
    this.#isBehind = true;
    this.#timesBehind += 1;
    this.#expectedHead = undefined;
  }

  /** The head of the trade log after all batches decided so far. */
  async expectedHead(): Promise<LogHead> {
    return this.#expectedHead ?? this.#deps.ledger.head();
  }

  /**
   * Notes the head that a decided batch reports, so that the next batch can be decided before its rows are appended.
   */
  expect({ term, before, reply }: DecidedBatch): void {
    const head = headAfter(before, reply);
    if (head === "gap") this.fallBehind();
    else if (!term.isSuperseded && !this.#isBehind) this.#expectedHead = head;
  }

  /** Follows the market of a granted epoch and catches up with it. False: try again later. */
  follow(term: Term): Promise<boolean> {
    return this.#writeQueue.run(async () => {
      const isFollowed = await this.#write(() => this.#deps.ledger.follow(term.market));
      return isFollowed && this.#pull(term);
    });
  }

  /** Pulls the trade log to its end. False when the catalog did not answer, is another one, or the disk is full. */
  catchUp(term: Term): Promise<boolean> {
    return this.#writeQueue.run(() => this.#pull(term));
  }

  /**
   * Appends the new rows of a decided batch, or pulls the log when they cannot be made from the reply. Resolves with
   * the appended rows by number, once every trade of the batch is in the ledger; with undefined when some may be
   * missing.
   */
  record(batch: DecidedBatch): Promise<ReadonlyMap<number, Trade> | undefined> {
    return this.#writeQueue.run(() => this.#record(batch));
  }

  trade(number: number): Promise<Trade | undefined> {
    return this.#deps.ledger.trade(number);
  }

  /** Pulls nothing more after the current page. For the end of a process, and for a fenced one. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when every write requested before this call is done. */
  idle(): Promise<void> {
    return this.#writeQueue.idle();
  }

  async #record({ term, before, orders, reply }: DecidedBatch): Promise<Map<number, Trade> | undefined> {
    const { ledger } = this.#deps;
    // The term has ended: these orders are sent again under the next term, and the catalog gives their outcomes.
    if (term.isSuperseded) return undefined;
    const head = await ledger.head();
    const isNext = head.number === before.number && head.chain === before.chain;
    const rows = isNext ? rowsOf(before, orders, reply) : "gap";
    const appended = typeof rows !== "string" && (await this.#append(head, rows)) ? rows : [];
    const { number: reached } = await ledger.head();
    if (this.#expectedHead && this.#expectedHead.number <= reached) this.#expectedHead = undefined;
    // The rows may be in the ledger although they were not appended here: a check of the catalog may have pulled them already.
    const highest = reply.decisions.reduce((most, decision) => Math.max(most, numberOf(decision) ?? 0), 0);
    const isLacking = highest > reached;
    if (isLacking) this.fallBehind();
    if (isLacking && !(await this.#pull(term))) return undefined;
    return new Map(appended.map((row) => [row.number, row]));
  }

  async #pull(term: Term): Promise<boolean> {
    const { ledger, catalog } = this.#deps;
    while (!this.#isStopped) {
      const timesBehind = this.#timesBehind;
      const head = await ledger.head();
      const page = await catalog.trades(head.number, limits.pageItems);
      if (!page.ok) return false;
      const rows = continuation(head, page.data.trades);
      if (typeof rows === "string") {
        this.fallBehind();
        term.leave("its trade log does not continue this ledger");
        return false;
      }
      if (rows.length > 0) {
        if (!(await this.#append(head, rows))) return false;
        // With the catalog in this process nothing else waits: a long pull would let no timer and no request run.
        await new Promise<void>((resolve) => this.#deps.clock.afterThisTurn(resolve));
      } else if (timesBehind === this.#timesBehind) {
        this.#isBehind = false;
        return true;
      }
    }
    return false;
  }

  async #append(head: LogHead, rows: readonly Trade[]): Promise<boolean> {
    const last = rows.at(-1);
    if (!last) return true;
    if (rows[0]?.number !== head.number + 1 || last.number !== head.number + rows.length)
      throw new Error(
        `rows ${rows[0]?.number} to ${last.number} do not continue the ledger at ${head.number}`,
      );
    if (!(await this.#write(() => this.#deps.ledger.append(rows)))) return false;
    this.#deps.feed.publish({ kind: "head", trades: last.number });
    return true;
  }

  // With a full disk or a locked file nothing was written, and the write is tried again later. After any other
  // failure it is not known what was written, and the process ends.
  async #write(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const cause = error instanceof StoreFailure ? temporaryCauses[error.kind] : undefined;
      if (cause === undefined) throw error;
      this.#deps.log.error(`the ledger cannot be written, ${cause}: orders wait`);
      return false;
    }
  }
}

const temporaryCauses: Partial<Record<StoreFailure["kind"], string>> = {
  full: "its disk is full",
  busy: "another process locks it",
};
