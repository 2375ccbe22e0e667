import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A market of three real processes on free ports and real files, for whole-system tests. A service that is killed
 * comes back on the address it had.
 */
export const serviceNames = ["catalog", "order", "frontend"] as const;
export type ServiceName = (typeof serviceNames)[number];

type Variables = Record<string, string>;

export interface ServiceProcess {
  name: ServiceName;
  url: string;
  process: Bun.Subprocess<"ignore", "pipe", "inherit">;
  /** What it has logged, one JSON line an entry. */
  lines: string[];
}

export interface Market extends AsyncDisposable {
  /** The public address. */
  url: string;
  dataDir: string;
  services: Record<ServiceName, ServiceProcess>;
  /** Sends a signal and resolves, when the service is gone, to its exit code (above 128: it died of the signal). */
  end(name: ServiceName, signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number>;
  /** Starts a service that has ended, on the address it had. */
  start(name: ServiceName): Promise<void>;
  /** Until an order would go through. */
  ready(): Promise<void>;
  /** Kills all, and deletes the data unless it was there before. `await using` calls it. */
  stop(): Promise<void>;
}

export interface MarketOptions {
  /** Books that are there already, and stay. Without it they are new, and deleted in the end. */
  dataDir?: string;
  variables?: Variables;
  /** Per service, over `variables`. */
  variablesOf?: Partial<Record<ServiceName, Variables>>;
}

const root = join(import.meta.dir, "..");

export async function startMarket({
  dataDir: kept,
  variables = {},
  variablesOf = {},
}: MarketOptions = {}): Promise<Market> {
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), "bourse-"));
  const environment: Variables = { BOURSE_DATA_DIR: dataDir, BOURSE_LOG_LEVEL: "info", ...variables };
  const services = {} as Record<ServiceName, ServiceProcess>;

  const start = async (name: ServiceName): Promise<void> => {
    const upper = name.toUpperCase();
    const port = services[name] ? new URL(services[name].url).port : "0";
    const service = await startService(name, {
      ...environment,
      [`${upper}_PORT`]: port,
      ...variablesOf[name],
    });
    services[name] = service;
    environment[`${upper}_URL`] = service.url;
  };
  const end: Market["end"] = (name, signal) => {
    services[name].process.kill(signal);
    return services[name].process.exited;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(services).map(({ name }) => end(name, "SIGKILL")));
    if (kept === undefined) rmSync(dataDir, { recursive: true, force: true });
  };

  const ready = (): Promise<void> =>
    until(async () => (await fetch(`${services.frontend.url}/readyz`)).ok, 10_000, "the market is ready");

  try {
    for (const name of serviceNames) await start(name);
    await ready();
  } catch (error) {
    await stop();
    throw error;
  }
  const { url } = services.frontend;
  return { url, dataDir, services, end, start, ready, stop, [Symbol.asyncDispose]: stop };
}

/** Starts one service and resolves when it listens. Rejects, with what it said, when it ends instead. */
export async function startService(
  name: ServiceName,
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

/** The bare process, whatever comes of it. `codeDir` is where its code is, should that not be this repository. */
export function spawnService<Stderr extends "inherit" | "pipe">(
  name: ServiceName,
  variables: Variables,
  stderr: Stderr,
  codeDir: string = root,
): Bun.Subprocess<"ignore", "pipe", Stderr> {
  return Bun.spawn([process.execPath, join(codeDir, `services/${name}/main.ts`)], {
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

/** Asks again until `condition` holds; a throw counts as not yet. Rejects after `timeoutMs`. */
export async function until(
  condition: () => Promise<boolean>,
  timeoutMs = 10_000,
  what = "a condition",
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (await condition().catch(() => false)) return;
    await Bun.sleep(20);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`);
}

export interface OrderBody {
  name: string;
  type: "buy" | "sell";
  quantity: number;
  expected_price?: number;
}

/** POST /orders, as any HTTP client would. */
export function postOrder(
  url: string,
  order: OrderBody,
  key?: string,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${url}/orders`, {
    method: "POST",
    ...(signal && { signal }),
    headers: { "content-type": "application/json", ...(key && { "idempotency-key": key }) },
    body: JSON.stringify(order),
  });
}
