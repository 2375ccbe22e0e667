import { afterEach, beforeEach, expect, test } from "bun:test";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";

import { writeBackup } from "../books/backup/backup.ts";
import { restore } from "../books/backup/restore.ts";
import { runAudit } from "../books/audit/run.ts";
import { FileSource } from "../books/audit/store.ts";
import { answerFaults, faultsIn, readBooks } from "../testing/auditor.ts";
import { followEvents } from "../testing/event-follower.ts";
import { type Reply, askOnce, askUntilOutcome, reasonOf } from "../testing/keyed-client.ts";
import { startMarket, type Market } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { until } from "../testing/until.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const buy = { name: "BoarCo", type: "buy", quantity: 1 } as const;

/** One buy, however often it must be sent: a busy machine may need more than the order timeout for it. */
async function buyOnce(market: Market, key: string): Promise<Reply & { number: number }> {
  const reply = await askUntilOutcome(market.url, buy, key);
  expect(reply.status).toBe(200);
  return { ...reply, number: JSON.parse(reply.text).data.transaction_number };
}

async function quantityLeft(market: Market): Promise<number> {
  return (await (await fetch(`${market.url}/stocks/BoarCo`)).json()).data.quantity;
}

/** Puts a catalog in the place of the market's, as someone would by hand. */
async function replaceCatalog(market: Market, path: string): Promise<void> {
  await market.end("catalog", "SIGTERM");
  for (const suffix of ["", "-wal", "-shm"])
    rmSync(join(market.dataDir, `catalog.db${suffix}`), { force: true });
  cpSync(path, join(market.dataDir, "catalog.db"));
  await market.start("catalog");
}

/** Without its services at work: a catalog as it was at the time of a backup. */
const ways = [
  ["a catalog copied by hand", { isRestored: false }],
  ["a catalog restored from a backup", { isRestored: true }],
] as const;

async function oldCatalog(market: Market, isRestored: boolean): Promise<string> {
  const file = join(folder.path, "market.backup");
  await writeBackup({ dataDir: market.dataDir, file, force: false });
  if (isRestored) await restore({ dataDir: join(folder.path, "old"), file });
  else {
    await market.end("catalog", "SIGTERM");
    cpSync(join(market.dataDir, "catalog.db"), join(folder.path, "old", "catalog.db"), { recursive: true });
    await market.start("catalog");
    await market.ready();
  }
  return join(folder.path, "old", "catalog.db");
}

test.each(ways)(
  "%s under a newer ledger takes no order; rolled forward, no number is given twice and all see the truth",
  async (_, { isRestored }) => {
    await using market = await startMarket({
      shape: "services",
      variables: { BOURSE_ORDER_TIMEOUT_MS: "500" },
    });
    const replies = [await buyOnce(market, "key-1"), await buyOnce(market, "key-2")];
    const old = await oldCatalog(market, isRestored);
    // The old catalog knows an earlier epoch than the order service that is at work now.
    await market.end("order", "SIGTERM");
    await market.start("order");
    await market.ready();
    for (const key of ["key-3", "key-4", "key-5"]) replies.push(await buyOnce(market, key));
    expect(replies.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    const events = followEvents(market.url);
    await until(async () => events.events.some(({ event }) => event === "hello"));
    expect([await quantityLeft(market), await quantityLeft(market)]).toEqual([95, 95]);

    await replaceCatalog(market, old);
    await until(async () => (await fetch(`${market.url}/readyz`)).status === 503);
    const turnedAway = await askOnce(market.url, buy, "key-6");
    expect([turnedAway.status, reasonOf(turnedAway)]).toEqual([503, "unavailable"]);
    const { url, process: order, lines } = market.services.order;
    const ready = await (await fetch(`${url}/readyz`)).json();
    expect(ready.error.message).toMatch(/ledger is ahead of this catalog.*roll it forward with `restore`/);
    expect(lines.filter((line) => line.includes("roll it forward"))).toHaveLength(1);
    expect(order.exitCode).toBeNull();
    expect(await quantityLeft(market)).toBe(98);
    expect((await fetch(`${market.url}/orders/5`)).status).toBe(200);
    expect((await askOnce(market.url, buy, "key-3")).status).toBe(503);

    const rollForward = () => restore({ dataDir: market.dataDir, file: undefined, rollForward: true });
    expect(await rollForward().catch(String)).toContain("service works on");
    await market.end("catalog", "SIGTERM");
    expect(await rollForward().catch(String)).toContain("the order service works on");
    await market.end("order", "SIGTERM");
    const rolled = await rollForward();
    expect(rolled).toMatchObject({ rolledForward: 3, trades: 5, report: { ok: true } });
    await market.start("catalog");
    await market.start("order");
    await market.ready();

    await until(async () => events.events.some(({ event }) => event === "reset"));
    expect(await quantityLeft(market)).toBe(95);
    const replayed = await askOnce(market.url, buy, "key-3");
    expect(replayed).toMatchObject({ replayed: true, text: replies[2]!.text });
    for (const key of ["key-6", "key-7"]) replies.push(await buyOnce(market, key));
    expect(replies.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await quantityLeft(market)).toBe(93);
    const numbersAfterReset = () => {
      const reset = events.events.findLastIndex(({ event }) => event === "reset");
      return events.events.slice(reset + 1).map(({ data }) => data.number);
    };
    await until(async () => numbersAfterReset().length === 2);
    expect(numbersAfterReset()).toEqual([6, 7]);
    await events.stop();

    const books = readBooks(market.dataDir);
    expect(faultsIn(books)).toEqual([]);
    expect(answerFaults(books, replies)).toEqual([]);
    const source = new FileSource(market.dataDir);
    const { checks } = await runAudit(source).finally(() => source.close());
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  },
  60_000,
);
