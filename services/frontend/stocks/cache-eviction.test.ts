import { expect, test } from "bun:test";
import fc from "fast-check";

import { rejected } from "../../contract/reply.ts";
import { StockCache } from "./cache.ts";

const Name = fc.constantFrom("a", "b", "c", "d", "e", "f");
const Step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("look up" as const), name: Name }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("get" as const), name: Name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("change" as const), name: Name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("replayed" as const), name: Name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reconnect" as const), name: Name }) },
);

/** The model: names and versions in a plain array, the least recently used one first. */
class Model {
  entries: [name: string, version: number][] = [];
  readonly #maxStocks: number;

  constructor(maxStocks: number) {
    this.#maxStocks = maxStocks;
  }

  get(name: string): number | undefined {
    const version = this.entries.find(([known]) => known === name)?.[1];
    if (version === undefined) return undefined;
    this.delete(name);
    this.entries.push([name, version]);
    return version;
  }

  lookUp(name: string, version: number): void {
    if (!this.change(name, version)) this.entries.push([name, version]);
    if (this.entries.length > this.#maxStocks) this.entries.shift();
  }

  /** Whether the stock is cached. */
  change(name: string, version: number): boolean {
    const known = this.entries.find(([other]) => other === name);
    if (known) known[1] = version;
    return known !== undefined;
  }

  delete(name: string): void {
    this.entries = this.entries.filter(([known]) => known !== name);
  }

  clear(): void {
    this.entries = [];
  }
}

function stock(name: string, version: number) {
  return { name, price_cents: 100, quantity: 1, volume: 0, status: "open" as const, version };
}

function cacheOf(maxStocks: number): StockCache {
  const cache = new StockCache({
    catalog: { stock: async () => rejected("unavailable") },
    maxStocks,
    isOn: true,
    silenceMs: 1_000,
    clock: { now: () => 0 },
  });
  cache.feedUp();
  return cache;
}

function versionOf(body: Uint8Array | undefined): number | undefined {
  return body && (JSON.parse(new TextDecoder().decode(body)) as { data: { version: number } }).data.version;
}

test("whatever is done, it holds what a list ordered by use holds, and evicts the same stocks", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(Step, { maxLength: 60 }), (maxStocks, steps) => {
      const cache = cacheOf(maxStocks);
      const model = new Model(maxStocks);
      // A later step has a higher version.
      for (const [version, { kind, name }] of steps.entries()) {
        if (kind === "look up") {
          cache.end(cache.begin(name), stock(name, version));
          model.lookUp(name, version);
        } else if (kind === "change") {
          cache.apply(stock(name, version));
          model.change(name, version);
        } else if (kind === "replayed") {
          const fill = { number: 1, price_cents: 100, stock_version: version, at: 0 };
          const outcome = { kind: "traded", fill, replayed: true } as const;
          cache.applyOwnTrades([{ name }], { outcomes: [outcome], stocks: [] });
          model.delete(name);
        } else if (kind === "reconnect") {
          cache.feedUp();
          model.clear();
        } else expect(versionOf(cache.get(name))).toEqual(model.get(name));
        expect(cache.size).toBe(model.entries.length);
      }
      for (const name of "abcdef") expect(versionOf(cache.get(name))).toBe(model.get(name));
    }),
    { numRuns: 2_000 },
  );
});
