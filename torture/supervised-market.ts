import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { atExit } from "../testing/at-exit.ts";
import { freePorts } from "../testing/free-ports.ts";
import { readLines, serviceNames, spawnService, type ServiceName, type Shape } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import { instanceOf, instancesOf, servicesOf, type InstanceName } from "./instances.ts";

type Variables = Record<string, string>;

export interface MarketOptions {
  /** `services` by default. */
  shape?: Shape | undefined;
  variables?: Variables;
  /** Per service, over `variables`. A process gets those of each service that it runs. */
  variablesOf?: Partial<Record<ServiceName, Variables>>;
  /** The opening list; by default the one of the repository. */
  stocksCsv?: string;
  /** Folder of the services' code; by default this repository. */
  codeDir?: string | undefined;
  /** The address of `to` that `from` gets, where a proxy is between them. */
  addressOf?(from: InstanceName | "client", to: InstanceName, url: string): string;
}

/** The end of a process that was not killed by `kill`, `restart` or `without`. */
export interface Exit {
  name: InstanceName;
  /** The exit code, or the signal that ended it. */
  how: number | string;
  /** The last lines of its output. */
  output: string;
}

interface Supervised {
  process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  wasKilled: boolean;
}

const startDeadlineMs = 30_000;
const restartDelayMs = 10;
/** After an end by itself, which may repeat at once. */
const ownEndDelayMs = 100;
const keptLines = 8;

/** Real processes. A process that ends is started again, on the same address. */
export class SupervisedMarket {
  readonly shape: Shape;
  /** The public address; of two frontends, the first. */
  readonly url: string;
  /** All public addresses. */
  readonly urls: readonly [string, ...string[]];
  readonly dataDir: string;
  /** Ends of processes that nothing here has caused. */
  readonly exits: Exit[] = [];
  readonly #running = new Map<InstanceName, Supervised>();
  readonly #ports: ReadonlyMap<InstanceName, number>;
  readonly #variables: Variables;
  readonly #options: MarketOptions;
  readonly #supervising: Promise<unknown>;
  readonly #atExit;
  readonly #heldBack = new Map<InstanceName, Promise<unknown>>();
  #isStopped = false;

