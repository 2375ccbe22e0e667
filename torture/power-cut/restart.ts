import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import pino from "pino";

import type { startCatalog } from "../../services/catalog/main.ts";
import type { startFrontend } from "../../services/frontend/main.ts";
import type { startOrder } from "../../services/order/main.ts";
import { readEnv } from "../../services/runtime/process/env.ts";
import type { Running } from "../../services/runtime/process/lifecycle.ts";
import { readBooks } from "../../testing/auditor.ts";
import { until } from "../../testing/until.ts";
import { repeatFaults } from "../aftermath.ts";
import { meaningOf, sendOnce, type Placed } from "../client.ts";
import { verdictOn } from "../judge.ts";
import type { Random } from "../../testing/random.ts";
import { stocksCsv } from "../stocks.ts";
import { SupervisedMarket } from "../supervised-market.ts";

/** Each service's own start. */
export interface Code {
  codeDir: string;
  startCatalog: typeof startCatalog;
  startOrder: typeof startOrder;
  startFrontend: typeof startFrontend;
}

export async function codeIn(codeDir: string): Promise<Code> {
  const [catalog, order, frontend] = await Promise.all(
    ["catalog", "order", "frontend"].map((name) => import(join(codeDir, `services/${name}/main.ts`))),
  );
  return { ...catalog, ...order, ...frontend, codeDir } as Code;
}

/** `start`: catalog and order service in this process; `ask`: a frontend too; `processes`: three processes. */
export type Restart = "start" | "ask" | "processes";

export interface RestartOptions {
  kind: Restart;
  code: Code;
  folder: string;
  files: ReadonlyMap<string, Uint8Array>;
  /** What the clients know. */
  placed: Placed[];
  random: Random;
}

const readyWithinMs = 20_000;
const log = pino({ level: "silent" });

/** Restarts a market on what a power cut left, until it is ready, and returns what the books then lack. */
export async function restartFaults(options: RestartOptions): Promise<string[]> {
  const { kind, code, folder, files } = options;
  mkdirSync(folder);
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const stocksFile = join(folder, "stocks.csv");
  writeFileSync(stocksFile, stocksCsv);
  const variables = { BOURSE_DATA_DIR: folder, BOURSE_STOCKS_FILE: stocksFile };
  if (kind === "processes") {
    await using market = await SupervisedMarket.start({ variables, codeDir: code.codeDir });
    return await faultsAfter(options, market.url);
  }
  const env = (more: Record<string, string>) =>
    readEnv({ ...variables, CATALOG_PORT: "0", ORDER_PORT: "0", FRONTEND_PORT: "0", ...more });
  await using running = new AsyncDisposableStack();
  const begin = async (start: Promise<Running>): Promise<string> => {
    const service = await start;
    running.defer(() => service.stop());
    return service.url;
  };
  const catalog = await begin(code.startCatalog(env({}), log));
  const order = await begin(code.startOrder(env({ CATALOG_URL: catalog }), log));
  await ready(order);
  if (kind === "start") return await faultsAfter(options);
  const frontend = await begin(code.startFrontend(env({ CATALOG_URL: catalog, ORDER_URL: order }), log));
  await ready(frontend);
  return await faultsAfter(options, frontend);
}

const ready = (url: string): Promise<void> =>
  until(async () => (await fetch(`${url}/readyz`)).ok, readyWithinMs, `${url} is ready`);

async function faultsAfter({ folder, placed, random }: RestartOptions, url?: string): Promise<string[]> {
  const faults: string[] = [];
  if (url !== undefined) {
    faults.push(...(await repeatFaults([url], placed, random)));
    placed.push(await placeAnother(url, placed, random));
  }
  return [...faults, ...verdictOn({ books: readBooks(folder), placed, streams: [] })];
}

/** The market takes orders again: this one comes after all that the clients knew, by their clock. */
async function placeAnother(url: string, known: readonly Placed[], random: Random): Promise<Placed> {
  const order = { name: "GameStart", type: "sell", quantity: 1 } as const;
  const begunMs = known.reduce((last, one) => Math.max(last, one.begunMs, one.answer?.atMs ?? 0), 0) + 1;
  const placed: Placed = { key: random.key(), order, begunMs, copies: 1 };
  const reply = await sendOnce(url, placed, AbortSignal.timeout(readyWithinMs));
  if (!reply || meaningOf(reply, 1) !== "outcome")
    throw new Error(`the first order after the power cut got ${reply?.status} ${reply?.text}`);
  return { ...placed, answer: { status: reply.status, text: reply.text, atMs: begunMs + 1 } };
}
