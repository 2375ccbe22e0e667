import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ExitCode } from "../../services/runtime/process/exit-codes.ts";
import { atExit } from "../../testing/at-exit.ts";
import { startService, type ServiceProcess } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";
import type { RoundContext } from "../round.ts";
import { within } from "../within.ts";
import { freeze } from "./freeze.ts";
import type { Links } from "./links.ts";

const fencedWithinMs = 8_000;

/**
 * Freezes the order service; a second one with a ledger of its own takes over the leadership and trades. The first is
 * resumed: it ends, fenced, its supervisor starts it again, and it takes the leadership back. Rejects when one of these
 * does not happen.
 */
export async function replaceFrozenOrderService(
  { market, load }: RoundContext,
  links: Links,
  codeDir?: string,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-second-order-"));
  let started: ServiceProcess | undefined;
  const remains = atExit(() => {
    started?.process.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const before = market.exits.length;
  const resume = freeze(market, "order");
  try {
    const own = { BOURSE_DATA_DIR: folder, BOURSE_LOG_LEVEL: "info", ORDER_PORT: "0" };
    const second = await startService("order", { ...market.variablesOf("order"), ...own }, codeDir);
    started = second;
    const leads = async () => (await fetch(`${second.url}/readyz`)).ok;
    await until(leads, fencedWithinMs, "a second order service takes over from a frozen one");
    links.setOrderTarget(Number(new URL(second.url).port));
    await load.nextOutcome();
    resume();
    const isFenced = async () => market.exits.slice(before).some(({ how }) => how === ExitCode.fenced);
    await until(isFenced, fencedWithinMs, "the older order service ends when it is resumed");
    const what = "the second order service ends when the first is back";
    const code = await within(second.process.exited, fencedWithinMs, what);
    if (code !== ExitCode.fenced) throw new Error(`the second order service ended with ${code}`);
  } finally {
    resume();
    links.setOrderTarget();
    remains.leave();
    await started?.process.exited;
  }
}
