import { Database } from "bun:sqlite";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readBooks } from "../../testing/auditor.ts";
import { until } from "../../testing/until.ts";
import { atExit } from "../../testing/at-exit.ts";
import { meaningOf, sendOnce, type Placed } from "../client.ts";
import type { Scene } from "../round.ts";

const root = join(import.meta.dir, "../..");
const noticedWithinMs = 10_000;
const tradedWithinMs = 30_000;

/** A restored catalog is a new incarnation, and the one that is rolled forward from it is another. */
export const resetsOfRestoration = 2;

/**
 * Puts a catalog back that is older than its ledger: it takes no order and says why, until it is rolled forward.
 * Rejects when it does otherwise, or is not ready again in time.
 */
export async function putOldCatalogBack(scene: Scene, readyWithinMs: number, codeDir = root): Promise<void> {
  const { market, load, random } = scene;
  const folder = mkdtempSync(join(tmpdir(), "bourse-old-"));
  const remains = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(market.dataDir, "catalog.db");
  const old = join(folder, "catalog.db");
  try {
    const keptSinceMs = performance.now();
    await load.duringRestoration(async () => {
      if (random.chance(0.5)) await restoreElsewhere(market.dataDir, folder, codeDir);
      else copyByHand(path, old);
      await tradeOn(scene, random.integer(1, 200));
      await market.without(["catalog"], async () => {
        for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
        cpSync(old, path);
      });
      await expectNoOrders(scene);
      await market.without(["catalog", "order"], async () => {
        await runCommand("restore", ["--roll-forward"], market.dataDir, codeDir);
        const refused = new Set(readBooks(market.dataDir).refusals.map(({ order_id }) => order_id));
        load.forgetRefusals(
          ({ key, answer }: Placed) => answer!.atMs > keptSinceMs && !refused.has(`anonymous\0${key}`),
        );
      });
      await market.ready(readyWithinMs);
    });
  } finally {
    remains.leave();
  }
}

async function tradeOn({ load }: Scene, trades: number): Promise<void> {
  const fromMs = performance.now();
  const isDone = async () =>
    load.placed.filter(({ begunMs, answer }) => begunMs > fromMs && answer?.status === 200).length >= trades;
  await until(isDone, tradedWithinMs, "orders trade");
}

/** While it works: the backup and its restoration, as someone would do it who keeps backups. */
async function restoreElsewhere(dataDir: string, folder: string, codeDir: string): Promise<void> {
  const file = join(folder, "market.backup");
  await runCommand("backup", [file], dataDir, codeDir);
  await runCommand("restore", [file], folder, codeDir);
}

/** The same incarnation, and perhaps an epoch that still holds. */
function copyByHand(path: string, to: string): void {
  using catalog = new Database(path, { readonly: true });
  catalog.prepare("VACUUM INTO ?").run(to);
}

async function runCommand(
  name: "backup" | "restore",
  args: readonly string[],
  dataDir: string,
  codeDir: string,
): Promise<void> {
  const child = Bun.spawn([process.execPath, join(codeDir, "cli/main.ts"), name, ...args], {
    env: { ...process.env, BOURSE_DATA_DIR: dataDir },
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${name} ended with ${child.exitCode}: ${said.join(" ")}`);
}

/** The order service says what to do, an order is turned away, and the books stay as they are. */
async function expectNoOrders({ market, random }: Scene): Promise<void> {
  const readyz = `http://127.0.0.1:${market.variablesOf("order")["ORDER_PORT"]}/readyz`;
  const isNoticed = async () =>
    (await (await fetch(readyz)).text()).includes("roll it forward with `restore`");
  await until(isNoticed, noticedWithinMs, "the order service says that the catalog is to be rolled forward");
  const before = readBooks(market.dataDir);

  const order = { name: "BoarCo", type: "buy", quantity: 1 } as const;
  const reply = await sendOnce(
    market.url,
    { key: random.key(), order },
    AbortSignal.timeout(noticedWithinMs),
  );
  if (!reply || meaningOf(reply, 1) !== "again")
    throw new Error(`an order under an old catalog got ${reply ? reply.text : "no answer"}`);
  const after = readBooks(market.dataDir);
  for (const log of ["trades", "refusals", "ledger"] as const)
    if (after[log].length !== before[log].length)
      throw new Error(`${log} went on under a catalog that is older than its ledger`);
}
