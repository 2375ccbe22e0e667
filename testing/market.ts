import { join } from "node:path";

import "./no-proxy.ts";
import { freePorts } from "./free-ports.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

/**
 * A market of real processes on free ports and real files, for whole-system tests. It has one of two shapes: three
 * services, or one process. A process that was killed is started again on the same address.
 */
export const serviceNames = ["catalog", "order", "frontend"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** `services`: a process for each service. `one-process`: the three composed in one. */
export type Shape = "services" | "one-process";

type ProcessName = ServiceName | "market";
type Variables = Record<string, string>;

const mains: Record<ProcessName, string> = {
  catalog: "services/catalog/main.ts",
  order: "services/order/main.ts",
  frontend: "services/frontend/main.ts",
  market: "services/market.ts",
};

export interface ServiceProcess {
  name: ProcessName;
  url: string;
  process: Bun.Subprocess<"ignore", "pipe", "inherit">;
  /** Its log, one JSON line in each entry. */
  lines: string[];
}

export interface Market extends AsyncDisposable {
  shape: Shape;
  /** The public address. */
  url: string;
  dataDir: string;
  /** In one process, all three names stand for that process. */
  services: Record<ServiceName, ServiceProcess>;
  /** The running processes: three, or one. */
  processes(): ServiceProcess[];
  /** Sends a signal and resolves, when the process has ended, with its exit code (above 128: ended by the signal). */
  end(name: ServiceName, signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number>;
  /** Starts the process of a service on its earlier address, unless it runs. */
  start(name: ServiceName): Promise<void>;
  /** Until an order would go through. */
  ready(): Promise<void>;
  /** Kills all, and deletes the data unless it was there before. `await using` calls it. */
  stop(): Promise<void>;
}

export interface MarketOptions {
  /** Default: what BOURSE_TEST_SHAPE names, else `services`. A test about separate services asks for `services`. */
  shape?: Shape;
  /** False: nothing is started yet; the test calls `start`. */
  started?: boolean;
  /** A folder with existing books, which are kept. Default: new books, deleted at the end. */
  dataDir?: string;
  variables?: Variables;
  /** The checkout whose code runs. Default: this repository. */
  codeDir?: string;
}

/** Seconds on a busy machine; the bound only turns a hang into a message. */
const readyWithinMs = 30_000;
const root = join(import.meta.dir, "..");

function shapeOfEnvironment(): Shape {
  const shape = process.env["BOURSE_TEST_SHAPE"] ?? "services";
  if (shape !== "services" && shape !== "one-process")
    throw new Error(`BOURSE_TEST_SHAPE is "services" or "one-process", not "${shape}"`);
  return shape;
}

/** The shape of every market whose test does not ask for one. */
export const defaultShape: Shape = shapeOfEnvironment();
export const isOneProcess = defaultShape === "one-process";

/** Makes a market, and starts it and waits until it is ready unless `started` is false. */
export async function startMarket({
  shape = defaultShape,
  started = true,
  dataDir: kept,
  variables = {},
  codeDir,
}: MarketOptions = {}): Promise<Market> {
  const folder = kept === undefined ? temporaryFolder() : undefined;
  const dataDir = kept ?? folder?.path ?? "";
  const environment: Variables = { BOURSE_DATA_DIR: dataDir, BOURSE_LOG_LEVEL: "info", ...variables };
  const services = {} as Record<ServiceName, ServiceProcess>;
  // Not 0: an outgoing connection could take such a port while its service is down.
  const ports = freePorts(serviceNames.length);
  for (const [index, name] of serviceNames.entries()) {
    environment[`${name.toUpperCase()}_PORT`] = String(ports[index]);
    environment[`${name.toUpperCase()}_URL`] = `http://127.0.0.1:${ports[index]}`;
  }
  const url = environment["FRONTEND_URL"] ?? "";
  const isRunning = (name: ServiceName): boolean =>
    services[name]?.process.exitCode === null && services[name].process.signalCode === null;
  const processes = (): ServiceProcess[] => [...new Set(Object.values(services))];

  const start = async (name: ServiceName): Promise<void> => {
    if (shape === "one-process") return startAll();
    services[name] = await startService(name, environment, codeDir);
  };
  const startAll = async (): Promise<void> => {
    if (isRunning("frontend")) return;
    const market = await startService("market", environment, codeDir);
    for (const name of serviceNames) services[name] = market;
  };
  const end: Market["end"] = (name, signal) => {
    services[name].process.kill(signal);
    return services[name].process.exited;
  };
  const stop = async (): Promise<void> => {
    for (const { process } of processes()) process.kill("SIGKILL");
    await Promise.all(processes().map(({ process }) => process.exited));
    folder?.[Symbol.dispose]();
  };
  const ready = (): Promise<void> =>
    until(async () => (await fetch(`${url}/readyz`)).ok, readyWithinMs, "the market is ready");

  try {
    if (started) {
      for (const name of serviceNames) await start(name);
      await ready();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    shape,
    url,
    dataDir,
    services,
    processes,
    end,
    start,
    ready,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Starts one process and resolves when it listens. Rejects, with what it logged, when it ends instead. */
export async function startService(
  name: ProcessName,
  variables: Variables,
  codeDir?: string,
): Promise<ServiceProcess> {
  const child = spawnService(name, variables, "inherit", codeDir);
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    void readLines(child.stdout, (line) => {
      lines.push(line);
      if (line.includes('"msg":"ready"')) resolve(String(JSON.parse(line).url));
    }).then(() => reject(new Error(`${name} ended: ${lines.join("\n")}`)), reject);
  });
  return { name, url, process: child, lines };
}

/** The process, started and nothing more. `codeDir` is the folder of its code; default: this repository. */
export function spawnService<Stderr extends "inherit" | "pipe">(
  name: ProcessName,
  variables: Variables,
  stderr: Stderr,
  codeDir: string = root,
): Bun.Subprocess<"ignore", "pipe", Stderr> {
  return Bun.spawn([process.execPath, join(codeDir, mains[name])], {
    env: { ...process.env, ...variables },
    stdin: "ignore",
    stdout: "pipe",
    stderr,
  });
}

export async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  }
}
