import type { Clock } from "../../services/runtime/flow/clock.ts";

/** Rows of one page: so few that reading one delays a service's other work by some milliseconds at most. */
export const pageRows = 500;

/** Bounds the rest after a page that took long because its service restarted. */
const maxRestMs = 1_000;

/** Leaves the audited services time for their own work: rests after each page `restFactor` times as long as the page took. */
export class DutyCycle {
  readonly #restFactor: number;
  readonly #signal: AbortSignal | undefined;
  readonly #clock: Clock;
  #workingSinceMs: number;

  constructor(restFactor: number, signal: AbortSignal | undefined, clock: Clock) {
    this.#restFactor = restFactor;
    this.#signal = signal;
    this.#clock = clock;
    this.#workingSinceMs = clock.now();
  }

  /** Rejects with the signal's reason once it is aborted. */
  async rest(): Promise<void> {
    this.#signal?.throwIfAborted();
    const restMs = Math.min((this.#clock.now() - this.#workingSinceMs) * this.#restFactor, maxRestMs);
    // Reads of files block the event loop: without a rest, too, other work (such as a signal) must run.
    if (restMs > 0) await this.#clock.sleep(restMs);
    else await new Promise<void>((resolve) => this.#clock.afterThisTurn(resolve));
    this.#workingSinceMs = this.#clock.now();
  }
}

/** Reads rows after a number, fewer than `limit` only at the end of the log. */
type ReadRows<Row> = (after: number, limit: number) => Promise<Row[]>;

/** Reads a numbered log row by row, page by page, up to and including number `last`. */
export class LogCursor<Row extends { number: number }> {
  readonly #read: ReadRows<Row>;
  readonly #dutyCycle: DutyCycle;
  readonly #last: number;
  #page: Row[] = [];
  /** Of the next row in the page. */
  #index = 0;
  /** Number of the last row that was read. */
  #after = 0;
  #isAtEnd = false;

  constructor(read: ReadRows<Row>, dutyCycle: DutyCycle, last: number) {
    this.#read = read;
    this.#dutyCycle = dutyCycle;
    this.#last = last;
  }

  /** The next row, without taking it; undefined after the last one. */
  async peek(): Promise<Row | undefined> {
    if (this.#index === this.#page.length && !this.#isAtEnd) await this.#readPage();
    const row = this.#page[this.#index];
    return row && row.number <= this.#last ? row : undefined;
  }

  async take(): Promise<Row | undefined> {
    const row = await this.peek();
    if (row) this.#index += 1;
    return row;
  }

  async #readPage(): Promise<void> {
    if (this.#after < this.#last) {
      await this.#dutyCycle.rest();
      this.#page = await this.#read(this.#after, pageRows);
    } else this.#page = [];
    this.#index = 0;
    this.#after = this.#page.at(-1)?.number ?? this.#after;
    this.#isAtEnd = this.#page.length < pageRows;
  }
}
