import type { StockChange } from "../../contract/feed.ts";
import { limits } from "../../contract/limits.ts";
import type { Trade } from "../../contract/trade.ts";
import type { Clock } from "../../runtime/flow/clock.ts";
import { LogTail, type ReadPage } from "./log-tail.ts";
import type { EventPosition } from "./position.ts";

/** A piece of both logs is about 60 kB of text, at most. */
const tails = { cachedRows: 2_000, pageRows: limits.pageItems, pieceRows: 100 };

/**
 * The two logs that all event streams of this frontend read, and what wakes the streams when a log has grown. Each
 * stream has its own position and reads at its own pace, so a slow stream costs no memory.
 *
 * `generation` counts the times when rows that streams have sent may no longer be in the books: a log became shorter,
 * or the market was restored (another incarnation). Every stream then sends `reset`.
 */
export class MarketLogs {
  readonly trades: LogTail<"trades", Trade>;
  readonly changes: LogTail<"changes", StockChange>;
  readonly #clock: Pick<Clock, "after">;
  readonly #waiting = new Set<() => void>();
  #generation = 0;
  #incarnation: number | undefined;
  #isClosed = false;

  constructor(
    read: { trades: ReadPage<"trades", Trade>; changes: ReadPage<"changes", StockChange> },
    clock: Pick<Clock, "after">,
  ) {
    this.trades = new LogTail("trades", read.trades, tails);
    this.changes = new LogTail("changes", read.changes, tails);
    this.#clock = clock;
  }

  /** The position at both heads; undefined until both services have reported theirs. */
  get head(): EventPosition | undefined {
    const { head: trade } = this.trades;
    const { head: change } = this.changes;
    return trade === undefined || change === undefined ? undefined : { trade, change };
  }

  /**
   * Whether the books have this position; undefined when a service that must be asked does not answer. The position of
   * a client may be ahead of the heads reported here: another frontend may have had a later report.
   */
  async reaches({ trade, change }: EventPosition): Promise<boolean | undefined> {
    const [trades, changes] = await Promise.all([this.trades.reaches(trade), this.changes.reaches(change)]);
    return trades === false || changes === false ? false : trades && changes;
  }

  get generation(): number {
    return this.#generation;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The order service reported the ledger's head. */
  tradesReported(head: number): void {
    const before = this.trades.head;
    if (this.trades.headReported(head)) this.#generation += 1;
    if (head !== before) this.#wake();
  }

  /** The catalog reported the change log's head and the market's incarnation. */
  changesReported(head: number, incarnation: number): void {
    const before = this.changes.head;
    const isRestored = this.#incarnation !== undefined && this.#incarnation !== incarnation;
    this.#incarnation = incarnation;
    if (isRestored) {
      this.trades.forget();
      this.changes.forget();
    }
    if (this.changes.headReported(head) || isRestored) this.#generation += 1;
    if (head !== before || isRestored) this.#wake();
  }

  /** Resolves when a log has changed, or after `timeoutMs`. */
  async changed(timeoutMs: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const cancel = this.#clock.after(timeoutMs, done);
      this.#waiting.add(done);
    });
  }

  /** Ends all streams. For the end of a process. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}
