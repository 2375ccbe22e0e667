import type { Random } from "../../testing/random.ts";
import { ask, dataIn, placing, reasonIn, versionOf, type Answer } from "./answers.ts";
import { stockNames } from "./ending.ts";
import type { Settings } from "./services.ts";

export interface OrderBody {
  name: string;
  type: "buy" | "sell";
  quantity: number;
}

/** One request for an order, as its client saw it. */
export interface Attempt extends Answer {
  key: string;
  order: OrderBody;
  begunAtMs: number;
  endedAtMs: number;
}

/** A stock that a client was shown. */
export interface Look {
  name: string;
  version: number;
  begunAtMs: number;
  endedAtMs: number;
}

/** Everything that the clients of a schedule remember. */
export interface Memory {
  attempts: Attempt[];
  looks: Look[];
  /** What no client may ever see, as it was seen. */
  faults: string[];
  /** Keys that still have no end. */
  pending: Set<string>;
}

export interface TraderOptions {
  name: string;
  orders: number;
  random: Random;
  memory: Memory;
  settings: Settings;
  nowMs(): number;
  /** Whether everything works again: then an order is repeated until it has an outcome. */
  isCalm(): boolean;
}

const nothingDone = ["overloaded", "unavailable", "storage_full"];
const notYet = ["outcome_unknown", "order_in_flight", ...nothingDone];

/** A client of the public API: it places orders with keys, repeats those without an outcome, and looks at stocks. */
export class Trader {
  readonly #options: TraderOptions;
  #placed: { key: string; order: OrderBody }[] = [];

  constructor(options: TraderOptions) {
    this.#options = options;
  }

  async trade(): Promise<void> {
    const { random, orders, name } = this.#options;
    const flows: Promise<void>[] = [];
    for (let index = 1; index <= orders; index += 1) {
      const flow = this.#settle(this.#chooseKey(`${name}-${index}`), this.#chooseOrder());
      flows.push(flow);
      // Some at once, some one after the other.
      if (random.chance(0.5)) await flow;
      if (random.chance(0.5)) await Bun.sleep(random.next() * 150);
      if (random.chance(0.3)) flows.push(this.#look());
    }
    await Promise.all(flows);
  }

  // Now and then a key again, by mistake, for what may be another order.
  #chooseKey(fresh: string): string {
    const { random } = this.#options;
    const earlier = this.#placed[random.integer(0, 1_000)];
    return earlier?.key ?? fresh;
  }

  #chooseOrder(): OrderBody {
    const { random } = this.#options;
    return {
      name: random.pick(["A", "A", "B", "B", "C", "nowhere"]),
      type: random.pick(["buy", "buy", "sell"]),
      quantity: random.integer(1, 12),
    };
  }

  /** Asks until there is an outcome; or gives up where it was told that nothing was done. */
  async #settle(key: string, order: OrderBody): Promise<void> {
    const { random, memory, isCalm } = this.#options;
    this.#placed.push({ key, order });
    const name = `${key} ${JSON.stringify(order)}`;
    memory.pending.add(name);
    for (;;) {
      // An impatient client sends the same again before the first is answered.
      const twice = random.chance(0.05)
        ? [this.#ask(key, order), this.#ask(key, order)]
        : [this.#ask(key, order)];
      const attempts = await Promise.all(twice);
      if (attempts.some(({ status, text }) => status !== undefined && !notYet.includes(reasonIn(text) ?? "")))
        break;
      const mayGiveUp = attempts.every(({ text }) => nothingDone.includes(reasonIn(text) ?? ""));
      if (mayGiveUp && !isCalm() && random.chance(0.4)) break;
      await Bun.sleep(20 + random.next() * 300);
    }
    memory.pending.delete(name);
  }

  async #ask(key: string, order: OrderBody): Promise<Attempt> {
    const { memory, nowMs, settings } = this.#options;
    const begunAtMs = nowMs();
    const attempt: Attempt = { key, order, begunAtMs, endedAtMs: Infinity, text: "{}" };
    memory.attempts.push(attempt);
    const reply = await ask("/orders", placing(key, order, settings.orderTimeoutMs * 2 + 1_000));
    Object.assign(attempt, reply, { endedAtMs: nowMs() });
    const number = dataIn(attempt.text)?.["transaction_number"];
    if (typeof number === "number") await this.#readBack(number);
    return attempt;
  }

  async #readBack(number: number): Promise<void> {
    const { random, memory } = this.#options;
    if (!random.chance(0.2)) return;
    const { status } = await ask(`/orders/${number}`, { signal: AbortSignal.timeout(3_000) });
    if (status === 404) memory.faults.push(`order ${number} was acknowledged, and is not found`);
  }

  async #look(): Promise<void> {
    const { random, memory, nowMs } = this.#options;
    const name = random.pick(stockNames);
    const begunAtMs = nowMs();
    const version = await versionOf(name, random.chance(0.2) ? { "cache-control": "no-cache" } : {});
    if (version !== undefined) memory.looks.push({ name, version, begunAtMs, endedAtMs: nowMs() });
  }
}
