import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";

import { writeBackup } from "../books/backup/backup.ts";
import { restore } from "../books/backup/restore.ts";
import { answerFaults, faultsIn, readBooks } from "../testing/auditor.ts";
import { askOnce, startClients, type Reply } from "../testing/keyed-client.ts";
import { startMarket } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const backups = 50;

/** A backup, and the answers that clients held in their hands when it began. */
interface Taken {
  file: string;
  acknowledged: Reply[];
}

test(`${backups} backups under full load: each restores to true books that hold every order acknowledged before it`, async () => {
  using folder = temporaryFolder();
  const taken: Taken[] = [];
  await using market = await startMarket();
  const clients = startClients(64, (order, key) => askOnce(market.url, order, key));
  for (let number = 1; number <= backups; number += 1) {
    const file = join(folder.path, `${number}.backup`);
    const acknowledged = clients.answers.filter(({ status }) => status < 500);
    await writeBackup({ dataDir: market.dataDir, file, force: false });
    taken.push({ file, acknowledged });
  }
  const answers = await clients.stop();
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  expect(taken.at(-1)!.acknowledged.length).toBeGreaterThan(taken[0]!.acknowledged.length + backups);

  for (const { file, acknowledged } of taken) {
    const dataDir = join(folder.path, "restored");
    const restored = await restore({ dataDir, file });
    expect(restored?.report.checks.filter(({ ok }) => !ok)).toEqual([]);
    const books = readBooks(dataDir);
    expect(faultsIn(books)).toEqual([]);
    expect(answerFaults(books, acknowledged)).toEqual([]);
    rmSync(dataDir, { recursive: true });
  }
}, 400_000);
