import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import { answerFaults, faultsIn, readBooks } from "../testing/auditor.ts";
import { askUntilOutcome, startClients } from "../testing/keyed-client.ts";
import { serviceNames, startMarket } from "../testing/market.ts";
import { until } from "../testing/until.ts";

const deadlineMs = 10_000;

/** What remains for the next process that opens the database. */
function walBytes(dataDir: string, name: string): number {
  const path = join(dataDir, `${name}.db-wal`);
  return existsSync(path) ? statSync(path).size : 0;
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s ends each service under load in time, with code 0, a clean file and every acknowledged order",
  async (signal) => {
    await using market = await startMarket();
    const clients = startClients(16, (order, key) => askUntilOutcome(market.url, order, key));
    for (const name of serviceNames) {
      const { length } = clients.answers;
      await until(async () => clients.answers.length >= length + 100, 20_000, "100 more outcomes");
      const startedAtMs = performance.now();
      expect(await market.end(name, signal)).toBe(0);
      expect(performance.now() - startedAtMs).toBeLessThan(deadlineMs);
      expect(walBytes(market.dataDir, name)).toBe(0);
      await market.start(name);
      await market.ready();
    }
    const outcomes = await clients.stop();
    for (const name of serviceNames) expect(await market.end(name, signal)).toBe(0);

    for (const name of serviceNames) expect(walBytes(market.dataDir, name)).toBe(0);
    const books = readBooks(market.dataDir);
    expect(faultsIn(books)).toEqual([]);
    expect(answerFaults(books, outcomes)).toEqual([]);
    expect(books.trades.length).toBe(outcomes.filter(({ status }) => status === 200).length);
  },
  60_000,
);
