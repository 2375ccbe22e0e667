/** One page of a log after a number; undefined when its keeper did not answer. */
export type ReadPage<Row> = (after: number) => Promise<readonly Row[] | undefined>;

/**
 * The end of a numbered log that another service keeps, read as far as somebody asks for it. Rows near the head are
 * remembered and reads under way are shared, so that a page is fetched once for all who follow.
 */
export class LogTail<Row extends { number: number }> {
  readonly #read: ReadPage<Row>;
  readonly #maxRows: number;
  #reading = new Map<number, Promise<readonly Row[]>>();
  #rows: readonly Row[] = [];
  #head: number | undefined;

  constructor(read: ReadPage<Row>, maxRows: number) {
    this.#read = read;
    this.#maxRows = maxRows;
  }

  /** How far the log goes, as its keeper last said; undefined before it said anything. */
  get head(): number | undefined {
    return this.#head;
  }

  /** Takes the keeper's word. True when the log got shorter: what was followed of it is not what it holds now. */
  sawHead(head: number): boolean {
    const isShorter = head < (this.#head ?? 0);
    if (isShorter) this.forget();
    this.#head = head;
    return isShorter;
  }

  forget(): void {
    this.#rows = [];
    this.#reading = new Map();
  }

  /** Whether the log goes as far as `number`; undefined when only its keeper can say, and does not answer. */
  async reaches(number: number): Promise<boolean | undefined> {
    if (number <= (this.#head ?? 0)) return true;
    const rows = await this.#read(number - 1);
    return rows && rows.length > 0;
  }

  /** Rows that continue `after`; none when there are none, or their keeper does not answer. */
  async after(after: number): Promise<readonly Row[]> {
    if (this.#head === undefined || after >= this.#head) return [];
    const kept = this.#keptAfter(after);
    if (kept.length > 0) return kept;
    const reading = this.#reading.get(after) ?? this.#fetch(after);
    this.#reading.set(after, reading);
    return reading;
  }

  #keptAfter(after: number): readonly Row[] {
    const first = this.#rows[0]?.number;
    return first === undefined || after + 1 < first ? [] : this.#rows.slice(after + 1 - first);
  }

  async #fetch(after: number): Promise<readonly Row[]> {
    const reading = this.#reading;
    try {
      const rows = (await this.#read(after)) ?? [];
      // What was asked for before the log was forgotten may be of the log as it was then.
      if (reading === this.#reading) this.#keep(rows);
      return rows;
    } finally {
      reading.delete(after);
    }
  }

  #keep(rows: readonly Row[]): void {
    const end = this.#rows.at(-1)?.number ?? 0;
    if (rows[0]?.number === end + 1) this.#rows = [...this.#rows, ...rows].slice(-this.#maxRows);
    else if ((rows.at(-1)?.number ?? 0) > end) this.#rows = rows;
  }
}
