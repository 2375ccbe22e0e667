import {
  answerFaults,
  faultsIn,
  readBooks,
  undoneFaults,
  type Acknowledged,
  type Books,
} from "../../testing/auditor.ts";
import { reasonIn } from "./answers.ts";
import { probeKey } from "./ending.ts";
import type { Attempt, Look, Memory } from "./trader.ts";

const refusals = [
  "insufficient_quantity",
  "limit_exceeded",
  "stock_not_found",
  "trading_halted",
  "price_changed",
];

export interface Evidence {
  memory: Memory;
  catalogFolder: string;
  orderFolder: string;
  /** The ledger of an order service that was replaced. */
  replacedFolder: string | undefined;
  /** Requests that the network delivered twice. */
  duplicated: readonly string[];
  /** What the frontend shows in the end. */
  shown: ReadonlyMap<string, number | undefined>;
}

/** Everything that is wrong after a schedule, a sentence each. */
export function verdictOn(evidence: Evidence): string[] {
  const { memory, catalogFolder, orderFolder, replacedFolder, duplicated } = evidence;
  const books = readBooks(catalogFolder, orderFolder);
  const outcomes = memory.attempts.filter(isOutcome);
  const isDoubled = (key: string): boolean => duplicated.some((sent) => sent.includes(`"${key}"`));
  const unsure = new Set(memory.attempts.filter(({ text }) => !isPromise(text)).map(({ key }) => key));
  return [
    ...memory.faults,
    ...faultsIn(books),
    ...answerFaults(books, outcomes),
    ...undoneFaults(
      books,
      memory.attempts.filter(({ key }) => !unsure.has(key) && !isDoubled(key)),
    ),
    ...books.trades
      .filter(({ order_id }) => order_id.endsWith(probeKey))
      .map(({ number }) => `trade ${number} was decided for an order service that had been replaced`),
    ...reuseFaults(books, memory.attempts),
    ...inFlightFaults(memory.attempts, isDoubled),
    ...books.stocks
      .filter(({ name, version }) => evidence.shown.get(name) !== version)
      .map(
        ({ name, version }) => `${name} is at version ${version}, and shown at ${evidence.shown.get(name)}`,
      ),
    ...timeFaults(books, memory.attempts),
    ...lookFaults(books, outcomes, memory.looks),
    ...(replacedFolder === undefined ? [] : replacedFaults(books, readBooks(catalogFolder, replacedFolder))),
  ];
}

function isOutcome(attempt: Attempt): attempt is Attempt & Acknowledged {
  return attempt.status === 200 || refusals.includes(reasonIn(attempt.text) ?? "");
}

function isPromise(text: string): boolean {
  return ["unavailable", "overloaded", "storage_full"].includes(reasonIn(text) ?? "");
}

/** Who was told that a key was used for another order must be right. */
function reuseFaults(books: Books, attempts: readonly Attempt[]): string[] {
  const orderOf = new Map(books.trades.map((row) => [row.order_id, row]));
  const refused = new Set(books.refusals.map((row) => row.order_id));
  return attempts.flatMap(({ key, order, text }) => {
    if (reasonIn(text) !== "idempotency_key_reused") return [];
    const id = `anonymous\0${key}`;
    const row = orderOf.get(id);
    if (!row) return refused.has(id) ? [] : [`${key} was called used, and is in no book`];
    const { name, type, quantity } = row;
    return Bun.deepEquals({ name, type, quantity }, order)
      ? [`${key} was called used for its own order`]
      : [];
  });
}

/** Whoever is told that a key is under way in another request must have another. */
function inFlightFaults(attempts: readonly Attempt[], isDoubled: (key: string) => boolean): string[] {
  return attempts
    .filter(({ text }) => reasonIn(text) === "order_in_flight")
    .filter(({ key }) => !isDoubled(key))
    .filter(
      (told) =>
        !attempts.some(
          (other) => other !== told && other.key === told.key && other.begunAtMs <= told.endedAtMs,
        ),
    )
    .map(({ key }) => `${key} was called under way in another request, and there is none`);
}

/** An order that began after another's answer has a larger number. */
function timeFaults(books: Books, attempts: readonly Attempt[]): string[] {
  const times = new Map<string, { begunAtMs: number; answeredAtMs: number }>();
  for (const { key, status, begunAtMs, endedAtMs } of attempts) {
    const earlier = times.get(key) ?? { begunAtMs, answeredAtMs: Infinity };
    const answeredAtMs = status === 200 ? Math.min(earlier.answeredAtMs, endedAtMs) : earlier.answeredAtMs;
    times.set(key, { begunAtMs: Math.min(earlier.begunAtMs, begunAtMs), answeredAtMs });
  }
  return books.trades.flatMap(afterAll(times));
}

function afterAll(times: Map<string, { begunAtMs: number; answeredAtMs: number }>) {
  let lastBegunMs = -Infinity;
  return ({ number, order_id }: { number: number; order_id: string }): string[] => {
    const own = times.get(order_id.slice(order_id.indexOf("\0") + 1));
    if (!own) return [];
    const isEarly = own.answeredAtMs < lastBegunMs;
    lastBegunMs = Math.max(lastBegunMs, own.begunAtMs);
    return isEarly ? [`trade ${number} was answered before one with a smaller number had begun`] : [];
  };
}

/** Whoever looks sees at least what anyone had been told of before. */
function lookFaults(
  books: Books,
  outcomes: readonly (Attempt & Acknowledged)[],
  looks: readonly Look[],
): string[] {
  const rows = new Map(books.trades.map((row) => [row.order_id, row]));
  const told = outcomes.flatMap(({ key, endedAtMs }) => {
    const row = rows.get(`anonymous\0${key}`);
    return row ? { name: row.name, version: row.stock_version, endedAtMs } : [];
  });
  return looks.flatMap((look) =>
    [...told, ...looks]
      .filter(({ name, endedAtMs }) => name === look.name && endedAtMs < look.begunAtMs)
      .filter(({ version }) => version > look.version)
      .slice(0, 1)
      .map(
        ({ version }) =>
          `${look.name} was shown at version ${look.version} after version ${version} was known`,
      ),
  );
}

function replacedFaults(books: Books, older: Books): string[] {
  const isPrefix = Bun.deepEquals(older.ledger, books.trades.slice(0, older.ledger.length));
  return isPrefix ? [] : ["the replaced order service's ledger is not a prefix of the trade log"];
}
