import type { Reply } from "../../contract/reply.ts";

/** Asks the service that has a log for the page after a number; the rows are in the field that has the log's name. */
export type ReadPage<Name extends string, Row> = (
  after: number,
) => Promise<Reply<Readonly<Record<Name, readonly Row[]>>>>;

/**
 * The end of a numbered log of another service, shared by all event streams. Rows near the head are cached and reads in
 * flight are shared, so that a page is fetched once for all streams. Nothing is read before a stream asks for it.
 *
 * Invariant: `#rows` are consecutive rows of the log as it is since the last `forget`. A read that began before a
 * `forget` is not cached: `forget` replaces `#reading`, and the read compares.
 */
export class LogTail<Name extends string, Row extends { number: number }> {
  readonly #name: Name;
  readonly #read: ReadPage<Name, Row>;
  readonly #maxRows: number;
  #reading = new Map<number, Promise<readonly Row[]>>();
  #rows: readonly Row[] = [];
  #head: number | undefined;

  constructor(name: Name, read: ReadPage<Name, Row>, maxRows: number) {
    this.#name = name;
    this.#read = read;
    this.#maxRows = maxRows;
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
    const reply = await this.#read(number - 1);
    return reply.ok ? reply.data[this.#name].length > 0 : undefined;
  }

  /** Rows right after number `after`; none at the head, or when the service does not answer. */
  async after(after: number): Promise<readonly Row[]> {
    if (this.#head === undefined || after >= this.#head) return [];
    const cached = this.#cachedAfter(after);
    if (cached.length > 0) return cached;
    const reading = this.#reading.get(after) ?? this.#fetch(after);
    this.#reading.set(after, reading);
    return reading;
  }

  #cachedAfter(after: number): readonly Row[] {
    const first = this.#rows[0]?.number;
    return first === undefined || after + 1 < first ? [] : this.#rows.slice(after + 1 - first);
  }

  async #fetch(after: number): Promise<readonly Row[]> {
    const reading = this.#reading;
    try {
      const reply = await this.#read(after);
      const rows = reply.ok ? reply.data[this.#name] : [];
      if (reading === this.#reading) this.#cache(rows);
      return rows;
    } finally {
      reading.delete(after);
    }
  }

  #cache(rows: readonly Row[]): void {
    const end = this.#rows.at(-1)?.number ?? 0;
    if (rows[0]?.number === end + 1) this.#rows = [...this.#rows, ...rows].slice(-this.#maxRows);
    else if ((rows.at(-1)?.number ?? 0) > end) this.#rows = rows;
  }
}
