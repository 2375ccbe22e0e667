/** What happened to a market, in numbers. */
export class Tally {
  /** Messages that were delayed, cut, lost, copied or reordered. */
  messages = 0;
  lateCopies = 0;
  kills = 0;
  /** From the end of the last fault of a wave to the next outcome of an order. */
  readonly recoveriesMs: number[] = [];
  readonly #byKind = new Map<string, number>();
  readonly #byPlace = new Map<string, number>();
  #faults = 0;

  get faults(): number {
    return this.#faults;
  }

  /** Counts a fault of this kind, and the messages that it met between a pair. One that met nothing is none. */
  count(kind: string, met?: { place: string; messages: number }): void {
    if (met?.messages === 0) return;
    this.#faults += 1;
    add(this.#byKind, kind);
    if (!met) return;
    add(this.#byPlace, met.place);
    this.messages += met.messages;
  }

  /** Faults by their kind, and by the pair that they were between. */
  get figures(): Record<string, number> {
    const sorted = [this.#byKind, this.#byPlace].map((sums) =>
      [...sums].toSorted(([one], [other]) => one.localeCompare(other)),
    );
    return Object.fromEntries(sorted.flat());
  }
}

function add(sums: Map<string, number>, name: string): void {
  sums.set(name, (sums.get(name) ?? 0) + 1);
}
