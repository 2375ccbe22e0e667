import type { Clock } from "../../services/runtime/flow/clock.ts";
import type { Fetch } from "../../services/runtime/http/direct-fetch.ts";
import { timeoutSignal } from "./sim-clock.ts";

/** The reply to a request. Without a status there was none. */
export interface Answer {
  status?: number;
  text: string;
}

export interface OrderBody {
  name: string;
  type: "buy" | "sell";
  quantity: number;
}

interface Body {
  data?: Record<string, unknown>;
  error?: { reason: string };
}

const readTimeoutMs = 3_000;

/** A client of the public API in a simulated process of its own. Its calls never reject. */
export class SimClient {
  readonly clock: Clock;
  readonly #fetch: Fetch;

  constructor(clock: Clock, fetch: Fetch) {
    this.clock = clock;
    this.#fetch = fetch;
  }

  placeOrder(key: string, order: OrderBody, timeoutMs: number): Promise<Answer> {
    return this.#ask("/orders", timeoutMs, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(order),
    });
  }

  /** GET of a path of the frontend. */
  read(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#ask(path, readTimeoutMs, { headers });
  }

  /** The version of a stock as the frontend shows it; undefined when it shows none. */
  async versionOf(name: string, headers?: Record<string, string>): Promise<number | undefined> {
    const version = dataIn((await this.read(`/stocks/${name}`, headers)).text)?.["version"];
    return typeof version === "number" ? version : undefined;
  }

  async #ask(path: string, timeoutMs: number, init: RequestInit): Promise<Answer> {
    try {
      const signal = timeoutSignal(this.clock, timeoutMs);
      const response = await this.#fetch(`http://frontend${path}`, { ...init, signal });
      return { status: response.status, text: await response.text() };
    } catch {
      return { text: "{}" };
    }
  }
}

export function reasonIn(text: string): string | undefined {
  return (JSON.parse(text) as Body).error?.reason;
}

export function dataIn(text: string): Record<string, unknown> | undefined {
  return (JSON.parse(text) as Body).data;
}
