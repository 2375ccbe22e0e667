import type { StockChange } from "../../contract/feed.ts";
import type { Trade } from "../../contract/trade.ts";
import type { Cursor } from "./cursor.ts";
import { LogTail, type ReadPage } from "./log-tail.ts";

/**
 * What all event streams of this frontend have in common: the two logs, and the word that one of them grew. Each
 * stream keeps its own place and reads at its own pace, so a slow one costs no memory.
 */
export class MarketLogs {
  readonly trades: LogTail<Trade>;
  readonly changes: LogTail<StockChange>;
  readonly #waiting = new Set<() => void>();
  #generation = 0;
  #incarnation: number | undefined;
  #isClosed = false;

  constructor(read: { trades: ReadPage<Trade>; changes: ReadPage<StockChange> }) {
    this.trades = new LogTail(read.trades, 2_000);
    this.changes = new LogTail(read.changes, 2_000);
  }

  /** Both heads, or undefined until both services have said theirs. */
  get heads(): Cursor | undefined {
    const { head: trade } = this.trades;
    const { head: change } = this.changes;
    return trade === undefined || change === undefined ? undefined : { trade, change };
  }

  /**
   * Whether the books go as far as this place; undefined when that cannot be told just now. A stream sends what it
   * reads, so its client may be a little ahead of the heads that the services said last.
   */
  async reaches({ trade, change }: Cursor): Promise<boolean | undefined> {
    const [trades, changes] = await Promise.all([this.trades.reaches(trade), this.changes.reaches(change)]);
    return trades === false || changes === false ? false : trades && changes;
  }

  /** Counts the times when what streams had sent was no longer what the books say: they must send `reset`. */
  get generation(): number {
    return this.#generation;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  sawTrades(head: number): void {
    const before = this.trades.head;
    if (this.trades.sawHead(head)) this.#generation += 1;
    if (head !== before) this.#wake();
  }

  sawChanges(head: number, incarnation: number): void {
    const before = this.changes.head;
    const isRestored = this.#incarnation !== undefined && this.#incarnation !== incarnation;
    this.#incarnation = incarnation;
    if (isRestored) {
      this.trades.forget();
      this.changes.forget();
    }
    if (this.changes.sawHead(head) || isRestored) this.#generation += 1;
    if (head !== before || isRestored) this.#wake();
  }

  /** Until a log grew, at most `timeoutMs`. */
  async grown(timeoutMs: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
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
