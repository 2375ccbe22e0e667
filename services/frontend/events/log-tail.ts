import type { Reply } from "../../contract/reply.ts";

/** Asks for at most `limit` rows of a log after a number. They are in the field that has the log's name. */
export type ReadPage<Name extends string, Row> = (
  after: number,
  limit: number,
) => Promise<Reply<Readonly<Record<Name, readonly Row[]>>>>;

export interface LogTailOptions {
  /** Rows in memory for all streams together. */
  cachedRows: number;
  /** Rows of one read that all streams near the head will need. */
  pageRows: number;
  /** Rows that one stream gets at once: what a stream whose client does not read holds in memory. */
  pieceRows: number;
}

/**
 * The end of a numbered log of another service, shared by all event streams. Rows near the head are cached and reads in
 * flight are shared, so that a page is fetched once for all streams. A stream far behind reads only what it sends next,
 * because nobody else needs those rows. Nothing is read before a stream asks for it.
 *
 * Invariant: `#rows` are consecutive rows of the log as it is since the last `forget`. A read that began before a
 * `forget` is not cached: `forget` replaces `#reading`, and the read compares.
 */
export class LogTail<Name extends string, Row extends { number: number }> {
  readonly #name: Name;
  readonly #read: ReadPage<Name, Row>;
  readonly #options: LogTailOptions;
  #reading = new Map<number, Promise<readonly Row[]>>();
  #rows: readonly Row[] = [];
  #head: number | undefined;

  constructor(name: Name, read: ReadPage<Name, Row>, options: LogTailOptions) {
    this.#name = name;
    this.#read = read;
    this.#options = options;
  }

  /** Number of the last row, as its service last reported it; undefined before the first report. */
  get head(): number | undefined {
    return this.#head;
  }

  /** The service reported this head. True when the log is shorter than before: rows that were sent may be gone. */
  headReported(head: number): boolean {
    const isShorter = head < (this.#head ?? 0);
    if (isShorter) this.forget();
    this.#head = head;
    return isShorter;
  }

  forget(): void {
    this.#rows = [];
    this.#reading = new Map();
  }

  /** Whether the log has row `number`; undefined when that must be read and the service does not answer. */
  async reaches(number: number): Promise<boolean | undefined> {
    if (number <= (this.#head ?? 0)) return true;
    const reply = await this.#read(number - 1, 1);
    return reply.ok ? reply.data[this.#name].length > 0 : undefined;
  }

  /** At most `pieceRows` rows right after number `after`; none at the head, or when the service does not answer. */
  async after(after: number): Promise<readonly Row[]> {
    if (this.#head === undefined || after >= this.#head) return [];
    const cached = this.#cachedAfter(after);
    if (cached.length > 0) return cached;
    const reading = this.#reading.get(after) ?? this.#fetch(after);
    this.#reading.set(after, reading);
    return (await reading).slice(0, this.#options.pieceRows);
  }

  #cachedAfter(after: number): readonly Row[] {
    const first = this.#rows[0]?.number;
    if (first === undefined || after + 1 < first) return [];
    const start = after + 1 - first;
    return this.#rows.slice(start, start + this.#options.pieceRows);
  }

  async #fetch(after: number): Promise<readonly Row[]> {
    const reading = this.#reading;
    const { pageRows, pieceRows } = this.#options;
    try {
      const reply = await this.#read(after, after >= this.#cachedEnd ? pageRows : pieceRows);
      const rows = reply.ok ? reply.data[this.#name] : [];
      if (reading === this.#reading) this.#cache(rows);
      return rows;
    } finally {
      reading.delete(after);
    }
  }

  get #cachedEnd(): number {
    return this.#rows.at(-1)?.number ?? 0;
  }

  #cache(rows: readonly Row[]): void {
    const end = this.#cachedEnd;
    if (rows[0]?.number === end + 1) this.#rows = [...this.#rows, ...rows].slice(-this.#options.cachedRows);
    else if ((rows.at(-1)?.number ?? 0) > end) this.#rows = rows;
  }
}