  private constructor(options: MarketOptions) {
    this.shape = options.shape ?? "services";
    this.#options = options;
    const free = freePorts(this.#names.length);
    this.#ports = new Map(this.#names.map((name, index) => [name, free[index] ?? 0]));
    this.dataDir = mkdtempSync(join(tmpdir(), "bourse-torture-"));
    const publicAddress = (name: InstanceName): string => {
      const url = this.#addressOf(name);
      return options.addressOf?.("client", name, url) ?? url;
    };
    this.url = publicAddress(instanceOf(this.shape, "frontend"));
    this.urls = this.shape === "services" ? [this.url, publicAddress("frontend2")] : [this.url];
    const stocksFile = options.stocksCsv === undefined ? undefined : join(this.dataDir, "stocks.csv");
    if (stocksFile) writeFileSync(stocksFile, options.stocksCsv ?? "");
    this.#variables = {
      BOURSE_DATA_DIR: this.dataDir,
      BOURSE_LOG_LEVEL: "warn",
      ...(stocksFile && { BOURSE_STOCKS_FILE: stocksFile }),
      ...this.#urlVariables(),
      ...options.variables,
    };
    this.#atExit = atExit(() => {
      for (const { process } of this.#running.values()) process.kill("SIGKILL");
      rmSync(this.dataDir, { recursive: true, force: true });
    });
    this.#supervising = Promise.all(this.#names.map((name) => this.#supervise(name)));
  }

  /** Resolves when an order would go through. */
  static async start(options: MarketOptions): Promise<SupervisedMarket> {
    const market = new SupervisedMarket(options);
    try {
      await market.ready(startDeadlineMs);
    } catch (error) {
      const exits = market.exits.map(({ name, how, output }) => `${name} ended (${how}): ${output}`);
      await market[Symbol.asyncDispose]();
      throw new Error(["the market does not start", ...exits.slice(-3)].join("\n"), { cause: error });
    }
    return market;
  }

  /** The environment of a process. */
  variablesOf(name: InstanceName): Variables {
    const { variablesOf, addressOf } = this.#options;
    const services = servicesOf(name);
    const addresses = serviceNames.flatMap((to) => {
      const url = this.#variables[urlVariable(to)];
      return url === undefined || services.includes(to) || !addressOf
        ? []
        : [[urlVariable(to), addressOf(name, to, url)]];
    });
    const [service = "frontend"] = name === "market" ? ["frontend" as const] : services;
    return {
      ...this.#variables,
      [`${service.toUpperCase()}_PORT`]: String(this.#ports.get(name)),
      ...Object.fromEntries(addresses),
      ...Object.assign({}, ...services.map((one) => variablesOf?.[one])),
    };
  }

  /** Undefined while it does not run. */
  pidOf(name: InstanceName): number | undefined {
    return this.#running.get(name)?.process.pid;
  }

  /** SIGKILL, all at once. Resolves to the number of killed processes when they have ended; they are started again. */
  kill(...names: readonly InstanceName[]): Promise<number> {
    return this.#end("SIGKILL", names);
  }

  /** SIGTERM to the process of a service; it is started again. */
  restart(service: ServiceName): Promise<number> {
    return this.#end("SIGTERM", [instanceOf(this.shape, service)]);
  }

  /** SIGTERM to the processes of these services; they are started again after `work`. */
  async without(services: readonly ServiceName[], work: () => Promise<void>): Promise<void> {
    const names = [...new Set(services.map((service) => instanceOf(this.shape, service)))];
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const name of names) this.#heldBack.set(name, promise);
    try {
      await this.#end("SIGTERM", names);
      await work();
    } finally {
      for (const name of names) this.#heldBack.delete(name);
      resolve();
    }
  }

  async #end(signal: "SIGKILL" | "SIGTERM", names: readonly InstanceName[]): Promise<number> {
    const victims = names.flatMap((name) => this.#running.get(name) ?? []);
    for (const victim of victims) {
      victim.wasKilled = true;
      victim.process.kill(signal);
    }
    await Promise.all(victims.map(({ process }) => process.exited));
    return victims.length;
  }

  /** Resolves when an order would go through at every frontend. Rejects after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    const isReady = async (url: string): Promise<boolean> =>
      (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
    const areReady = async () => (await Promise.all(this.urls.map(isReady))).every(Boolean);
    return until(areReady, timeoutMs, "the market is ready");
  }

  /** Kills all, and deletes the data. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.kill(...this.#names);
    await this.#supervising;
    this.#atExit.leave();
  }

  get #names(): readonly InstanceName[] {
    return instancesOf[this.shape];
  }

  #addressOf(name: InstanceName): string {
    return `http://127.0.0.1:${this.#ports.get(name)}`;
  }

  /** In one process the services need no addresses. */
  #urlVariables(): Variables {
    if (this.shape === "one-process") return {};
    return Object.fromEntries(serviceNames.map((name) => [urlVariable(name), this.#addressOf(name)]));
  }

  async #supervise(name: InstanceName): Promise<void> {
    while (!this.#isStopped) {
      await this.#heldBack.get(name);
      const process = spawnService(mainOf(name), this.variablesOf(name), "pipe", this.#options.codeDir);
      const supervised = { process, wasKilled: false };
      this.#running.set(name, supervised);
      const output: string[] = [];
      const keep = (line: string): void => {
        output.push(line);
        if (output.length > keptLines) output.shift();
      };
      await Promise.all([process.exited, readLines(process.stdout, keep), readLines(process.stderr, keep)]);
      const { wasKilled } = supervised;
      if (!wasKilled)
        this.exits.push({
          name,
          how: process.signalCode ?? process.exitCode ?? "?",
          output: output.join("\n"),
        });
      await Bun.sleep(wasKilled ? restartDelayMs : ownEndDelayMs);
    }
  }
}

function urlVariable(service: ServiceName): string {
  return `${service.toUpperCase()}_URL`;
}

function mainOf(name: InstanceName): ServiceName | "market" {
  return name === "frontend2" ? "frontend" : name;
}
