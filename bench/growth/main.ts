import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startProgress } from "../../cli/progress.ts";
import { runSubcommand } from "../../cli/run.ts";
import { atExit } from "../../testing/at-exit.ts";
import { startBourse, type Contender } from "../contenders.ts";
import { loadTool } from "../../testing/load/load-tool.ts";
import { machineWith } from "../machine.ts";
import { measure } from "../measure.ts";
import { addsUp } from "../report.ts";
import { measureStartUp, type StartUp } from "../start-up.ts";
import { makeBooks, type BookSize } from "./book-maker.ts";
import { measureCatchUp } from "./catch-up.ts";
import { readGrowthOptions, type GrowthOptions } from "./options.ts";
import { growthWorkloads, names, smallest } from "./plan.ts";
import { judgeGrowth, renderGrowth, type GrowthReport } from "./report.ts";
import { namesAllOver } from "./stocks.ts";

type ShowProgress = (done: number, total: number, note: string) => void;

/**
 * Compares the market with many stocks, trades and refusals with a small one: `bun run bench:growth --help`. It makes
 * the books itself; the workloads are in plan.ts.
 */
async function main(args: readonly string[]): Promise<number> {
  const options = readGrowthOptions(args);
  const bar = startProgress("growth");
  const progress: ShowProgress = (done, total, note) =>
    bar.update(done / total, `${done} of ${total}, ${note}`);
  const folder = options.books ?? mkdtempSync(join(tmpdir(), "bourse-growth-"));
  const remains = atExit(() => {
    if (!options.books) rmSync(folder, { recursive: true, force: true });
  });
  const reports: GrowthReport[] = [];
  for (const size of options.sizes) {
    const report = await grow(size, folder, options, progress);
    process.stdout.write(renderGrowth(report));
    reports.push(report);
    // Ten million trades take some gigabytes, so there is one such market at a time, unless the books are kept.
    if (!options.books) rmSync(bookFolder(folder, size), { recursive: true });
  }
  bar.stop();
  remains.leave();
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, "growth.json"), `${JSON.stringify(reports, null, 2)}\n`);
  return reports.every(({ books }) => books.every(addsUp)) ? 0 : 1;
}

async function grow(
  size: BookSize,
  folder: string,
  { rounds, seconds, quick, only, catchUp }: GrowthOptions,
  progress: ShowProgress,
): Promise<GrowthReport> {
  const large = await booksOf(size, folder, progress);
  const bytes = { "catalog.db": sizeOf(large, "catalog.db"), "order.db": sizeOf(large, "order.db") };
  // New books for each size: the load on the size before has added trades to them.
  rmSync(bookFolder(folder, smallest), { recursive: true, force: true });
  const small = await booksOf(smallest, folder, progress);
  const startUps: StartUp[] = [];
  const smallStartUps: StartUp[] = [];
  const starts = only.includes("start") ? rounds : 0;
  for (let round = 1; round <= starts; round += 1) {
    progress(round, starts, "start:all");
    const idleMs = quick ? 500 : 3_000;
    startUps.push(await measureStartUp({ of: "three processes", idleMs, dataDir: large }));
    smallStartUps.push(await measureStartUp({ of: "three processes", idleMs, dataDir: small }));
  }
  const { measurements, books } = await measure(
    growthWorkloads
      .filter(({ group }) => only.includes(group))
      .map(({ requestsFor, ...workload }) => ({
        ...workload,
        requests: { path: requestsFor([]).path, bodies: [] },
        contenders: [names.small, names.large],
        yardstick: names.small,
      })),
    {
      rounds,
      secondsPerRound: seconds,
      warmUpSeconds: quick ? 1 : 3,
      node: undefined,
      progress,
    },
    {
      [names.small]: () => startGrown(small, smallest.stocks),
      [names.large]: () => startGrown(large, size.stocks),
    },
  );
  progress(0, 1, "catching up");
  const report = {
    at: new Date().toISOString(),
    size,
    machine: machineWith(undefined),
    load: loadTool().name,
    rounds,
    secondsPerRound: seconds,
    measurements,
    startUps,
    smallStartUps,
    books,
    catchUp: catchUp && size.trades > 0 ? await measureCatchUp(large, size.trades) : undefined,
    bytes,
  };
  return { ...report, verdicts: judgeGrowth(report) };
}

/** The most names that one round uses. Each round begins after those of the round before. */
const namesARound = 60_000;

/** A market on these books, with requests for its own stocks. */
async function startGrown(dataDir: string, stocks: number): Promise<Contender> {
  const market = await startBourse({ dataDir });
  const asked = namesAllOver(stocks);
  let rounds = 0;
  return {
    run(workload, seconds) {
      const first = (rounds++ * namesARound) % asked.length;
      const inTurn = [...asked.slice(first), ...asked.slice(0, first)];
      const requests = growthWorkloads.find(({ name }) => name === workload.name)?.requestsFor(inTurn);
      return market.run({ ...workload, requests: requests ?? workload.requests }, seconds);
    },
    orders: () => market.orders(),
    [Symbol.asyncDispose]: () => market[Symbol.asyncDispose](),
  };
}

function bookFolder(folder: string, { stocks, trades, refusals }: BookSize): string {
  return join(folder, `${stocks}-stocks-${trades}-trades-${refusals}-refusals`);
}

/** The data folder with books of this size; they are made when it does not exist. */
async function booksOf(size: BookSize, folder: string, progress: ShowProgress): Promise<string> {
  const dataDir = bookFolder(folder, size);
  if (existsSync(dataDir)) return dataDir;
  const unfinished = `${dataDir}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  await makeBooks(unfinished, size, (done, total) => progress(done, total, "rows in the books"));
  renameSync(unfinished, dataDir);
  return dataDir;
}

function sizeOf(dataDir: string, file: string): number {
  return statSync(join(dataDir, file)).size;
}

await runSubcommand(
  { name: "bench:growth", exitCodes: { usage: 2, failed: 1 }, run: main },
  process.argv.slice(2),
);
