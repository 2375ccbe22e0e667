import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ExitCode } from "../../services/runtime/process/exit-codes.ts";
import { startService, type ServiceProcess } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";
import { atExit } from "../../testing/at-exit.ts";
import type { Scene } from "../round.ts";
import { within } from "../within.ts";
import { freeze } from "./freeze.ts";
import type { Links } from "./links.ts";

const fencedWithinMs = 8_000;

/**
 * The order service freezes, a second one with a ledger of its own takes the lead and trades, the first wakes up: it
 * ends, fenced, is started again by its supervisor, and takes the lead back. Rejects when one of them does not.
 */
export async function usurpLead({ market, load }: Scene, links: Links, codeDir?: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-usurper-"));
  let usurper: ServiceProcess | undefined;
  const remains = atExit(() => {
    usurper?.process.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const before = market.exits.length;
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
    const isFenced = async () => market.exits.slice(before).some(({ how }) => how === ExitCode.fenced);
    await until(isFenced, fencedWithinMs, "the older order service ends when it wakes up");
    const what = "the second order service ends when the first is back";
    const code = await within(second.process.exited, fencedWithinMs, what);
    if (code !== ExitCode.fenced) throw new Error(`the second order service ended with ${code}`);
  } finally {
    wake();
    links.aimAtOrder();
    remains.leave();
    await usurper?.process.exited;
  }
}
