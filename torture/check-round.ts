import {
  answerFaults,
  faultsIn,
  undoneFaults,
  type Acknowledged,
  type Books,
  type TradeRow,
} from "../testing/auditor.ts";
import type { StreamEvent } from "../testing/event-follower.ts";
import type { Placed } from "./client.ts";
import { refusalViolations } from "./check-refusals.ts";

/** Everything that is checked after a round. */
export interface Evidence {
  books: Books;
  placed: readonly Placed[];
  /** The public event stream as each reader got it, from its beginning. */
  streams: readonly (readonly StreamEvent[])[];
  /** How often a stream may be reset, because the market was restored. */
  resetsMax?: number | undefined;
}

const client = "anonymous";

/** Contradictions between the books, the answers that clients got, and the event streams, a sentence each. */
export function violationsIn({ books, placed, streams, resetsMax = 0 }: Evidence): string[] {
  const answers = placed.flatMap(acknowledgedIn);
  const gaveUp = placed.flatMap(({ key, gaveUpWith: text }) => (text ? { key, text } : []));
  return [
    ...faultsIn(books),
    ...answerFaults(books, answers, client),
    ...undoneFaults(books, gaveUp, client),
    ...unorderedViolations(books, placed),
    ...realTimeViolations(books, placed),
    ...refusalViolations(books, placed),
    ...streams.flatMap((events) => streamViolations(books.ledger, events, resetsMax)),
  ];
}

function acknowledgedIn({ key, order: { name, type, quantity }, answer }: Placed): Acknowledged[] {
  return answer ? [{ key, order: { name, type, quantity }, status: answer.status, text: answer.text }] : [];
}

/** Trades that no client ordered, or not like this. Orders without an answer are checked here only. */
function unorderedViolations(books: Books, placed: readonly Placed[]): string[] {
  const ordered = new Map(placed.map(({ key, order }) => [`${client}\0${key}`, order]));
  return books.trades.flatMap((row) => {
    const order = ordered.get(row.order_id);
    if (!order) return `trade ${row.number} was ordered by no client`;
    const isSame = order.name === row.name && order.type === row.type && order.quantity === row.quantity;
    const isAgreed =
      order.expected_price === undefined || Math.round(order.expected_price * 100) === row.price_cents;
    return isSame && isAgreed ? [] : `trade ${row.number} is not what its client ordered`;
  });
}

/** An order that was sent after another's answer has the larger number: one pass, from the last number to the first. */
function realTimeViolations(books: Books, placed: readonly Placed[]): string[] {
  const byId = new Map(placed.map((one) => [`${client}\0${one.key}`, one]));
  const violations: string[] = [];
  let earliest: { number: number; answeredMs: number } | undefined;
  for (const { number, order_id } of books.trades.toReversed()) {
    const one = byId.get(order_id);
    if (!one) continue;
    if (earliest && earliest.answeredMs < one.startedMs)
      violations.push(`trade ${number} was sent after ${earliest.number} was answered`);
    const answeredMs = one.answer?.atMs ?? Infinity;
    if (!earliest || answeredMs < earliest.answeredMs) earliest = { number, answeredMs };
  }
  return violations;
}

/**
 * The stream shows every trade of the ledger once, in order, with its values. A reset names the position from which it
 * goes on; there are at most `resetsMax`.
 */
function streamViolations(
  ledger: readonly TradeRow[],
  events: readonly StreamEvent[],
  resetsMax: number,
): string[] {
  const resets = events.filter(({ event }) => event === "reset").length;
  const violations = resets > resetsMax ? ["the event stream was reset"] : [];
  let shown = 0;
  for (const { event, data } of events) {
    if (event === "reset") shown = data.trades;
    if (event !== "trade") continue;
    if (!isShown(ledger[shown], data))
      return [...violations, `the event stream shows ${data.number} where trade ${shown + 1} is due`];
    shown += 1;
  }
  if (shown < ledger.length) violations.push(`the event stream shows ${shown} of ${ledger.length} trades`);
  return violations;
}

function isShown(row: TradeRow | undefined, data: Record<string, unknown>): boolean {
  if (!row) return false;
  const { number, name, type, quantity, price_cents, quantity_after, stock_version } = row;
  const due = { number, name, type, quantity, price: price_cents / 100, quantity_after, stock_version };
  return Object.entries(due).every(([field, value]) => data[field] === value);
}
