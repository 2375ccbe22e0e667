import type { Random } from "../../testing/random.ts";
import { Exchange } from "./exchange.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";

export type Handle = (request: Request) => Response | Promise<Response>;

/** Who answers at an address. */
export interface Listener {
  process: SimProcess;
  handle: Handle;
}

/** How often a message meets with what. */
export interface Weather {
  /** The connection breaks before the request is there, or before the reply is. */
  loss: number;
  /** Nothing comes back, not even an error. */
  silence: number;
  /** The request arrives a second time, perhaps long after. */
  duplicate: number;
  slow: number;
  slowMs: number;
}

/** A message from a service of the first name to one of the second finds no way; `name>name`. */
type Way = `${string}>${string}`;

/** What lies between the processes: every `fetch` of a simulation goes through it, and meets with its weather. */
export class Network {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly weather: Weather;
  readonly #listeners = new Map<string, Listener>();
  readonly #cut = new Set<Way>();
  readonly #open = new Set<Exchange>();
  /** Bodies that arrived twice: "nothing was done" is true of one copy only. */
  readonly duplicated: string[] = [];
  /** Told of every answer as it leaves its service. */
  onAnswer: (from: SimProcess, path: string, text: string) => void = () => undefined;
  /** Requests that were sent and are not there yet. */
  onTheWay = 0;
  readonly counts = { messages: 0, lost: 0, silent: 0, duplicated: 0 };

  constructor(scheduler: Scheduler, random: Random, weather: Weather) {
    this.scheduler = scheduler;
    this.random = random;
    this.weather = weather;
  }

  listen(host: string, listener: Listener): void {
    this.#listeners.set(host, listener);
  }

  /** Nobody is at this address any more, and every connection with this process breaks. */
  leave(process: SimProcess): void {
    for (const [host, listener] of this.#listeners)
      if (listener.process === process) this.#listeners.delete(host);
    for (const exchange of this.#open) exchange.partyEnded(process);
  }

  cut(from: string, to: string, forMs: number): void {
    const way: Way = `${from}>${to}`;
    this.#cut.add(way);
    this.scheduler.schedule(this.scheduler.world, forMs, `mended ${way}`, () => this.#cut.delete(way));
  }

  /** Good weather from now on. */
  heal(): void {
    this.#cut.clear();
    Object.assign(this.weather, { loss: 0, silence: 0, duplicate: 0, slow: 0 });
  }

  listenerAt(host: string): Listener | undefined {
    const listener = this.#listeners.get(host);
    return listener?.process.isAlive ? listener : undefined;
  }

  isCut(from: SimProcess, to: string): boolean {
    return this.#cut.has(`${from.role}>${to}`);
  }

  delayMs(): number {
    const { slow, slowMs } = this.weather;
    const quickMs = this.random.next() * 2;
    return this.random.chance(slow) ? quickMs + this.random.next() * slowMs : quickMs;
  }

  /** Lets go of every connection. For the end of a simulation. */
  close(): void {
    for (const exchange of this.#open) exchange.forget();
  }

  /** `fetch` for whichever process runs now. */
  fetch = (url: string, init: RequestInit = {}): Promise<Response> => {
    const exchange = new Exchange(this, url, init, () => this.#open.delete(exchange));
    this.#open.add(exchange);
    return exchange.reply;
  };
}
