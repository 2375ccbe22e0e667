import { expect, test } from "bun:test";
import fc, { type Scheduler } from "fast-check";

import type { Stock } from "../../contract/stock.ts";
import { ok } from "../../contract/reply.ts";
import { keptLog } from "../../../testing/kept-log.ts";
import { systemClock } from "../../runtime/flow/clock.ts";
import { StockCache } from "./cache.ts";
import { CatalogModel } from "./catalog-model.fixture.ts";
import { MarketLogs } from "../events/market-logs.ts";
import { catalogFeedHandlers } from "../feeds.ts";

const silenceMs = 1_000;
const names = ["A", "B"] as const;

const Name = fc.constantFrom(...names);
const Action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("look up" as const), name: Name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("look up afresh" as const), name: Name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("trade" as const), name: Name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("another's trade" as const), name: Name }) },
  { weight: 1, arbitrary: fc.constant({ kind: "heartbeat" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "cut" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
  },
);
type Action = typeof Action extends fc.Arbitrary<infer T> ? T : never;

/** A frontend's cache, lookup and feed handlers over the model, watched by readers that remember what they saw. */
class World {
  readonly faults: string[] = [];
  hits = 0;
  /** By stock, the highest version that any answer has shown, or that an acknowledged trade left. */
  readonly #known = new Map<string, number>();
  readonly #catalog: CatalogModel;
  readonly #cache: StockCache;
  #nowMs = 0;
  #receivedAtMs = -Infinity;

  constructor(scheduler: Scheduler, maxStocks: number) {
    this.#cache = new StockCache({
      catalog: { stock: (name) => this.#catalog.stock(name) },
      maxStocks,
      isOn: true,
      silenceMs,
      clock: { now: () => this.#nowMs },
    });
    const logs = new MarketLogs(
      { trades: async () => ok({ trades: [] }), changes: async () => ok({ changes: [] }) },
      systemClock,
    );
    const handlers = catalogFeedHandlers(this.#cache, logs, keptLog().log);
    this.#catalog = new CatalogModel(scheduler, names, handlers, () => (this.#receivedAtMs = this.#nowMs));
  }

  async act(action: Action): Promise<void> {
    switch (action.kind) {
      case "look up":
        // And again, as soon as it is answered: what it saw may not be there any more.
        await this.#read(action.name, false);
        return this.#read(action.name, false);
      case "look up afresh":
        await this.#read(action.name, true);
        return this.#read(action.name, false);
      case "trade": {
        const state = await this.#catalog.trade(action.name);
        if (!state) return;
        // As the gateway does it: the state first, the answer after.
        this.#cache.applyOwnTrades([], { outcomes: [], stocks: [state] });
        return this.#learn(state.name, state.version);
      }
      case "another's trade":
        await this.#catalog.trade(action.name);
        return;
      case "heartbeat":
        return this.#catalog.heartbeat();
      case "cut":
        return this.#catalog.cut();
      case "restart":
        return this.#catalog.restart();
      case "time":
        this.#nowMs += action.ms;
    }
  }

  connect(): Promise<void> {
    return this.#catalog.connect();
  }

  async #read(name: string, isFreshWanted: boolean): Promise<void> {
    const known = this.#known.get(name) ?? 0;
    const kept = isFreshWanted ? undefined : this.#cache.get(name);
    if (kept) this.#checkHit(name, versionIn(kept));
    const reply = kept ? { body: kept } : await this.#cache.ask(name, isFreshWanted);
    if (!("body" in reply)) return;
    const version = versionIn(reply.body);
    this.#check(version >= known, `${name} went back from ${known} to ${version}`);
    this.#check(this.#cache.size <= 2, "the cache is not bounded");
    this.#learn(name, version);
  }

  #checkHit(name: string, version: number): void {
    this.hits += 1;
    const { received } = this.#catalog;
    this.#check(received !== undefined, `${name} was a hit without a feed`);
    const sent = received?.get(name) ?? 0;
    this.#check(
      version >= sent,
      `${name} was a hit at ${version} although an event of ${sent} had been received`,
    );
    const quietMs = this.#nowMs - this.#receivedAtMs;
    this.#check(quietMs < silenceMs, `${name} was a hit after ${quietMs} ms of silence`);
  }

  #learn(name: string, version: number): void {
    this.#known.set(name, Math.max(version, this.#known.get(name) ?? 0));
  }

  #check(isTrue: boolean, fault: string): void {
    if (!isTrue) this.faults.push(fault);
  }
}

function versionIn(body: Uint8Array): number {
  const { data } = JSON.parse(new TextDecoder().decode(body)) as { data: Stock };
  return data.quantity === data.version * 10 && data.volume === data.version ? data.version : Number.NaN;
}

/**
 * Whatever the order in which lookups, trades, feed events, cuts, silences and restarts take effect:
 * 1. no answer to a lookup shows less than an answer that came before it began (a version never goes back), or than
 *    a trade that was acknowledged before it began (a reader never misses its own write);
 * 2. no hit is stale: it shows at least the version that the catalog had published when it sent the last event that the
 *    frontend received on a connection that it takes to be up (later events are in flight, and cannot be known here);
 * 3. there is no hit without a feed, nor when `silenceMs` have passed since its last event.
 */
test("a lookup never goes back, never misses an own write, and is never a stale hit", async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(Action, { minLength: 5, maxLength: 30 }),
      fc.integer({ min: 1, max: 2 }),
      async (scheduler, actions, maxStocks) => {
        const world = new World(scheduler, maxStocks);
        await world.connect();
        const begun: Promise<void>[] = [];
        void (async () => {
          for (const action of actions) {
            await scheduler.schedule(Promise.resolve(), action.kind);
            begun.push(world.act(action));
          }
        })();
        await scheduler.waitIdle();
        await Promise.all(begun);
        expect(begun.length).toBe(actions.length);
        hits += world.hits;
        expect(world.faults).toEqual([]);
      },
    ),
    { numRuns: 2_500 },
  );
  // The properties hold of hits, so there must be some.
  expect(hits).toBeGreaterThan(2_000);
}, 30_000);
