import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readLines, serviceNames, spawnService, until, type ServiceName } from "../market.ts";
import { atExit } from "./at-exit.ts";

type Variables = Record<string, string>;

export interface MarketOptions {
  variables?: Variables;
  /** Per service, over `variables`. */
  variablesOf?: Partial<Record<ServiceName, Variables>>;
  /** Where the services' code is, should that not be this repository. */
  codeDir?: string | undefined;
}

/** How a service ended that nobody here had killed. */
export interface Exit {
  name: ServiceName;
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

/** Three real processes that are started again whenever and however they end, each on the address it had. */
export class SupervisedMarket {
  readonly url: string;
  readonly dataDir: string;
  /** Ends that no `kill` of ours explains. */
  readonly exits: Exit[] = [];
  readonly #running = new Map<ServiceName, Supervised>();
  readonly #variables: Variables;
  readonly #options: MarketOptions;
  readonly #supervising: Promise<unknown>;
  readonly #remains;
  #isStopped = false;

  private constructor(options: MarketOptions) {
    const ports = freePorts();
    const addresses = serviceNames.map((name, index) => ({ upper: name.toUpperCase(), port: ports[index] }));
    this.#options = options;
    this.dataDir = mkdtempSync(join(tmpdir(), "bourse-torture-"));
    this.url = `http://127.0.0.1:${addresses.at(-1)?.port}`;
    this.#variables = {
      BOURSE_DATA_DIR: this.dataDir,
      BOURSE_LOG_LEVEL: "warn",
      ...Object.fromEntries(
        addresses.flatMap(({ upper, port }) => [
          [`${upper}_PORT`, String(port)],
          [`${upper}_URL`, `http://127.0.0.1:${port}`],
        ]),
      ),
      ...options.variables,
    };
    this.#remains = atExit(() => {
      for (const { process } of this.#running.values()) process.kill("SIGKILL");
      rmSync(this.dataDir, { recursive: true, force: true });
    });
    this.#supervising = Promise.all(serviceNames.map((name) => this.#supervise(name)));
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
  variablesOf(name: ServiceName): Variables {
    return { ...this.#variables, ...this.#options.variablesOf?.[name] };
  }

  /** SIGKILL, all at once; resolves to their number when they are gone. They are being started again by then. */
  kill(...names: ServiceName[]): Promise<number> {
    return this.#end("SIGKILL", names);
  }

  /** Asks a service to end, as whoever runs it would; it is started again. */
  restart(name: ServiceName): Promise<number> {
    return this.#end("SIGTERM", [name]);
  }

  async #end(signal: "SIGKILL" | "SIGTERM", names: readonly ServiceName[]): Promise<number> {
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
    const isReady = async () =>
      (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
    return until(isReady, timeoutMs, "the market is ready");
  }

  /** Kills all, and deletes the data. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.kill(...serviceNames);
    await this.#supervising;
    this.#remains.leave();
  }

  async #supervise(name: ServiceName): Promise<void> {
    while (!this.#isStopped) {
      const process = spawnService(name, this.variablesOf(name), "pipe", this.#options.codeDir);
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

/**
 * Below the ports that the system gives to outgoing connections: one of those could take the port of a service that
 * is down for a moment. Not drawn from the seed: two runs of one seed may go on at the same time.
 */
function freePorts(): number[] {
  const ports = new Set<number>();
  while (ports.size < serviceNames.length) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
