import { errorBody, type ErrorBody } from "../contract/errors.ts";
import type { OrderInput } from "../contract/order-input.ts";
import type { OrderOutcome } from "../contract/order.ts";
import { receiptOf, type Receipt } from "../contract/trade.ts";
import type { BatchItem } from "./batch.ts";
import type { Submitter } from "./submitter.ts";

/** One item of a batch's answer: what a single order would have got, and what its headers would have said. */
export type BatchEntry =
  { data: Receipt; replayed?: true } | (ErrorBody & { replayed?: true; idempotency_key?: string });

/** Takes orders in for one client. `requestId` names the HTTP request, so that only its own copies join it. */
export class OrderEntry {
  readonly #submitter: Submitter;

  constructor(submitter: Submitter) {
    this.#submitter = submitter;
  }

  /** Whether `count` more orders would be answered in good time. Asked before a body is even parsed. */
  hasRoom(count: number): boolean {
    return this.#submitter.hasRoom(count);
  }

  place(client: string, key: string, order: OrderInput): Promise<OrderOutcome> {
    return this.#submitter.submit({ request_id: Bun.randomUUIDv7(), client, key, ...order });
  }

  /** Decided in order; an item whose key an earlier item has waits for that one, and then replays it or is refused. */
  async placeMany(client: string, items: readonly BatchItem[]): Promise<BatchEntry[]> {
    const lastWith = new Map<string, Promise<Turn>>();
    return Promise.all(
      items.map(async (item): Promise<BatchEntry> => {
        if (!item.order) return errorBody("invalid_request", item.wrong);
        const { key, order } = item;
        const turn = this.#placeAfter(lastWith.get(key), client, key, order);
        lastWith.set(key, turn);
        return entryOf(order, (await turn).outcome, key);
      }),
    );
  }

  async #placeAfter(
    earlier: Promise<Turn> | undefined,
    client: string,
    key: string,
    order: OrderInput,
  ): Promise<Turn> {
    const placed = earlier && (await earlier).placed;
    const outcome = placed && repeated(placed, order);
    if (outcome) return { outcome, placed };
    const own = { order, outcome: await this.place(client, key, order) };
    return { outcome: own.outcome, placed: own };
  }
}

interface Placed {
  order: OrderInput;
  outcome: OrderOutcome;
}

/** What an item got, and which order of its key it got it from: its own, or that of an item before it. */
interface Turn {
  outcome: OrderOutcome;
  placed: Placed;
}

/**
 * What an order gets whose key an earlier one has: the same outcome, or the word that the key was used. Undefined when
 * only the catalog can tell. What failed just now is not tried again within its batch: all would wait for it.
 */
function repeated(placed: Placed, order: OrderInput): OrderOutcome | undefined {
  const { outcome } = placed;
  const isSame = Bun.deepEquals(order, placed.order);
  if (outcome.kind === "failed")
    return outcome.reason === "idempotency_key_reused" && !isSame ? undefined : outcome;
  return isSame ? { ...outcome, replayed: true } : { kind: "failed", reason: "idempotency_key_reused" };
}

function entryOf(order: OrderInput, outcome: OrderOutcome, key: string): BatchEntry {
  const replayed = outcome.kind !== "failed" && outcome.replayed && ({ replayed: true } as const);
  if (outcome.kind === "traded") return { data: receiptOf(order, outcome.fill), ...replayed };
  const unknown = outcome.reason === "outcome_unknown" && { idempotency_key: key };
  return { ...errorBody(outcome.reason), ...replayed, ...unknown };
}
