import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { atExit } from "../testing/at-exit.ts";
import { freePorts } from "../testing/free-ports.ts";
import { serviceNames } from "../testing/market.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { until } from "../testing/until.ts";
import { usageOf } from "./usage.ts";

/** `one process`: `bourse start`. `three processes`: `bun run start:all`. `older release`: the latter in an older checkout. */
export type Started = "one process" | "three processes" | "older release";

export interface StartUp {
  of: Started;
  /** From the spawn of the command until `GET /readyz` is 200, in ms. */
  readyMs: number;
  /**
   * Resident memory of every process of the command after a time without requests: `market` in one process, else each
   * service and `supervisor` for the rest. Empty where the system has no such figure.
   */
  idleMb: Record<string, number>;
}

export interface StartUpOptions {
  of: Started;
  /** The time without requests before the memory is read. */
  idleMs: number;
  /** Books to start on. Default: new ones, deleted in the end. */
  dataDir?: string;
  /** The checkout to start. Default: this repository. */
  codeDir?: string | undefined;
}

const root = join(import.meta.dir, "..");
const command = {
  "one process": ["cli/main.ts", "start"],
  "three processes": ["run", "--silent", "start:all"],
  "older release": ["run", "--silent", "start:all"],
} as const satisfies Record<Started, readonly string[]>;

/** Starts a market, waits without requests, and stops it. */
export async function measureStartUp({
  of,
  idleMs,
  dataDir,
  codeDir = root,
}: StartUpOptions): Promise<StartUp> {
  using folder = temporaryFolder();
  const ports = freePorts(serviceNames.length);
  const variables = serviceNames.map((name, index) => [`${name.toUpperCase()}_PORT`, String(ports[index])]);
  const url = `http://127.0.0.1:${ports[serviceNames.indexOf("frontend")]}`;
  const started = performance.now();
  const child = Bun.spawn([process.execPath, ...command[of]], {
    cwd: codeDir,
    env: { ...process.env, ...Object.fromEntries(variables), BOURSE_DATA_DIR: dataDir ?? folder.path },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  const stop = () => child.kill("SIGTERM");
  const remains = atExit(stop);
  try {
    await until(async () => (await fetch(`${url}/readyz`)).ok, 30_000, `${of} ready`);
    const readyMs = performance.now() - started;
    await Bun.sleep(idleMs);
    return { of, readyMs, idleMb: memoryOf(child.pid, of === "one process" ? "market" : "supervisor") };
  } finally {
    stop();
    await child.exited;
    remains.leave();
  }
}

/** Resident memory of a process and its descendants, by service; those that are no service count as `rest`. */
function memoryOf(pid: number, rest: string): Record<string, number> {
  if (process.platform !== "linux") return {};
  const found: Record<string, number> = {};
  for (const member of [pid, ...processesUnder(pid)]) {
    const commandLine = readFileSync(`/proc/${member}/cmdline`, "utf8");
    const name = serviceNames.find((service) => commandLine.includes(`services/${service}/main.ts`)) ?? rest;
    found[name] = (found[name] ?? 0) + (usageOf(member)?.residentMb ?? 0);
  }
  return found;
}

function processesUnder(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...processesUnder(child)]);
}
