import type { Placed } from "./client.ts";

interface Options {
  hangMs: number;
}

/**
 * Looks stocks up and compares the answers with earlier ones. A lookup that is sent after a frontend's answer to an order
 * must show that order or a later one, at that frontend; with `no-cache`, at every frontend. No frontend shows an older
 * version than before.
 */
export class StockReader {
  /** Odd while the market is being restored: then the books may be older than earlier answers. */
  era = 0;
  /** Shares that acknowledged orders traded: by address of the stock, and by its name for all frontends together. */
  readonly #acknowledged = new Map<string, number>();
  /** What `#acknowledged` already includes: a name or an address, and a key. */
  readonly #counted = new Set<string>();
  /** The highest version that was shown, by address. */
  readonly #shown = new Map<string, number>();
  readonly #options: Options;
  readonly #violations: string[];

  constructor(options: Options, violations: string[]) {
    this.#options = options;
    this.#violations = violations;
  }

  /** The frontend at `url` answered that this order traded. */
  acknowledged(url: string, { key, order: { name, quantity } }: Pick<Placed, "key" | "order">): void {
    for (const where of [name, addressOf(url, name)]) {
      const counted = `${where} ${key}`;
      if (this.#counted.has(counted)) continue;
      this.#counted.add(counted);
      this.#acknowledged.set(where, (this.#acknowledged.get(where) ?? 0) + quantity);
    }
  }

  async lookUp(url: string, name: string, bypassesCache: boolean): Promise<void> {
    const { era } = this;
    const address = addressOf(url, name);
    const least = this.#acknowledged.get(bypassesCache ? name : address) ?? 0;
    const last = this.#shown.get(address) ?? 0;
    const reply = await this.#ask(address, bypassesCache);
    if (!reply || reply.status === 503) return;
    const { status, stock, use } = reply;
    if (status === 404 && name === "NoSuchCo") return;
    if (!stock) return void this.#violations.push(`a lookup of ${name} got ${status}`);
    if (era % 2 === 1 || era !== this.era) return;
    if (stock.volume < least)
      this.#violations.push(
        `a lookup (${use}) showed a volume of ${stock.volume} ${name} after ${least} were acknowledged`,
      );
    if (stock.version < last)
      this.#violations.push(
        `a lookup (${use}) of ${name} went back from version ${last} to ${stock.version}`,
      );
    this.#shown.set(address, Math.max(this.#shown.get(address) ?? 0, stock.version));
  }

  async #ask(address: string, bypassesCache: boolean) {
    const signal = AbortSignal.timeout(this.#options.hangMs);
    try {
      const response = await fetch(address, {
        headers: bypassesCache ? { "cache-control": "no-cache" } : {},
        signal,
      });
      const { data: stock } = (await response.json()) as { data?: { version: number; volume: number } };
      return { status: response.status, stock, use: response.headers.get("x-cache") };
    } catch {
      if (signal.aborted) this.#violations.push(`${address} got no answer in ${this.#options.hangMs} ms`);
      return undefined;
    }
  }
}

function addressOf(url: string, name: string): string {
  return `${url}/stocks/${name}`;
}
