import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { claimDatabase } from "../../../db/sqlite/claim.ts";
import type { BatchRequest } from "../../contract/order.ts";
import { orderLike } from "../../contract/order.fixture.ts";
import { genesisOf } from "../../contract/trade.ts";
import { temporaryFolder } from "../../../testing/temporary-folder.ts";
import { openCatalog } from "../catalog.fixture.ts";
import { WriterThread } from "./thread.ts";

const unexpected = (error: unknown) => {
  throw error;
};

/** Decides a batch, and reads the JSON of its reply. */
async function decide(thread: WriterThread, request: BatchRequest) {
  const reply = await thread.decide(JSON.stringify(request));
  return reply.ok ? { ok: true, data: JSON.parse(reply.data.json) } : reply;
}

test("calls are answered in the order in which they were made, each with its own answer", async () => {
  using catalog = openCatalog();
  const thread = new WriterThread(catalog.path, unexpected);
  const answers = await Promise.all([
    decide(thread, catalog.request([orderLike(), orderLike({ name: "Nowhere" })])),
    thread.acquireEpoch({ market_id: "m", epoch: 0, ledger: { number: 0, chain: genesisOf("m") } }),
    decide(thread, catalog.request([orderLike()])),
  ]);
  expect(answers).toMatchObject([
    { ok: true, data: { decisions: [{ kind: "compact", number: 1 }, { kind: "refused" }] } },
    { ok: true, data: { epoch: 1 } },
    { ok: false, arrived: "yes", reason: "stale_epoch" },
  ]);
  await thread.close();
});

test("an answer is given once its decision is committed: another connection sees it", async () => {
  using catalog = openCatalog();
  const thread = new WriterThread(catalog.path, unexpected);
  for (let number = 1; number <= 5; number += 1) {
    const reply = await decide(thread, catalog.request([orderLike()], { ledger: catalog.head }));
    expect(reply).toMatchObject({ ok: true, data: { decisions: [{ kind: "compact", number }] } });
    expect((await catalog.reads.stock("A"))?.quantity).toBe(100 - number);
  }
  await thread.close();
});

test("closing first answers what is queued, and leaves no WAL behind", async () => {
  using catalog = openCatalog();
  catalog.close();
  const thread = new WriterThread(catalog.path, unexpected);
  const queued = decide(thread, catalog.request([orderLike()]));
  await thread.close();
  expect(await queued).toMatchObject({ ok: true });
  expect(existsSync(`${catalog.path}-wal`)).toBe(false);
  catalog.open();
  expect(catalog.count("trades")).toBe(1);
});

test("what the thread does not survive is told, so that the process can end", async () => {
  using folder = temporaryFolder();
  const missing = await new Promise((resolve) => {
    new WriterThread(join(folder.path, "nowhere", "catalog.db"), resolve);
  });
  expect(missing).toBeInstanceOf(Error);

  const { path, writer, lock } = claimDatabase(folder.path, "catalog", "FULL");
  const raised = await new Promise((resolve) => {
    const thread = new WriterThread(path, resolve);
    void thread.acquireEpoch({ market_id: null, epoch: 0, ledger: { number: 0, chain: "" } });
  });
  expect(String(raised)).toContain("the market has not been opened");
  writer.close();
  lock.release();
});
