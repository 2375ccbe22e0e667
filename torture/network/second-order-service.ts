import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ExitCode } from "../../services/runtime/process/exit-codes.ts";
import { atExit } from "../../testing/at-exit.ts";
import { isFenced } from "../../testing/fenced.ts";
import { startService, type ServiceProcess } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";
import type { RoundContext } from "../round.ts";
import { within } from "../within.ts";
import { freeze } from "./freeze.ts";
import type { Links } from "./links.ts";

const fencedWithinMs = 8_000;

/**
 * Freezes the order service; a second one with a ledger of its own takes over the leadership and trades. The first is
 * resumed, and is fenced. It is restarted, as its operator would do, and takes the leadership back, which fences the
 * second. Rejects when one of these does not happen.
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
  const firstUrl = `http://127.0.0.1:${market.variablesOf("order")["ORDER_PORT"]}`;
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
    const isFirstFenced = () => isFenced(firstUrl);
    await until(isFirstFenced, fencedWithinMs, "the first order service is fenced when it is resumed");
    await market.restart("order");
    const isSecondFenced = () => isFenced(second.url);
    await until(isSecondFenced, fencedWithinMs, "the second order service is fenced when the first is back");
    second.process.kill("SIGTERM");
    const what = "a fenced order service ends on SIGTERM";
    const code = await within(second.process.exited, fencedWithinMs, what);
    if (code !== ExitCode.done) throw new Error(`the second order service ended with ${code}`);
  } finally {
    resume();
    links.setOrderTarget();
    remains.leave();
    await started?.process.exited;
  }
}
