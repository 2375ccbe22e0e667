import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readLines, startMarket, type MarketOptions } from "../testing/market.ts";
import { atExit } from "../testing/at-exit.ts";
import { ordersInBooks } from "./books.ts";
import { loadTool, outputOf, type LoadResult } from "../testing/load/load-tool.ts";
import type { Workload } from "./plan.ts";
import { usageOf } from "./usage.ts";

/** The result of one contender in one round. */
export interface Round extends LoadResult {
  /** The fewest and the most orders that it added to the books, as orders cut off at its end may be in them or not. */
  orders: { least: number; most: number };
  /** By process: processors in use, and resident memory at the end. Undefined where the system has no such figure. */
  processes: Record<string, { cores: number; residentMb: number }> | undefined;
}

export interface Contender extends AsyncDisposable {
  run(workload: Workload, seconds: number): Promise<Round>;
  /** Orders in its books; undefined for a contender without books. */
  orders(): number | undefined;
}

export type ContenderName = keyof typeof contenders;

/** Starts a contender. `node` is the path of Node 22 or newer; without it, a contender on Node is undefined. */
export type Start = (node: string | undefined) => Promise<Contender> | Contender | undefined;

/** All contenders, except the older release (main.ts) and those of a hot stock (hot.ts). */
export const contenders = {
  Bourse: () => startBourse(),
  "Bourse, one process": () => startBourse({ shape: "one-process" }),
  "Bourse, batches of one": () => startBourse({ variables: { BOURSE_BATCH_MAX: "1" } }),
  "bare Bun.serve": () => startPeer(process.execPath, "bare/main.ts"),
  "frontend's echo": () => startPeer(process.execPath, "echo/main.ts"),
  "Fastify, Node 22": (node) => (node ? startPeer(node, "monolith/fastify.ts") : undefined),
  "Fastify, Bun": () => startPeer(process.execPath, "monolith/fastify.ts"),
  "Elysia, bun:sqlite": () => startPeer(process.execPath, "monolith/elysia.ts"),
  "raw SQLite": () => rawSqlite("store"),
  "the catalog's writer": () => rawSqlite("catalog"),
} satisfies Record<string, Start>;

const load = loadTool();

/** A running market, with the address that lookups and orders go to. */
export interface BourseContender extends Contender {
  url: string;
}

/** Three processes unless the options name another shape. With `dataDir`, it runs on those books and keeps them. */
export async function startBourse(options: MarketOptions = {}): Promise<BourseContender> {
  const market = await startMarket({ shape: "services", ...options });
  const before = ordersInBooks(market.dataDir);
  const remains = atExit(() => {
    for (const { process } of market.processes()) process.kill("SIGKILL");
    if (options.dataDir === undefined) rmSync(market.dataDir, { recursive: true, force: true });
  });
  const pids = market.processes().map(({ name, process: { pid } }) => [name, pid] as const);
  return {
    url: market.url,
    run: (workload, seconds) => runOverHttp(market.url, Object.fromEntries(pids), workload, seconds),
    orders: () => ordersInBooks(market.dataDir) - before,
    async [Symbol.asyncDispose]() {
      await market.stop();
      remains.leave();
    },
  };
}

/** A peer is a program that takes a data folder and prints its address as its first line. */
async function startPeer(runtime: string, program: string): Promise<Contender> {
  const folder = temporaryFolder();
  const child = Bun.spawn([runtime, join(import.meta.dir, "peers", program), folder.path], {
    env: { ...process.env, NODE_ENV: "production" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const remains = atExit(() => child.kill("SIGKILL"));
  const url = await new Promise<string>((resolve, reject) => {
    void readLines(child.stdout, resolve).then(() => reject(new Error(`${program} ended`)), reject);
  });
  const keepsOrders = program.startsWith("monolith/");
  return {
    run: (workload, seconds) => runOverHttp(url, { process: child.pid }, workload, seconds),
    orders: () => (keepsOrders ? ordersInBooks(folder.path) : undefined),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      remains.leave();
      folder[Symbol.dispose]();
    },
  };
}

/**
 * One process without HTTP. A transaction counts as a request. The process measures its own time. Each round starts a
 * new process on the database of the round before.
 */
function rawSqlite(program: "store" | "catalog"): Contender {
  const folder = temporaryFolder();
  return {
    async run({ ordersPerRequest }, seconds) {
      const script = join(import.meta.dir, "peers/raw-sqlite/main.ts");
      const args = [program, folder.path, String(ordersPerRequest), String(seconds)];
      const { output, cpuSeconds, maxMb } = await outputOf([process.execPath, script, ...args]);
      const { written, ...figures } = JSON.parse(output) as RawReport;
      return {
        ...figures,
        failed: 0,
        cpuSeconds: 0,
        orders: { least: written, most: written },
        processes: { process: { cores: cpuSeconds / figures.seconds, residentMb: maxMb } },
      };
    },
    orders: () => ordersInBooks(folder.path),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
}

/** `written` counts the orders of the warm-up too. */
type RawReport = Omit<LoadResult, "failed" | "cpuSeconds"> & { written: number };

async function runOverHttp(
  url: string,
  pids: Record<string, number>,
  { requests, ordersPerRequest, connections }: Workload,
  seconds: number,
): Promise<Round> {
  const usage = () => Object.entries(pids).map(([name, pid]) => ({ name, usage: usageOf(pid) }));
  const before = usage();
  const result = await load.run(url, requests, { seconds, connections });
  const processes = usage().flatMap(({ name, usage: after }, index) => {
    const earlier = before[index]?.usage;
    if (!after || !earlier) return [];
    const cores = (after.cpuSeconds - earlier.cpuSeconds) / result.seconds;
    return [[name, { cores, residentMb: after.residentMb }] as const];
  });
  const orders = {
    least: result.answered * ordersPerRequest,
    most: (result.answered + result.failed + connections) * ordersPerRequest,
  };
  return { ...result, orders, processes: processes.length > 0 ? Object.fromEntries(processes) : undefined };
}

function temporaryFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "bourse-bench-"));
  const remains = atExit(() => rmSync(path, { recursive: true, force: true }));
  return { path, [Symbol.dispose]: () => remains.leave() };
}
