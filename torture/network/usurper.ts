import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ExitCode } from "../../services/runtime/process/exit-codes.ts";
import { atExit } from "../../testing/at-exit.ts";
import { isFenced } from "../../testing/fenced.ts";
import { startService, type ServiceProcess } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";
import type { Scene } from "../round.ts";
import { within } from "../within.ts";
import { freeze } from "./freeze.ts";
import type { Links } from "./links.ts";

const fencedWithinMs = 8_000;

/**
 * The order service freezes, a second one with a ledger of its own acquires an epoch and trades, the first continues: it
 * is fenced. Its operator restarts it, and it acquires an epoch again, which fences the second. Rejects when one of them
 * does not.
 */
export async function usurpLead({ market, load }: Scene, links: Links, codeDir?: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-usurper-"));
  let usurper: ServiceProcess | undefined;
  const remains = atExit(() => {
    usurper?.process.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const firstUrl = `http://127.0.0.1:${market.variablesOf("order")["ORDER_PORT"]}`;
  const wake = freeze(market, "order");
  try {
    const own = { BOURSE_DATA_DIR: folder, BOURSE_LOG_LEVEL: "info", ORDER_PORT: "0" };
    const second = await startService("order", { ...market.variablesOf("order"), ...own }, codeDir);
    usurper = second;
    const leads = async () => (await fetch(`${second.url}/readyz`)).ok;
    await until(leads, fencedWithinMs, "a second order service takes the lead from a frozen one");
    links.aimAtOrder(Number(new URL(second.url).port));
    await load.nextOutcome();
    wake();
    await until(
      () => isFenced(firstUrl),
      fencedWithinMs,
      "the first order service is fenced when it continues",
    );
    await market.restart("order");
    const isSecondFenced = () => isFenced(second.url);
    await until(isSecondFenced, fencedWithinMs, "the second order service is fenced when the first is back");
    second.process.kill("SIGTERM");
    const what = "a fenced order service ends when it is asked to";
    const code = await within(second.process.exited, fencedWithinMs, what);
    if (code !== ExitCode.done) throw new Error(`the second order service ended with ${code}`);
  } finally {
    wake();
    links.aimAtOrder();
    remains.leave();
    await usurper?.process.exited;
  }
}
