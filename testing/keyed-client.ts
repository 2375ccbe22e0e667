import { setTimeout as sleep } from "node:timers/promises";

import type { Acknowledged } from "./auditor.ts";
import { postOrder, type OrderBody, type Target } from "./http-client.ts";

/** The answer to an order: an outcome or a failure. */
export interface Reply extends Acknowledged {
  order: OrderBody;
  replayed: boolean;
}

/** An outcome, with the number of times that the order was sent. */
export interface Outcome extends Reply {
  tries: number;
}

const refusals = ["insufficient_quantity", "limit_exceeded", "stock_not_found"];
const retryDelayMs = 10;
const pauseMs = 2;

/**
 * Sends an order with its key again and again until it has an outcome, whatever happens in between: no connection,
 * no answer, a 503, the key in flight. Throws on an answer that a client must never see.
 */
export async function askUntilOutcome(target: Target, order: OrderBody, key: string): Promise<Outcome> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await tryOnce(target, order, key);
    if (outcome) return { ...outcome, tries };
    await sleep(retryDelayMs);
  }
}

async function tryOnce(target: Target, order: OrderBody, key: string): Promise<Outcome | undefined> {
  const reply = await askOnce(target, order, key).catch(() => undefined);
  if (!reply || reply.status === 503) return undefined;
  const reason = reasonOf(reply);
  if (reason === undefined || refusals.includes(reason)) return { ...reply, tries: 1 };
  if (reason === "order_in_flight") return undefined;
  throw new Error(`${key} got ${reply.status} ${reply.text}`);
}

/** One order, sent once. Rejects when no answer comes. */
export async function askOnce(target: Target, order: OrderBody, key: string): Promise<Reply> {
  const response = await postOrder(target, order, key);
  const replayed = response.headers.get("idempotency-replayed") === "true";
  return { key, order, status: response.status, text: await response.text(), replayed };
}

/** The `reason` of an answer, undefined for an order that traded. */
export function reasonOf({ status, text }: Pick<Reply, "status" | "text">): string | undefined {
  return status === 200 ? undefined : String(JSON.parse(text).error?.reason);
}

export interface Clients<Answer> {
  /** The answers so far. */
  answers: Answer[];
  /** Waits until each client has finished its order. Rejects if a client failed. */
  stop(): Promise<Answer[]>;
}

/** Clients that each place one random order after the other until stopped; `ask` gets the answer to each. */
export function startClients<Answer>(
  count: number,
  ask: (order: OrderBody, key: string) => Promise<Answer>,
): Clients<Answer> {
  const answers: Answer[] = [];
  let stopping = false;
  const trade = async (): Promise<void> => {
    while (!stopping) {
      answers.push(await ask(randomOrder(), crypto.randomUUID()));
      await sleep(pauseMs);
    }
  };
  const ended = Promise.all(Array.from({ length: count }, trade));
  // A failure is thrown by stop().
  ended.catch(() => (stopping = true));
  return {
    answers,
    async stop() {
      stopping = true;
      await ended;
      return answers;
    },
  };
}

const names = ["GameStart", "BoarCo", "MenhirCo", "NoSuchCo"];

/** Buys and sells in balance around the 100 shares that a stock opens with: some buys ask for too many. */
function randomOrder(): OrderBody {
  const name = names[Math.floor(Math.random() * names.length)] ?? "GameStart";
  return { name, type: Math.random() < 0.5 ? "buy" : "sell", quantity: 1 + Math.floor(Math.random() * 60) };
}
