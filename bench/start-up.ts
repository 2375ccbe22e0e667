import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serviceNames } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import { atExit } from "../testing/at-exit.ts";
import { freePorts } from "../testing/free-ports.ts";
import { usageOf } from "./usage.ts";

export interface StartUp {
  /** From `bun run start:all` until the market is ready, in ms. */
  readyMs: number;
  /** Resident memory of each service after a time without requests; empty where the system has no such figure. */
  idleMb: Record<string, number>;
}

const root = join(import.meta.dir, "..");

/** Starts a market with `bun run start:all`, new or on existing books, waits without requests, and stops it. */
export async function measureStartUp(idleMs: number, kept?: string): Promise<StartUp> {
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), "bourse-bench-"));
  const ports = freePorts(serviceNames.length);
  const variables = serviceNames.map((name, index) => [`${name.toUpperCase()}_PORT`, String(ports[index])]);
  const started = performance.now();
  const child = Bun.spawn([process.execPath, "run", "--silent", "start:all"], {
    cwd: root,
    env: { ...process.env, ...Object.fromEntries(variables), BOURSE_DATA_DIR: dataDir },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  const stop = () => child.kill("SIGTERM");
  const remains = atExit(stop);
  try {
    const url = `http://127.0.0.1:${ports[serviceNames.indexOf("frontend")]}`;
    await until(async () => (await fetch(`${url}/readyz`)).ok, 30_000, "start:all is ready");
    const readyMs = performance.now() - started;
    await Bun.sleep(idleMs);
    return { readyMs, idleMb: memoryUnder(child.pid) };
  } finally {
    stop();
    await child.exited;
    remains.leave();
    if (kept === undefined) rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Resident memory by service, among the descendants of a process. */
function memoryUnder(pid: number): Record<string, number> {
  const found: Record<string, number> = {};
  for (const process of processesUnder(pid)) {
    const command = readFileSync(`/proc/${process}/cmdline`, "utf8");
    const name = serviceNames.find((service) => command.includes(`services/${service}/main.ts`));
    const usage = usageOf(process);
    if (name && usage) found[name] = usage.residentMb;
  }
  return found;
}

function processesUnder(pid: number): number[] {
  if (process.platform !== "linux") return [];
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...processesUnder(child)]);
}
