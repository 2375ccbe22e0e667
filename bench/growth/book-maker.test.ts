import { expect, test } from "bun:test";
import { join } from "node:path";

import { openReader } from "../../db/sqlite/open.ts";
import { runAudit } from "../../books/audit/run.ts";
import { FileSource } from "../../books/audit/store.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { ordersInBooks } from "../books.ts";
import { makeBooks } from "./book-maker.ts";
import { namesAllOver } from "./stocks.ts";

test("the books that are made for a measurement pass the audit, and have the size asked for", async () => {
  using folder = temporaryFolder();
  await makeBooks(folder.path, { stocks: 70, trades: 2_500, refusals: 1_700 }, () => undefined);
  const source = new FileSource(folder.path);
  const report = await runAudit(source).finally(() => source.close());
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);

  expect(ordersInBooks(folder.path)).toBe(2_500);
  const catalog = openReader(join(folder.path, "catalog.db"));
  const counts = catalog.prepare(
    "SELECT (SELECT count(*) FROM stocks) AS stocks, (SELECT count(*) FROM refusals) AS refusals, (SELECT count(DISTINCT name) FROM trades) AS traded",
  );
  expect(counts.get()).toEqual({ stocks: 70, refusals: 1_700, traded: 70 });
  catalog.close();
});

test.each([10, 1_000, 1_000_000])("of %p stocks, each is asked for once before any is again", (stocks) => {
  const names = namesAllOver(stocks);
  expect(new Set(names).size).toBe(Math.min(stocks, 150_000));
});
