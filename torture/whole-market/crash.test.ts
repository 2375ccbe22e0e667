import { expect, test } from "bun:test";

import { answerFaults, faultsIn, readBooks } from "../../testing/auditor.ts";
import { askUntilOutcome, startClients, type Outcome } from "../../testing/keyed-client.ts";
import { serviceNames, startMarket, type Market } from "../../testing/market.ts";

const killsEach = 10;
const clientCount = 8;

test("every acknowledged order is in the ledger exactly once, whatever is killed", async () => {
  await using market = await startMarket();
  const clients = startClients(clientCount, (order, key) => askUntilOutcome(market.url, order, key));
  const killed = await killInTurn(market);
  const outcomes = await clients.stop();
  const repeated = await askAgain(market.url, outcomes);

  for (const [index, { key, status, text }] of outcomes.entries())
    expect(repeated[index]).toMatchObject({ key, status, text, replayed: true });
  const books = readBooks(market.dataDir);
  expect(faultsIn(books)).toEqual([]);
  expect(answerFaults(books, outcomes)).toEqual([]);
  // Every client finished its last order, so each order is known to some client.
  expect(books.trades.length).toBe(outcomes.filter(({ status }) => status === 200).length);
  expect(books.refusals.length).toBe(outcomes.filter(({ status }) => status !== 200).length);

  const retried = outcomes.filter(({ tries }) => tries > 1).length;
  const insufficient = books.refusals.filter(({ reason }) => reason === "insufficient_quantity").length;
  expect(Math.min(retried, insufficient)).toBeGreaterThan(0);
  console.log(
    `${killed} kills, ${outcomes.length} orders of ${clientCount} clients: ${books.trades.length} trades, ` +
      `${books.refusals.length} refusals, ${retried} orders sent more than once, 0 faults`,
  );
}, 120_000);

/** Each service in turn, at a random moment. Every other time the next one dies before the market has recovered. */
async function killInTurn(market: Market): Promise<number> {
  const victims = Array.from({ length: killsEach }, () => serviceNames).flat();
  for (const [index, name] of victims.entries()) {
    await Bun.sleep(Math.random() * 200);
    await market.end(name, "SIGKILL");
    await Bun.sleep(Math.random() * 100);
    await market.start(name);
    if (index % 2 === 0) await market.ready();
  }
  await market.ready();
  return victims.length;
}

/** Asks for every key once more, some at a time. */
async function askAgain(url: string, outcomes: readonly Outcome[]): Promise<Outcome[]> {
  const repeated: Outcome[] = [];
  for (let from = 0; from < outcomes.length; from += 100)
    repeated.push(
      ...(await Promise.all(
        outcomes.slice(from, from + 100).map(({ order, key }) => askUntilOutcome(url, order, key)),
      )),
    );
  return repeated;
}
