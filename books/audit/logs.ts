/**
 * Checks the numbers and chains of a log row by row. Each row is checked against the row before it as the log has it,
 * so one wrong row is reported once. Pure.
 */
export class ChainedLog<Row extends { number: number; chain: string }> {
  readonly #chainAfter: (previous: string, row: Row) => string;
  #number = 0;
  #chain: string;
  #rows = 0;

  constructor(genesis: string, chainAfter: (previous: string, row: Row) => string) {
    this.#chain = genesis;
    this.#chainAfter = chainAfter;
  }

  /** Rows checked so far. */
  get rows(): number {
    return this.#rows;
  }

  /** What is wrong with the next row; both undefined when nothing is. */
  check(row: Row): { gap: string | undefined; broken: string | undefined } {
    const expected = this.#number + 1;
    const chain = this.#chainAfter(this.#chain, row);
    this.#number = row.number;
    this.#chain = row.chain;
    this.#rows += 1;
    return {
      gap: row.number === expected ? undefined : `${expected} is missing, ${row.number} comes next`,
      broken:
        row.chain === chain ? undefined : `${row.number}: its chain does not follow from the row before it`,
    };
  }
}
