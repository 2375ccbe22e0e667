import type { OrderBody } from "../market.ts";

interface Options {
  url: string;
  hangMs: number;
}

/**
 * Looks stocks up and holds the answers against what is known by then: a lookup that begins after an order's answer
 * shows that order or later, and what one reader sees never goes back.
 */
export class StockReader {
  /** Shares of the orders that were acknowledged by now. */
  readonly #acknowledged = new Map<string, number>();
  readonly #options: Options;
  readonly #faults: string[];

  constructor(options: Options, faults: string[]) {
    this.#options = options;
    this.#faults = faults;
  }

  acknowledged({ name, quantity }: OrderBody): void {
    this.#acknowledged.set(name, (this.#acknowledged.get(name) ?? 0) + quantity);
  }

  /** `seen` is what this reader knows: the last version by stock. */
  async look(name: string, seen: Map<string, number>, isFreshWanted: boolean): Promise<void> {
    const least = this.#acknowledged.get(name) ?? 0;
    const reply = await this.#ask(name, isFreshWanted);
    if (!reply || reply.status === 503) return;
    const { status, stock, use } = reply;
    if (status === 404 && name === "NoSuchCo") return;
    if (!stock) return void this.#faults.push(`a lookup of ${name} got ${status}`);
    if (stock.volume < least)
      this.#faults.push(
        `a lookup (${use}) showed a volume of ${stock.volume} ${name} after ${least} were acknowledged`,
      );
    const last = seen.get(name) ?? 0;
    if (stock.version < last)
      this.#faults.push(`a lookup (${use}) of ${name} went back from version ${last} to ${stock.version}`);
    seen.set(name, stock.version);
  }

  async #ask(name: string, isFreshWanted: boolean) {
    const signal = AbortSignal.timeout(this.#options.hangMs);
    try {
      const response = await fetch(`${this.#options.url}/stocks/${name}`, {
        headers: isFreshWanted ? { "cache-control": "no-cache" } : {},
        signal,
      });
      const { data: stock } = (await response.json()) as { data?: { version: number; volume: number } };
      return { status: response.status, stock, use: response.headers.get("x-cache") };
    } catch {
      if (signal.aborted)
        this.#faults.push(`a lookup of ${name} got no answer in ${this.#options.hangMs} ms`);
      return undefined;
    }
  }
}
