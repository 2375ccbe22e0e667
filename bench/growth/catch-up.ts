import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startService, type ServiceProcess } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";
import { atExit } from "../../testing/at-exit.ts";
import { usageOf } from "../usage.ts";

/** How long an empty ledger takes to catch up. */
export interface CatchUp {
  seconds: number;
  rowsPerSecond: number;
  /** Resident memory after catching up. */
  residentMb: Record<string, number>;
}

const longestMs = 3_600_000;

/** Starts an order service with an empty ledger beside the catalog of a data folder. */
export async function measureCatchUp(dataDir: string, rows: number): Promise<CatchUp> {
  const emptyDir = mkdtempSync(join(tmpdir(), "bourse-catch-up-"));
  const started: ServiceProcess[] = [];
  const remains = atExit(() => {
    for (const { process } of started) process.kill("SIGKILL");
    rmSync(emptyDir, { recursive: true, force: true });
  });
  try {
    const quiet = { BOURSE_LOG_LEVEL: "info", CATALOG_PORT: "0", ORDER_PORT: "0" };
    const catalog = await startService("catalog", { ...quiet, BOURSE_DATA_DIR: dataDir });
    started.push(catalog);
    const begun = performance.now();
    const order = await startService("order", {
      ...quiet,
      BOURSE_DATA_DIR: emptyDir,
      CATALOG_URL: catalog.url,
    });
    started.push(order);
    await until(async () => (await fetch(`${order.url}/readyz`)).ok, longestMs, "the ledger has caught up");
    const seconds = (performance.now() - begun) / 1_000;
    const residentMb = started.map(({ name, process: { pid } }) => [name, usageOf(pid)?.residentMb ?? NaN]);
    return { seconds, rowsPerSecond: rows / seconds, residentMb: Object.fromEntries(residentMb) };
  } finally {
    remains.leave();
    await Promise.all(started.map(({ process }) => process.exited));
  }
}
