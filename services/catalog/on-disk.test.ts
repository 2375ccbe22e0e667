import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { keptLog } from "../../testing/kept-log.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { systemContext } from "../runtime/context.ts";
import { StartRefused } from "../runtime/process/start-refused.ts";
import { catalogOnDisk } from "./on-disk.ts";

test("a new folder becomes a market with the list in the repository, and stays that market", async () => {
  using folder = temporaryFolder();
  const { log, lines } = keptLog();
  const open = () => catalogOnDisk({ dataDir: folder.path, stocksFile: undefined }, systemContext(log));
  const first = open();
  const heads = await first.catalog.heads();
  expect(heads).toMatchObject({ ok: true, data: { trades: { number: 0 }, changes: { number: 10 } } });
  await first.close();
  expect(existsSync(join(folder.path, "catalog.db-wal"))).toBe(false);
  const second = open();
  expect(await second.catalog.heads()).toEqual(heads);
  await second.close();
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["a new market is open"]);
});

test("a bad opening list refuses the start and holds nothing: the next start opens the market", async () => {
  using folder = temporaryFolder();
  const stocksFile = join(folder.path, "stocks.csv");
  const context = systemContext(keptLog().log);
  const open = () => catalogOnDisk({ dataDir: folder.path, stocksFile }, context);
  expect(open).toThrow(StartRefused);
  writeFileSync(stocksFile, "name,price,quantity\nA,1.999,5\n");
  expect(open).toThrow(StartRefused);
  writeFileSync(stocksFile, "name,price,quantity\nA,1.99,5\n");
  const { catalog, close } = open();
  expect(await catalog.stock("A")).toMatchObject({ ok: true, data: { price_cents: 199 } });
  await close();
});
