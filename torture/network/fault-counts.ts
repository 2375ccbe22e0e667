/** Counts of the faults in a market, and of what they affected. */
export class FaultCounts {
  /** Messages that were delayed, cut, lost, copied or reordered. */
  messages = 0;
  lateCopies = 0;
  kills = 0;
  /** From the end of a wave to the next outcome of an order. */
  readonly recoveriesMs: number[] = [];
  readonly #byKind = new Map<string, number>();
  readonly #byPair = new Map<string, number>();
  #faults = 0;

  get faults(): number {
    return this.#faults;
  }

  /** Counts a fault of this kind, with the messages between a pair that it affected. One that affected none is not counted. */
  add(kind: string, affected?: { pair: string; messages: number }): void {
    if (affected?.messages === 0) return;
    this.#faults += 1;
    increment(this.#byKind, kind);
    if (!affected) return;
    increment(this.#byPair, affected.pair);
    this.messages += affected.messages;
  }

  /** Faults by kind, and by the pair of processes whose connection they affected. */
  get figures(): Record<string, number> {
    const sorted = [this.#byKind, this.#byPair].map((sums) =>
      [...sums].toSorted(([one], [other]) => one.localeCompare(other)),
    );
    return Object.fromEntries(sorted.flat());
  }
}

function increment(sums: Map<string, number>, name: string): void {
  sums.set(name, (sums.get(name) ?? 0) + 1);
}
