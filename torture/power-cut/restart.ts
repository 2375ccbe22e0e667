import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import pino from "pino";

import type { startCatalog } from "../../services/catalog/main.ts";
import type { startFrontend } from "../../services/frontend/main.ts";
import type { startOrder } from "../../services/order/main.ts";
import { readEnv, type Env } from "../../services/runtime/process/env.ts";
import type { Running } from "../../services/runtime/process/lifecycle.ts";
import type { Log } from "../../services/runtime/process/log.ts";
import { readBooks } from "../../testing/auditor.ts";
import type { Shape } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";
import { repeatViolations } from "../checks-at-rest.ts";
import { meaningOf, sendOnce, type Placed } from "../client.ts";
import { violationsIn } from "../check-round.ts";
import type { Random } from "../../testing/random.ts";
import { stocksCsv } from "../stocks.ts";
import { SupervisedMarket } from "../supervised-market.ts";

/** Start functions of the services, or of the market as one process. */
interface Starts {
  startCatalog: typeof startCatalog;
  startOrder: typeof startOrder;
  startFrontend: typeof startFrontend;
  startMarket(env: Env, log: Log): Promise<Running>;
}

export interface Code {
  codeDir: string;
  shape: Shape;
  starts: Starts;
}

const mainsOf: Record<Shape, readonly string[]> = {
  services: ["services/catalog/main.ts", "services/order/main.ts", "services/frontend/main.ts"],
  "one-process": ["services/market.ts"],
};

export async function codeIn(codeDir: string, shape: Shape): Promise<Code> {
  const modules = await Promise.all(mainsOf[shape].map((main) => import(join(codeDir, main))));
  return { codeDir, shape, starts: Object.assign({}, ...modules) as Starts };
}

/**
 * `services`: catalog and order service in this process. `frontend`: a frontend too, through which orders are repeated.
 * `processes`: the same with real processes. In one process there is always a frontend.
 */
export type RestartKind = "services" | "frontend" | "processes";

export interface RestartOptions {
  kind: RestartKind;
  code: Code;
  folder: string;
  files: ReadonlyMap<string, Uint8Array>;
  /** The orders, with the outcomes that clients had received. */
  placed: Placed[];
  random: Random;
}

const readyWithinMs = 20_000;
const log = pino({ level: "silent" });

/** Restarts a market on what a power cut left, until it is ready, and returns the violations. */
export async function restartViolations(options: RestartOptions): Promise<string[]> {
  const { kind, folder, files } = options;
  const { codeDir, shape, starts } = options.code;
  mkdirSync(folder);
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const stocksFile = join(folder, "stocks.csv");
  writeFileSync(stocksFile, stocksCsv);
  const variables = { BOURSE_DATA_DIR: folder, BOURSE_STOCKS_FILE: stocksFile };
  if (kind === "processes") {
    await using market = await SupervisedMarket.start({ shape, variables, codeDir });
    return await violationsAfter(options, market.url);
  }
  const env = (more: Record<string, string>) =>
    readEnv({ ...variables, CATALOG_PORT: "0", ORDER_PORT: "0", FRONTEND_PORT: "0", ...more });
  await using running = new AsyncDisposableStack();
  const start = async (starting: Promise<Running>): Promise<string> => {
    const service = await starting;
    running.defer(() => service.stop());
    return service.url;
  };
  if (shape === "one-process") {
    const url = await start(starts.startMarket(env({}), log));
    await ready(url);
    return await violationsAfter(options, kind === "services" ? undefined : url);
  }
  const catalog = await start(starts.startCatalog(env({}), log));
  const order = await start(starts.startOrder(env({ CATALOG_URL: catalog }), log));
  await ready(order);
  if (kind === "services") return await violationsAfter(options);
  const frontend = await start(starts.startFrontend(env({ CATALOG_URL: catalog, ORDER_URL: order }), log));
  await ready(frontend);
  return await violationsAfter(options, frontend);
}

const ready = (url: string): Promise<void> =>
  until(async () => (await fetch(`${url}/readyz`)).ok, readyWithinMs, `${url} is ready`);

async function violationsAfter({ folder, placed, random }: RestartOptions, url?: string): Promise<string[]> {
  const violations: string[] = [];
  if (url !== undefined) {
    violations.push(...(await repeatViolations([url], placed, random)));
    placed.push(await placeAnother(url, placed, random));
  }
  return [...violations, ...violationsIn({ books: readBooks(folder), placed, streams: [] })];
}

/** Places a new order, after all others by the clients' clock: the market must take orders again. */
async function placeAnother(url: string, known: readonly Placed[], random: Random): Promise<Placed> {
  const order = { name: "GameStart", type: "sell", quantity: 1 } as const;
  const startedMs = known.reduce((last, one) => Math.max(last, one.startedMs, one.answer?.atMs ?? 0), 0) + 1;
  const placed: Placed = { key: random.key(), order, startedMs, copies: 1 };
  const reply = await sendOnce(url, placed, AbortSignal.timeout(readyWithinMs));
  if (!reply || meaningOf(reply, 1) !== "outcome")
    throw new Error(`the first order after the power cut got ${reply?.status} ${reply?.text}`);
  return { ...placed, answer: { status: reply.status, text: reply.text, atMs: startedMs + 1 } };
}
