import type { Random } from "../../testing/random.ts";
import { stockNames } from "./final-phase.ts";
import type { Settings } from "./services.ts";
import { dataIn, reasonIn, type Answer, type OrderBody, type SimClient } from "./sim-client.ts";

/** One request for an order, as its client saw it. */
export interface Attempt extends Answer {
  key: string;
  order: OrderBody;
  startedAtMs: number;
  endedAtMs: number;
}

/** A stock as a client saw it. */
export interface Lookup {
  name: string;
  version: number;
  startedAtMs: number;
  endedAtMs: number;
}

/** Everything that the clients of a schedule observed. */
export interface Observations {
  attempts: Attempt[];
  lookups: Lookup[];
  violations: string[];
  /** Orders whose clients still ask for an outcome. */
  pending: Set<string>;
}

export interface TraderOptions {
  name: string;
  orders: number;
  client: SimClient;
  random: Random;
  seen: Observations;
  settings: Settings;
  /** Whether all faults are healed: from then on an order is repeated until it has an outcome. */
  isHealed(): boolean;
}

const nothingDone = ["overloaded", "unavailable", "storage_full"];
const noOutcome = ["outcome_unknown", "order_in_flight", ...nothingDone];

const reusedKeyShare = 0.03;

/** Places orders with keys, repeats those without an outcome, and looks stocks up. */
export class Trader {
  readonly #options: TraderOptions;
  #placed: { key: string; order: OrderBody }[] = [];

  constructor(options: TraderOptions) {
    this.#options = options;
  }

  async trade(): Promise<void> {
    const { client, random, orders, name } = this.#options;
    const { clock } = client;
    const flows: Promise<void>[] = [];
    for (let index = 1; index <= orders; index += 1) {
      const flow = this.#trade(this.#chooseKey(`${name}-${index}`), this.#chooseOrder());
      flows.push(flow);
      // Some concurrently, some one after the other.
      if (random.chance(0.5)) await flow;
      if (random.chance(0.5)) await clock.sleep(random.next() * 250);
      if (random.chance(0.3)) flows.push(this.#lookUp());
    }
    await Promise.all(flows);
  }

  // Sometimes a key that was used shortly before, by mistake, often for another order: its first order may be in flight.
  #chooseKey(fresh: string): string {
    const { random } = this.#options;
    if (!random.chance(reusedKeyShare)) return fresh;
    return this.#placed.at(-random.integer(1, 3))?.key ?? fresh;
  }

  #chooseOrder(): OrderBody {
    const { random } = this.#options;
    return {
      name: random.pick(["A", "A", "B", "B", "C", "nowhere"]),
      type: random.pick(["buy", "buy", "sell"]),
      quantity: random.integer(1, 12),
    };
  }

  /** Repeats the order until it has an outcome; may give up when every answer was that nothing was done. */
  async #trade(key: string, order: OrderBody): Promise<void> {
    const { client, random, seen, isHealed } = this.#options;
    this.#placed.push({ key, order });
    const name = `${key} ${JSON.stringify(order)}`;
    seen.pending.add(name);
    for (;;) {
      // Sometimes it sends a second copy without waiting for the answer to the first.
      const twice = random.chance(0.05)
        ? [this.#placeOnce(key, order), this.#placeOnce(key, order)]
        : [this.#placeOnce(key, order)];
      const attempts = await Promise.all(twice);
      if (
        attempts.some(({ status, text }) => status !== undefined && !noOutcome.includes(reasonIn(text) ?? ""))
      )
        break;
      const mayGiveUp = attempts.every(({ text }) => nothingDone.includes(reasonIn(text) ?? ""));
      if (mayGiveUp && !isHealed() && random.chance(0.6)) break;
      await client.clock.sleep(20 + random.next() * 300);
    }
    seen.pending.delete(name);
  }

  async #placeOnce(key: string, order: OrderBody): Promise<Attempt> {
    const { client, seen, settings } = this.#options;
    const startedAtMs = client.clock.now();
    const attempt: Attempt = { key, order, startedAtMs, endedAtMs: Infinity, text: "{}" };
    seen.attempts.push(attempt);
    const reply = await client.placeOrder(key, order, settings.orderTimeoutMs * 2 + 1_000);
    Object.assign(attempt, reply, { endedAtMs: client.clock.now() });
    const number = dataIn(attempt.text)?.["transaction_number"];
    if (typeof number === "number") await this.#readBack(number);
    return attempt;
  }

  async #readBack(number: number): Promise<void> {
    const { client, random, seen } = this.#options;
    if (!random.chance(0.2)) return;
    const { status } = await client.read(`/orders/${number}`);
    if (status === 404) seen.violations.push(`order ${number} was acknowledged, and is not found`);
  }

  async #lookUp(): Promise<void> {
    const { client, random, seen } = this.#options;
    const name = random.pick(stockNames);
    const startedAtMs = client.clock.now();
    const version = await client.versionOf(name, random.chance(0.2) ? { "cache-control": "no-cache" } : {});
    if (version !== undefined)
      seen.lookups.push({ name, version, startedAtMs, endedAtMs: client.clock.now() });
  }
}
