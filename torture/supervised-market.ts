import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readLines, serviceNames, spawnService, type ServiceName } from "../testing/market.ts";
import { until } from "../testing/until.ts";
import { atExit } from "../testing/at-exit.ts";
import { freePorts } from "../testing/free-ports.ts";

type Variables = Record<string, string>;

/** The processes of a market, and the service that each of them is: two frontends serve the same books. */
const instances = {
  catalog: "catalog",
  order: "order",
  frontend: "frontend",
  frontend2: "frontend",
} as const satisfies Record<string, ServiceName>;
export type InstanceName = keyof typeof instances;
export const instanceNames: readonly [InstanceName, ...InstanceName[]] = [
  "catalog",
  "order",
  "frontend",
  "frontend2",
];

export interface MarketOptions {
  variables?: Variables;
  /** Per service, over `variables`. */
  variablesOf?: Partial<Record<ServiceName, Variables>>;
  /** The opening list, should it not be the one that comes along. */
  stocksCsv?: string;
  /** Where the services' code is, should that not be this repository. */
  codeDir?: string | undefined;
  /** The address that one is given of another, should something stand in between. */
  addressOf?(from: InstanceName | "client", to: InstanceName, url: string): string;
}

/** How a service ended that nobody here had killed. */
export interface Exit {
  name: InstanceName;
  /** The exit code, or the signal that ended it. */
  how: number | string;
  /** The last that it said. */
  said: string;
}

interface Supervised {
  process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  wasKilled: boolean;
}

const startDeadlineMs = 30_000;
const restartDelayMs = 10;
/** After an end of its own, which may come again at once. */
const ownEndDelayMs = 100;
const keptLines = 8;

/** Real processes that are started again whenever and however they end, each on the address it had. */
export class SupervisedMarket {
  /** The first frontend. */
  readonly url: string;
  /** Both frontends, the first first. */
  readonly urls: readonly [string, string];
  readonly dataDir: string;
  /** Ends that no `kill` of ours explains. */
  readonly exits: Exit[] = [];
  readonly #running = new Map<InstanceName, Supervised>();
  readonly #ports: Readonly<Record<InstanceName, number>>;
  readonly #variables: Variables;
  readonly #options: MarketOptions;
  readonly #supervising: Promise<unknown>;
  readonly #remains;
  readonly #heldBack = new Map<InstanceName, Promise<unknown>>();
  #isStopped = false;

  private constructor(options: MarketOptions) {
    const free = freePorts(instanceNames.length);
    const ports = Object.fromEntries(instanceNames.map((name, index) => [name, free[index]]));
    this.#ports = ports as Record<InstanceName, number>;
    this.#options = options;
    this.dataDir = mkdtempSync(join(tmpdir(), "bourse-torture-"));
    const publicAddress = (name: InstanceName): string => {
      const url = addressAt(this.#ports[name]);
      return options.addressOf?.("client", name, url) ?? url;
    };
    this.urls = [publicAddress("frontend"), publicAddress("frontend2")];
    [this.url] = this.urls;
    const stocksFile = options.stocksCsv === undefined ? undefined : join(this.dataDir, "stocks.csv");
    if (stocksFile) writeFileSync(stocksFile, options.stocksCsv ?? "");
    this.#variables = {
      BOURSE_DATA_DIR: this.dataDir,
      BOURSE_LOG_LEVEL: "warn",
      ...(stocksFile && { BOURSE_STOCKS_FILE: stocksFile }),
      ...Object.fromEntries(
        serviceNames.map((name) => [`${name.toUpperCase()}_URL`, addressAt(this.#ports[name])]),
      ),
      ...options.variables,
    };
    this.#remains = atExit(() => {
      for (const { process } of this.#running.values()) process.kill("SIGKILL");
      rmSync(this.dataDir, { recursive: true, force: true });
    });
    this.#supervising = Promise.all(instanceNames.map((name) => this.#supervise(name)));
  }

  /** Resolves when an order would go through. */
  static async start(options: MarketOptions): Promise<SupervisedMarket> {
    const market = new SupervisedMarket(options);
    try {
      await market.ready(startDeadlineMs);
    } catch (error) {
      const exits = market.exits.map(({ name, how, said }) => `${name} ended (${how}): ${said}`);
      await market[Symbol.asyncDispose]();
      throw new Error(["the market does not start", ...exits.slice(-3)].join("\n"), { cause: error });
    }
    return market;
  }

  /** What a service is started with. */
  variablesOf(name: InstanceName): Variables {
    const { variablesOf, addressOf } = this.#options;
    const service = instances[name];
    const addresses = serviceNames.flatMap((to) => {
      const url = `${to.toUpperCase()}_URL`;
      return to === service || !addressOf ? [] : [[url, addressOf(name, to, this.#variables[url] ?? "")]];
    });
    return {
      ...this.#variables,
      [`${service.toUpperCase()}_PORT`]: String(this.#ports[name]),
      ...Object.fromEntries(addresses),
      ...variablesOf?.[service],
    };
  }

  /** Undefined for one that is not running. */
  pidOf(name: InstanceName): number | undefined {
    return this.#running.get(name)?.process.pid;
  }

  /** SIGKILL, all at once; resolves to their number when they are gone. They are being started again by then. */
  kill(...names: InstanceName[]): Promise<number> {
    return this.#end("SIGKILL", names);
  }

  /** Asks a service to end, as whoever runs it would; it is started again. */
  restart(name: InstanceName): Promise<number> {
    return this.#end("SIGTERM", [name]);
  }

  /** Ends services, as whoever runs them would, and starts them again after `work`. */
  async without(names: readonly InstanceName[], work: () => Promise<void>): Promise<void> {
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

  /** Until an order would go through. Rejects after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    const isReady = async (url: string): Promise<boolean> =>
      (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
    const areReady = async () => (await Promise.all(this.urls.map(isReady))).every(Boolean);
    return until(areReady, timeoutMs, "the market is ready");
  }

  /** Kills all, and deletes the data. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.kill(...instanceNames);
    await this.#supervising;
    this.#remains.leave();
  }

  async #supervise(name: InstanceName): Promise<void> {
    while (!this.#isStopped) {
      await this.#heldBack.get(name);
      const process = spawnService(instances[name], this.variablesOf(name), "pipe", this.#options.codeDir);
      const supervised = { process, wasKilled: false };
      this.#running.set(name, supervised);
      const said: string[] = [];
      const hear = (line: string): void => {
        said.push(line);
        if (said.length > keptLines) said.shift();
      };
      await Promise.all([process.exited, readLines(process.stdout, hear), readLines(process.stderr, hear)]);
      const { wasKilled } = supervised;
      if (!wasKilled)
        this.exits.push({ name, how: process.signalCode ?? process.exitCode ?? "?", said: said.join("\n") });
      await Bun.sleep(wasKilled ? restartDelayMs : ownEndDelayMs);
    }
  }
}

function addressAt(port: number): string {
  return `http://127.0.0.1:${port}`;
}
