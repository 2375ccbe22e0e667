import type { Client, NewOrder, PlacedOrder, Result, Stock } from "../sdk/client.ts";
import type { Tally } from "./tally.ts";
import type { Step } from "./workload.ts";

export interface TraderOptions {
  client: Client;
  /** Names this client in the lines for `onAnswer`. */
  label: string;
  steps: Iterable<Step>;
  tally: Tally;
  /** When it aborts, the call in flight is awaited and no further step is taken. */
  signal: AbortSignal;
  /** Called after each lookup and after each order with one line about it. */
  onAnswer: (line: string) => void;
  /** Called after each step. */
  onStep: () => void;
}

/** One client's loop: a lookup, perhaps an order, and the next. */
export async function trade({ client, label, steps, tally, signal, onAnswer, onStep }: TraderOptions) {
  for (const { name, order } of steps) {
    if (signal.aborted) return;
    const lookup = await timed(client.stocks.get(name));
    tally.lookup(lookup.result, lookup.latencyMs);
    onAnswer(`${label}: ${lookupLine(name, lookup.result)}`);
    if (order) {
      const placed = await timed(client.orders.place(order));
      tally.order(order, placed.result, placed.latencyMs);
      onAnswer(`${label}: ${orderLine(order, placed.result)}`);
    }
    onStep();
  }
}

async function timed<T>(call: Promise<T>): Promise<{ result: T; latencyMs: number }> {
  const startMs = performance.now();
  return { result: await call, latencyMs: performance.now() - startMs };
}

function lookupLine(name: string, { data, error }: Result<Stock>): string {
  if (error) return `looking up ${name} failed (${error.reason}): ${error.message}`;
  return `${name} is at ${data.price.toFixed(2)} a share, ${shares(data.quantity)} left`;
}

function orderLine({ type, name, quantity }: NewOrder, { data, error }: Result<PlacedOrder>): string {
  const what = `${shares(quantity)} of ${name}`;
  if (error) return `could not ${type} ${what} (${error.reason}): ${error.message}`;
  const done = type === "buy" ? "bought" : "sold";
  return `${done} ${what} at ${data.price.toFixed(2)} a share, order ${data.transaction_number}`;
}

function shares(count: number): string {
  return count === 1 ? "1 share" : `${count} shares`;
}
