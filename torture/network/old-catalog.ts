import { Database } from "bun:sqlite";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readBooks } from "../../testing/auditor.ts";
import { until } from "../../testing/until.ts";
import { atExit } from "../../testing/at-exit.ts";
import { meaningOf, sendOnce, type Placed } from "../client.ts";
import type { RoundContext } from "../round.ts";

const root = join(import.meta.dir, "../..");
const reportedWithinMs = 10_000;
const tradedWithinMs = 30_000;

/** The restored catalog is a new incarnation, and so is the catalog after the roll-forward. */
export const resetsOfRestoration = 2;

/**
 * Replaces the catalog by an older one: it must refuse orders and report why until it is rolled forward. Rejects when it
 * does not, or is not ready again in time.
 */
export async function restoreOldCatalog(
  context: RoundContext,
  readyWithinMs: number,
  codeDir = root,
): Promise<void> {
  const { market, load, random } = context;
  const folder = mkdtempSync(join(tmpdir(), "bourse-old-"));
  const remains = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(market.dataDir, "catalog.db");
  const old = join(folder, "catalog.db");
  try {
    const copiedAtMs = performance.now();
    await load.duringRestoration(async () => {
      if (random.chance(0.5)) await restoreElsewhere(market.dataDir, folder, codeDir);
      else copyByHand(path, old);
      await tradeOn(context, random.integer(1, 200));
      await market.without(["catalog"], async () => {
        for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
        cpSync(old, path);
      });
      await expectNoOrders(context);
      await market.without(["catalog", "order"], async () => {
        await runCommand("restore", ["--roll-forward"], market.dataDir, codeDir);
        const refused = new Set(readBooks(market.dataDir).refusals.map(({ order_id }) => order_id));
        load.forgetRefusals(
          ({ key, answer }: Placed) => answer!.atMs > copiedAtMs && !refused.has(`anonymous\0${key}`),
        );
      });
      await market.ready(readyWithinMs);
    });
  } finally {
    remains.leave();
  }
}

async function tradeOn({ load }: RoundContext, trades: number): Promise<void> {
  const fromMs = performance.now();
  const isDone = async () =>
    load.placed.filter(({ startedMs, answer }) => startedMs > fromMs && answer?.status === 200).length >=
    trades;
  await until(isDone, tradedWithinMs, "orders trade");
}

/** A backup of the running market, restored into another folder. */
async function restoreElsewhere(dataDir: string, folder: string, codeDir: string): Promise<void> {
  const file = join(folder, "market.backup");
  await runCommand("backup", [file], dataDir, codeDir);
  await runCommand("restore", [file], folder, codeDir);
}

/** A copy without the restore command: the same incarnation, and perhaps the current epoch. */
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
  const output = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0)
    throw new Error(`${name} ended with ${child.exitCode}: ${output.join(" ")}`);
}

/** The order service reports what to do, an order is refused, and the books do not change. */
async function expectNoOrders({ market, random }: RoundContext): Promise<void> {
  const readyz = `http://127.0.0.1:${market.variablesOf("order")["ORDER_PORT"]}/readyz`;
  const isReported = async () =>
    (await (await fetch(readyz)).text()).includes("roll it forward with `restore`");
  await until(
    isReported,
    reportedWithinMs,
    "the order service reports that the catalog must be rolled forward",
  );
  const before = readBooks(market.dataDir);

  const order = { name: "BoarCo", type: "buy", quantity: 1 } as const;
  const reply = await sendOnce(
    market.url,
    { key: random.key(), order },
    AbortSignal.timeout(reportedWithinMs),
  );
  if (!reply || meaningOf(reply, 1) !== "again")
    throw new Error(`an order under an old catalog got ${reply ? reply.text : "no answer"}`);
  const after = readBooks(market.dataDir);
  for (const log of ["trades", "refusals", "ledger"] as const)
    if (after[log].length !== before[log].length)
      throw new Error(`${log} went on under a catalog that is older than its ledger`);
}
