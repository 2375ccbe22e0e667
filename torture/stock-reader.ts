import type { Placed } from "./client.ts";

interface Options {
  hangMs: number;
}

/**
 * Looks stocks up and holds the answers against what is known by then. A lookup that begins after a frontend's answer
 * to an order shows that order or later, at that frontend; so it does at any of them when it asks for what is fresh.
 * And what a frontend showed to anyone never goes back.
 */
export class StockReader {
  /** Odd while the books may be older than what was said of them. */
  era = 0;
  /** Shares of the orders that were acknowledged by now, by address of their stock, and by name for all together. */
  readonly #acknowledged = new Map<string, number>();
  /** The keys that were counted there. */
  readonly #counted = new Set<string>();
  /** The last version that was shown, by address. */
  readonly #shown = new Map<string, number>();
  readonly #options: Options;
  readonly #faults: string[];

  constructor(options: Options, faults: string[]) {
    this.#options = options;
    this.#faults = faults;
  }

  /** The frontend at `url` said that this order traded. */
  acknowledged(url: string, { key, order: { name, quantity } }: Pick<Placed, "key" | "order">): void {
    for (const where of [name, addressOf(url, name)]) {
      const counted = `${where} ${key}`;
      if (this.#counted.has(counted)) continue;
      this.#counted.add(counted);
      this.#acknowledged.set(where, (this.#acknowledged.get(where) ?? 0) + quantity);
    }
  }

  async look(url: string, name: string, isFreshWanted: boolean): Promise<void> {
    const { era } = this;
    const address = addressOf(url, name);
    const least = this.#acknowledged.get(isFreshWanted ? name : address) ?? 0;
    const last = this.#shown.get(address) ?? 0;
    const reply = await this.#ask(address, isFreshWanted);
    if (!reply || reply.status === 503) return;
    const { status, stock, use } = reply;
    if (status === 404 && name === "NoSuchCo") return;
    if (!stock) return void this.#faults.push(`a lookup of ${name} got ${status}`);
    if (era % 2 === 1 || era !== this.era) return;
    if (stock.volume < least)
      this.#faults.push(
        `a lookup (${use}) showed a volume of ${stock.volume} ${name} after ${least} were acknowledged`,
      );
    if (stock.version < last)
      this.#faults.push(`a lookup (${use}) of ${name} went back from version ${last} to ${stock.version}`);
    this.#shown.set(address, Math.max(this.#shown.get(address) ?? 0, stock.version));
  }

  async #ask(address: string, isFreshWanted: boolean) {
    const signal = AbortSignal.timeout(this.#options.hangMs);
    try {
      const response = await fetch(address, {
        headers: isFreshWanted ? { "cache-control": "no-cache" } : {},
        signal,
      });
      const { data: stock } = (await response.json()) as { data?: { version: number; volume: number } };
      return { status: response.status, stock, use: response.headers.get("x-cache") };
    } catch {
      if (signal.aborted) this.#faults.push(`${address} got no answer in ${this.#options.hangMs} ms`);
      return undefined;
    }
  }
}

function addressOf(url: string, name: string): string {
  return `${url}/stocks/${name}`;
}
