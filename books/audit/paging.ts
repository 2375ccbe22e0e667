/** Rows of one page: few enough that no service is kept from other work for more than some milliseconds. */
export const pageRows = 500;

/** A page that had to wait for a restart was no work. */
const maxRestMs = 1_000;

/** Lets the audited services breathe: after each page it rests `pace` times as long as the page took. */
export class DutyCycle {
  readonly #pace: number;
  readonly #signal: AbortSignal | undefined;
  #workedSince = performance.now();

  constructor(pace: number, signal: AbortSignal | undefined) {
    this.#pace = pace;
    this.#signal = signal;
  }

  /** Rejects with the signal's reason once it is aborted. */
  async rest(): Promise<void> {
    this.#signal?.throwIfAborted();
    const workedMs = performance.now() - this.#workedSince;
    // Without any rest, too: nothing else in this process, a signal least of all, would be heard for minutes.
    await Bun.sleep(Math.min(workedMs * this.#pace, maxRestMs));
    this.#workedSince = performance.now();
  }
}

/** A place in a numbered log that is read page by page, up to and with number `last`. */
export class LogCursor<Row extends { number: number }> {
  readonly #read: (after: number, limit: number) => Promise<Row[]>;
  readonly #last: number;
  #page: Row[] = [];
  #index = 0;
  #after = 0;
  #isAtEnd = false;

  constructor(read: (after: number, limit: number) => Promise<Row[]>, last: number) {
    this.#read = read;
    this.#last = last;
  }

  /** The next row, left in place; undefined after the last. */
  async peek(): Promise<Row | undefined> {
    if (this.#index === this.#page.length && !this.#isAtEnd) await this.#turnPage();
    const row = this.#page[this.#index];
    return row && row.number <= this.#last ? row : undefined;
  }

  async take(): Promise<Row | undefined> {
    const row = await this.peek();
    if (row) this.#index += 1;
    return row;
  }

  async #turnPage(): Promise<void> {
    this.#page = this.#after < this.#last ? await this.#read(this.#after, pageRows) : [];
    this.#index = 0;
    this.#after = this.#page.at(-1)?.number ?? this.#after;
    this.#isAtEnd = this.#page.length < pageRows;
  }
}
