import { expect, test } from "bun:test";
import fc from "fast-check";

import { Lru } from "./lru.ts";

const Key = fc.constantFrom("a", "b", "c", "d", "e", "f");
const Step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("set" as const), key: Key }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("use" as const), key: Key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("peek" as const), key: Key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: Key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const), key: Key }) },
);

/** The model: entries in a plain array, the least recently used one first. */
class Model {
  entries: [key: string, value: number][] = [];
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  peek(key: string): number | undefined {
    return this.entries.find(([known]) => known === key)?.[1];
  }

  use(key: string): number | undefined {
    const value = this.peek(key);
    if (value === undefined) return undefined;
    this.delete(key);
    this.entries.push([key, value]);
    return value;
  }

  set(key: string, value: number): void {
    const known = this.entries.find(([other]) => other === key);
    if (known) known[1] = value;
    else this.entries.push([key, value]);
    if (this.entries.length > this.#maxEntries) this.entries.shift();
  }

  delete(key: string): void {
    this.entries = this.entries.filter(([known]) => known !== key);
  }

  clear(): void {
    this.entries = [];
  }
}

test("whatever is done, it holds what a list ordered by use holds, and evicts the same entries", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(Step, { maxLength: 60 }), (maxEntries, steps) => {
      const lru = new Lru<number>(maxEntries);
      const model = new Model(maxEntries);
      for (const [index, { kind, key }] of steps.entries()) {
        if (kind === "set") {
          lru.set(key, index);
          model.set(key, index);
        } else if (kind === "clear") {
          lru.clear();
          model.clear();
        } else expect(lru[kind](key)).toEqual(model[kind](key));
        expect(lru.size).toBe(model.entries.length);
        for (const other of "abcdef") expect(lru.peek(other)).toBe(model.peek(other));
      }
    }),
    { numRuns: 2_000 },
  );
});
