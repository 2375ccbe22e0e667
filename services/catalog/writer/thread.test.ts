import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { claimDatabase } from "../../../db/sqlite/claim.ts";
import { orderLike } from "../../contract/order.fixture.ts";
import { genesisOf } from "../../contract/trade.ts";
import { temporaryFolder } from "../../../testing/temporary-folder.ts";
import { openCatalog } from "../catalog.fixture.ts";
import type { FailedOrder } from "./failed-order.ts";
import { WriterThread } from "./thread.ts";

/** A thread in which nothing may fail. */
function threadOn(path: string): WriterThread {
  const unexpected = (error: unknown) => {
    throw new Error("unexpected", { cause: error });
  };
  return new WriterThread(path, { onCrash: unexpected, onFailedOrder: unexpected });
}

test("calls are answered in the order in which they were made, each with its own answer", async () => {
  using catalog = openCatalog();
  const thread = threadOn(catalog.path);
  const answers = await Promise.all([
    thread.decide(catalog.request([orderLike(), orderLike({ name: "Nowhere" })])),
    thread.acquireEpoch({ market_id: "m", epoch: 0, ledger: { number: 0, chain: genesisOf("m") } }),
    thread.decide(catalog.request([orderLike()])),
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
  const thread = threadOn(catalog.path);
  for (let number = 1; number <= 5; number += 1) {
    const reply = await thread.decide(catalog.request([orderLike()], { ledger: catalog.head }));
    expect(reply).toMatchObject({ ok: true, data: { decisions: [{ kind: "compact", number }] } });
    expect((await catalog.reads.stock("A"))?.quantity).toBe(100 - number);
  }
  await thread.close();
});

test("closing first answers what is queued, and leaves no WAL behind", async () => {
  using catalog = openCatalog();
  catalog.close();
  const thread = threadOn(catalog.path);
  const queued = thread.decide(catalog.request([orderLike()]));
  await thread.close();
  expect(await queued).toMatchObject({ ok: true });
  expect(existsSync(`${catalog.path}-wal`)).toBe(false);
  catalog.open();
  expect(catalog.count("trades")).toBe(1);
});

test("an error that ends the thread reaches onCrash, and the calls that wait reject", async () => {
  using folder = temporaryFolder();
  const missing = await new Promise((resolve) => {
    const path = join(folder.path, "nowhere", "catalog.db");
    new WriterThread(path, { onCrash: resolve, onFailedOrder: () => undefined });
  });
  expect(missing).toBeInstanceOf(Error);

  const { path, writer, lock } = claimDatabase(folder.path, "catalog", "FULL");
  let waiting: Promise<unknown> | undefined;
  const raised = await new Promise((resolve) => {
    const thread = new WriterThread(path, { onCrash: resolve, onFailedOrder: () => undefined });
    waiting = thread
      .acquireEpoch({ market_id: null, epoch: 0, ledger: { number: 0, chain: "" } })
      .catch((error: unknown) => error);
  });
  expect(String(raised)).toContain("the market has not been opened");
  expect(await waiting).toBe(raised);
  writer.close();
  lock.release();
});

test("text and object are two forms of one call", async () => {
  using catalog = openCatalog();
  const thread = threadOn(catalog.path);
  const order = orderLike();
  const text = await thread.decideJson(JSON.stringify(catalog.request([order])));
  if (!text.ok) throw new Error("the batch was refused");
  expect(JSON.parse(text.data.json)).toMatchObject({ decisions: [{ kind: "compact", number: 1 }] });
  expect(text.data.stocks).toMatchObject([{ name: "A", version: 2 }]);
  expect(await thread.decide(catalog.request([order], { ledger: catalog.head }))).toMatchObject({
    ok: true,
    data: { decisions: [{ kind: "traded", number: 1, replayed: true }], stocks: [] },
  });
  await thread.close();
});

test("an order that fails by an unexpected error reaches the main thread with its stack", async () => {
  using catalog = openCatalog();
  const failed: FailedOrder[] = [];
  const thread = new WriterThread(catalog.path, {
    onCrash: (error) => expect(error).toBeUndefined(),
    onFailedOrder: (order) => failed.push(order),
  });
  catalog.db.exec(
    "CREATE TRIGGER fail BEFORE INSERT ON trades WHEN NEW.quantity = 7 BEGIN SELECT RAISE(ABORT, 'broken trigger'); END",
  );
  const orders = [orderLike(), orderLike({ quantity: 7, request_id: "r7" }), orderLike()];
  expect(await thread.decide(catalog.request(orders))).toMatchObject({
    data: {
      decisions: [{ kind: "compact" }, { kind: "failed", reason: "internal_error" }, { kind: "compact" }],
    },
  });
  expect(failed).toMatchObject([
    {
      request_id: "r7",
      client: "anonymous",
      error: { message: "broken trigger", stack: expect.stringContaining("store.ts") },
    },
  ]);
  await thread.close();
});
