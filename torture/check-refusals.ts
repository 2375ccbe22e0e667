import type { Books } from "../testing/auditor.ts";
import type { Placed } from "./client.ts";

/** The quantity of a stock after a trade. */
interface Level {
  number: number;
  quantity: number;
}

/**
 * Refusals whose reason held at no moment between the order's sending and its answer. A refusal has no number, but it
 * comes after every trade that was answered before it was sent, and before every trade that was sent after its answer.
 */
export function refusalViolations(books: Books, placed: readonly Placed[]): string[] {
  const numbers = new Map(books.trades.map((row) => [row.order_id, row.number]));
  const traded = placed.flatMap(({ key, startedMs, answer }) => {
    const number = numbers.get(`anonymous\0${key}`);
    return number === undefined ? [] : { number, startedMs, answeredMs: answer?.atMs ?? Infinity };
  });
  const lastBefore = running(traded.map(({ answeredMs, number }) => ({ atMs: answeredMs, number })));
  const firstAfter = running(traded.map(({ startedMs, number }) => ({ atMs: -startedMs, number: -number })));
  const prices = new Map(books.openings.map(({ name, price_cents }) => [name, price_cents]));
  const levels = levelsOf(books);

  return placed.flatMap(({ key, order, startedMs, answer }) => {
    if (!answer || answer.status === 200) return [];
    const { reason } = JSON.parse(answer.text).error as { reason: string };
    const after = Math.max(0, lastBefore(startedMs));
    const before = -firstAfter(-answer.atMs);
    const isExplained = (): boolean => {
      switch (reason) {
        case "stock_not_found":
          return !prices.has(order.name);
        case "price_changed":
          return Math.round((order.expected_price ?? 0) * 100) !== prices.get(order.name);
        case "insufficient_quantity":
          return (
            order.type === "buy" && leastBetween(levels.get(order.name) ?? [], after, before) < order.quantity
          );
        default:
          return false;
      }
    };
    return isExplained() ? [] : `${key} was refused as ${reason}, which held at no moment of its time`;
  });
}

/** For a time: the largest number of the moments before it, or -Infinity. */
function running(moments: { atMs: number; number: number }[]): (beforeMs: number) => number {
  const sorted = moments.toSorted((one, other) => one.atMs - other.atMs);
  let largest = Number.NEGATIVE_INFINITY;
  const largests = sorted.map(({ number }) => (largest = Math.max(largest, number)));
  return (beforeMs) => {
    let from = 0;
    for (let to = sorted.length; from < to;) {
      const middle = (from + to) >> 1;
      if ((sorted[middle]?.atMs ?? 0) < beforeMs) from = middle + 1;
      else to = middle;
    }
    return largests[from - 1] ?? Number.NEGATIVE_INFINITY;
  };
}

function levelsOf(books: Books): Map<string, Level[]> {
  const levels = new Map(
    books.openings.map(({ name, quantity_delta }) => [name, [{ number: 0, quantity: quantity_delta }]]),
  );
  for (const { number, name, quantity_after } of books.trades)
    levels.get(name)?.push({ number, quantity: quantity_after });
  return levels;
}

/** The smallest quantity between trade `after` (its result included) and trade `before`. */
function leastBetween(levels: readonly Level[], after: number, before: number): number {
  const first = levels.findLastIndex(({ number }) => number <= after);
  const upTo = levels.filter(({ number }, index) => index >= first && number < before);
  return Math.min(...upTo.map(({ quantity }) => quantity));
}
