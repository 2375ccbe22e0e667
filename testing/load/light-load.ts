import { postOrder } from "../http-client.ts";

interface Sample {
  /** In ms since 1970. */
  sentAt: number;
  tookMs: number;
  isAccepted: boolean;
}

const pauseMs = 5;
const hangMs = 10_000;
/** Orders in a row whose median must be as it was. */
const windowOrders = 9;

/** One order at a time, before, during and after an overload: its latency shows when the market has recovered. */
export class LightLoad {
  /** The transaction numbers of the accepted. */
  readonly numbers: number[] = [];
  /** Orders whose outcome is not known. */
  unknown = 0;
  readonly #samples: Sample[] = [];
  readonly #url: string;
  readonly #trading: Promise<void>;
  #isStopping = false;

  constructor(url: string) {
    this.#url = url;
    this.#trading = this.#trade();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#trading;
  }

  /** Median of all so far, in ms. */
  get medianMs(): number {
    return medianMs(this.#samples);
  }

  /** From `atMs` on to the first order that was accepted; undefined when none was. */
  acceptedAfter(atMs: number): number | undefined {
    const first = this.#samples.find(({ sentAt, isAccepted }) => sentAt >= atMs && isAccepted);
    return first && first.sentAt + first.tookMs - atMs;
  }

  /** From `atMs` on until the median of a few orders in a row was at most `limitMs`; undefined while it was not. */
  backAfter(atMs: number, limitMs: number): number | undefined {
    const since = this.#samples.filter(({ sentAt }) => sentAt >= atMs);
    for (let end = windowOrders; end <= since.length; end += 1) {
      const last = since[end - 1];
      if (last && medianMs(since.slice(end - windowOrders, end)) <= limitMs)
        return last.sentAt + last.tookMs - atMs;
    }
    return undefined;
  }

  async #trade(): Promise<void> {
    for (let order = 0; !this.#isStopping; order += 1) {
      const sentAt = Date.now();
      const started = performance.now();
      const isAccepted = await this.#order(order % 2 === 0 ? "sell" : "buy");
      this.#samples.push({ sentAt, tookMs: performance.now() - started, isAccepted });
      await Bun.sleep(pauseMs);
    }
  }

  async #order(type: "sell" | "buy"): Promise<boolean> {
    try {
      const order = { name: "GameStart", type, quantity: 1 };
      const response = await postOrder(this.#url, order, undefined, AbortSignal.timeout(hangMs));
      const { data, error } = (await response.json()) as {
        data?: { transaction_number: number };
        error?: { reason: string };
      };
      if (data) this.numbers.push(data.transaction_number);
      if (error?.reason === "outcome_unknown") this.unknown += 1;
      return data !== undefined;
    } catch {
      this.unknown += 1;
      return false;
    }
  }
}

/** An order that was not accepted counts as infinitely slow. */
function medianMs(samples: readonly Sample[]): number {
  const sorted = samples
    .map(({ tookMs, isAccepted }) => (isAccepted ? tookMs : Infinity))
    .toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Infinity;
}
