import type { Fetch } from "../../services/runtime/http/direct-fetch.ts";
import type { Random } from "../../testing/random.ts";
import { Exchange } from "./exchange.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";

export type Handle = (request: Request) => Response | Promise<Response>;

/** The service at an address. */
export interface Listener {
  process: SimProcess;
  handle: Handle;
}

/** Probabilities of the faults of one message. */
export interface NetworkFaultRates {
  /** The connection breaks before the request arrives, or before the reply does. */
  loss: number;
  /** The caller gets nothing, not even an error. */
  silence: number;
  /** The request arrives a second time, up to a second later. */
  duplicate: number;
  slow: number;
  slowMs: number;
}

/** From a role to a role: `order>catalog`. */
type Direction = `${string}>${string}`;

/** The simulated network: every call between processes goes through it, and can meet a fault. */
export class Network {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faultRates: NetworkFaultRates;
  readonly #listeners = new Map<string, Listener>();
  readonly #cut = new Set<Direction>();
  readonly #refusing = new Set<string>();
  readonly #open = new Set<Exchange>();
  /** Requests that arrived twice: an answer that nothing was done then speaks of one copy only. */
  readonly duplicated: string[] = [];
  /** Called with every answer as it leaves its service. */
  onAnswer: (from: SimProcess, path: string, text: string) => void = () => undefined;
  /** Requests that were sent and have not arrived. */
  requestsUnderWay = 0;
  readonly counts = { messages: 0, lost: 0, silent: 0, duplicated: 0 };

  constructor(scheduler: Scheduler, random: Random, faultRates: NetworkFaultRates) {
    this.scheduler = scheduler;
    this.random = random;
    this.faultRates = faultRates;
  }

  listen(host: string, listener: Listener): void {
    this.#listeners.set(host, listener);
  }

  /** Nothing listens at the addresses of this process any more, and its connections break. */
  disconnect(process: SimProcess): void {
    for (const [host, listener] of this.#listeners)
      if (listener.process === process) this.#listeners.delete(host);
    for (const exchange of this.#open) exchange.processEnded(process);
  }

  cut(from: string, to: string, forMs: number): void {
    const direction: Direction = `${from}>${to}`;
    this.#cut.add(direction);
    this.scheduler.schedule(this.scheduler.world, forMs, `healed ${direction}`, () =>
      this.#cut.delete(direction),
    );
  }

  /** Connections to this address are refused. */
  refuse(host: string, forMs: number): void {
    this.#refusing.add(host);
    this.scheduler.schedule(this.scheduler.world, forMs, `healed ${host}`, () => this.#refusing.delete(host));
  }

  /** No more faults. */
  heal(): void {
    this.#cut.clear();
    this.#refusing.clear();
    Object.assign(this.faultRates, { loss: 0, silence: 0, duplicate: 0, slow: 0 });
  }

  listenerAt(host: string): Listener | undefined {
    const listener = this.#listeners.get(host);
    return listener?.process.isAlive && !this.#refusing.has(host) ? listener : undefined;
  }

  isCut(from: SimProcess, to: string): boolean {
    return this.#cut.has(`${from.role}>${to}`);
  }

  delayMs(): number {
    const { slow, slowMs } = this.faultRates;
    const quickMs = this.random.next() * 2;
    return this.random.chance(slow) ? quickMs + this.random.next() * slowMs : quickMs;
  }

  /** Drops every connection, at the end of a simulation. */
  close(): void {
    for (const exchange of this.#open) exchange.drop();
  }

  /** `fetch` as this process has it. */
  fetchOf(process: SimProcess): Fetch {
    return (url, init = {}) => {
      const exchange = new Exchange({ network: this, caller: process, url, init }, () =>
        this.#open.delete(exchange),
      );
      this.#open.add(exchange);
      return exchange.reply;
    };
  }
}
