import {
  answerFaults,
  faultsIn,
  readBooks,
  undoneFaults,
  type Acknowledged,
  type Books,
} from "../../testing/auditor.ts";
import { replacedServiceKey } from "./replaced-service.ts";
import { reasonIn } from "./sim-client.ts";
import { startWallTimeMs } from "./sim-clock.ts";
import type { Attempt, Lookup, Observations } from "./trader.ts";

const refusals = [
  "insufficient_quantity",
  "limit_exceeded",
  "stock_not_found",
  "trading_halted",
  "price_changed",
];

export interface Evidence {
  seen: Observations;
  catalogFolder: string;
  orderFolder: string;
  /** The ledger of an order service that was replaced. */
  replacedFolder: string | undefined;
  /** Requests that the network delivered twice. */
  duplicated: readonly string[];
  /** The stocks' versions as the frontend shows them at the end. */
  shown: ReadonlyMap<string, number | undefined>;
}

/** Every violation after a schedule, a sentence each. */
export function violationsIn(evidence: Evidence): string[] {
  const { seen, catalogFolder, orderFolder, replacedFolder, duplicated } = evidence;
  const books = readBooks(catalogFolder, orderFolder);
  const outcomes = seen.attempts.filter(isOutcome);
  const isDuplicated = (key: string): boolean => duplicated.some((sent) => sent.includes(`"${key}"`));
  const maybeDone = new Set(seen.attempts.filter(({ text }) => !isNothingDone(text)).map(({ key }) => key));
  return [
    ...seen.violations,
    ...faultsIn(books),
    ...answerFaults(books, outcomes),
    ...undoneFaults(
      books,
      seen.attempts.filter(({ key }) => !maybeDone.has(key) && !isDuplicated(key)),
    ),
    ...earlyViolations(
      books,
      seen.attempts.filter(({ key }) => !isDuplicated(key)),
    ),
    ...books.trades
      .filter(({ order_id }) => order_id.endsWith(replacedServiceKey))
      .map(({ number }) => `trade ${number} was decided for an order service that had been replaced`),
    ...reuseViolations(books, seen.attempts),
    ...inFlightViolations(seen.attempts, isDuplicated),
    ...books.stocks
      .filter(({ name, version }) => evidence.shown.get(name) !== version)
      .map(
        ({ name, version }) => `${name} is at version ${version}, and shown at ${evidence.shown.get(name)}`,
      ),
    ...realTimeViolations(books, seen.attempts),
    ...lookupViolations(books, outcomes, seen.lookups),
    ...(replacedFolder === undefined
      ? []
      : replacedViolations(books, readBooks(catalogFolder, replacedFolder))),
  ];
}

function isOutcome(attempt: Attempt): attempt is Attempt & Acknowledged {
  return attempt.status === 200 || refusals.includes(reasonIn(attempt.text) ?? "");
}

function isNothingDone(text: string): boolean {
  return ["unavailable", "overloaded", "storage_full"].includes(reasonIn(text) ?? "");
}

/** An order was decided after a request for it was sent. One that was answered with "nothing was done" does not count. */
function earlyViolations(books: Books, attempts: readonly Attempt[]): string[] {
  const firstStartedMs = new Map<string, number>();
  for (const { key, text, startedAtMs } of attempts) {
    const earliest = firstStartedMs.get(key) ?? Infinity;
    firstStartedMs.set(key, isNothingDone(text) ? earliest : Math.min(earliest, startedAtMs));
  }
  return [...books.trades, ...books.refusals].flatMap(({ order_id, at }) => {
    const key = keyOf(order_id);
    const startedMs = firstStartedMs.get(key);
    return startedMs !== undefined && at < startWallTimeMs + Math.floor(startedMs)
      ? [`${key} was decided, and each request for it before then was answered that nothing was done`]
      : [];
  });
}

function keyOf(orderId: string): string {
  return orderId.slice(orderId.indexOf("\0") + 1);
}

/** idempotency_key_reused is right only when another order has the key. */
function reuseViolations(books: Books, attempts: readonly Attempt[]): string[] {
  const orderOf = new Map(books.trades.map((row) => [row.order_id, row]));
  const refused = new Set(books.refusals.map((row) => row.order_id));
  return attempts.flatMap(({ key, order, text }) => {
    if (reasonIn(text) !== "idempotency_key_reused") return [];
    const id = `anonymous\0${key}`;
    const row = orderOf.get(id);
    if (!row) return refused.has(id) ? [] : [`${key} was rejected as reused, and is in no book`];
    const { name, type, quantity } = row;
    return Bun.deepEquals({ name, type, quantity }, order)
      ? [`${key} was rejected as reused for its own order`]
      : [];
  });
}

/** order_in_flight is right only when the client has sent another request with that key. */
function inFlightViolations(attempts: readonly Attempt[], isDuplicated: (key: string) => boolean): string[] {
  return attempts
    .filter(({ text }) => reasonIn(text) === "order_in_flight")
    .filter(({ key }) => !isDuplicated(key))
    .filter(
      (rejected) =>
        !attempts.some(
          (other) =>
            other !== rejected && other.key === rejected.key && other.startedAtMs <= rejected.endedAtMs,
        ),
    )
    .map(({ key }) => `${key} was rejected as in flight in another request, and there is none`);
}

/** An order that was sent after another's answer has a larger number. */
function realTimeViolations(books: Books, attempts: readonly Attempt[]): string[] {
  const times = new Map<string, { startedAtMs: number; answeredAtMs: number }>();
  for (const { key, status, startedAtMs, endedAtMs } of attempts) {
    const earlier = times.get(key) ?? { startedAtMs, answeredAtMs: Infinity };
    const answeredAtMs = status === 200 ? Math.min(earlier.answeredAtMs, endedAtMs) : earlier.answeredAtMs;
    times.set(key, { startedAtMs: Math.min(earlier.startedAtMs, startedAtMs), answeredAtMs });
  }
  return books.trades.flatMap(afterAll(times));
}

function afterAll(times: Map<string, { startedAtMs: number; answeredAtMs: number }>) {
  let lastStartedMs = -Infinity;
  return ({ number, order_id }: { number: number; order_id: string }): string[] => {
    const own = times.get(keyOf(order_id));
    if (!own) return [];
    const isEarly = own.answeredAtMs < lastStartedMs;
    lastStartedMs = Math.max(lastStartedMs, own.startedAtMs);
    return isEarly ? [`trade ${number} was answered before one with a smaller number was sent`] : [];
  };
}

/** A lookup shows at least the version that any client had seen before it. */
function lookupViolations(
  books: Books,
  outcomes: readonly (Attempt & Acknowledged)[],
  lookups: readonly Lookup[],
): string[] {
  const rows = new Map(books.trades.map((row) => [row.order_id, row]));
  const answered = outcomes.flatMap(({ key, endedAtMs }) => {
    const row = rows.get(`anonymous\0${key}`);
    return row ? { name: row.name, version: row.stock_version, endedAtMs } : [];
  });
  return lookups.flatMap((lookup) =>
    [...answered, ...lookups]
      .filter(({ name, endedAtMs }) => name === lookup.name && endedAtMs < lookup.startedAtMs)
      .filter(({ version }) => version > lookup.version)
      .slice(0, 1)
      .map(
        ({ version }) =>
          `${lookup.name} was shown at version ${lookup.version} after version ${version} was known`,
      ),
  );
}

function replacedViolations(books: Books, older: Books): string[] {
  const isPrefix = Bun.deepEquals(older.ledger, books.trades.slice(0, older.ledger.length));
  return isPrefix ? [] : ["the replaced order service's ledger is not a prefix of the trade log"];
}
