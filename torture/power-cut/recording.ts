import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { until } from "../../testing/until.ts";
import type { Placed } from "../client.ts";
import type { Shape } from "../../testing/market.ts";
import { databaseControls, variablesOf } from "../faults/database-controls.ts";
import type { Action, FaultControl, FaultLibrary } from "../faults/library.ts";
import { Load } from "../load.ts";
import { Random } from "../../testing/random.ts";
import { stocksCsv } from "../stocks.ts";
import { SupervisedMarket } from "../supervised-market.ts";
import { diskAfter } from "./disk.ts";
import { keepAll } from "./power-cut-outcomes.ts";
import { diskExtensions, diskFiles, readTrace, Trace } from "./trace.ts";

/** The orders of a market, with their outcomes. Times are steps of the trace, which has the writes to its files. */
export interface Recording {
  placed: Placed[];
  /** When the market was ready for the first time. */
  openedAt: number;
  endedAt: number;
}

export interface Recorded {
  orders: number;
  /** Found while recording. */
  violations: string[];
}

export interface RecordingOptions {
  seed: number;
  shape: Shape;
  faults: FaultLibrary;
  /** Folder of the trace and of the recording. */
  folder: string;
  /** Makes the shortest recording. */
  isShort?: boolean | undefined;
  codeDir?: string | undefined;
}

const tracePath = (folder: string): string => join(folder, "trace");
const recordingPath = (folder: string): string => join(folder, "recording.json");

interface RecordedLoad {
  clients: number;
  orders: number;
  /** How often a service is restarted or killed. */
  ends: number;
}

/** Many clients make large batches, few make many. With the last, both logs fill up and are written from their start. */
const loads: readonly [RecordedLoad, ...RecordedLoad[]] = [
  { clients: 12, orders: 500, ends: 3 },
  { clients: 6, orders: 1_000, ends: 3 },
  { clients: 2, orders: 2_500, ends: 0 },
];

/**
 * Records a market from its creation on: clients trade, and sometimes a service is restarted, or killed within a write
 * or before a sync.
 */
export async function record(options: RecordingOptions): Promise<Recorded> {
  const { seed, shape, faults, folder, codeDir, isShort = false } = options;
  const random = new Random(seed);
  const { clients, orders, ends } = loads[isShort ? 0 : seed % loads.length] ?? loads[0];
  using trace = new Trace(tracePath(folder));
  const control = databaseControls(faults, shape, diskExtensions, trace.path);
  await using market = await SupervisedMarket.start({
    shape,
    stocksCsv,
    codeDir,
    variablesOf: variablesOf(control),
  });
  const openedAt = trace.now();
  const load = new Load({
    urls: market.urls,
    random: random.fork(),
    clients,
    hangMs: 15_000,
    recoverMs: 30_000,
    mark: () => trace.now(),
  });
  const arePlaced = (count: number) =>
    until(async () => load.placed.length >= count, 60_000, `${count} orders are placed`);
  for (let end = 1; end <= ends; end += 1) {
    await arePlaced((end * orders) / (ends + 1));
    const service = end % 2 === 0 ? "catalog" : "order";
    // A service that ends on SIGTERM runs a checkpoint; under load alone the ledger's next one would take long.
    if (end === 1 || random.chance(0.5)) await market.restart(service);
    else await crashWithin(control[service], random.pick(["killBefore", "killHalfway"]));
    await load.nextOutcome();
  }
  await arePlaced(orders);
  await load.stop();
  await market.ready(30_000);
  const { files, endedAt } = await filesAtRest(market.dataDir, trace);
  const recording: Recording = { placed: load.placed, openedAt, endedAt };
  writeFileSync(recordingPath(folder), JSON.stringify(recording));
  const unexpected = market.exits.filter(({ how }) => how !== "SIGKILL");
  return {
    orders: load.placed.filter(({ answer }) => answer).length,
    violations: [
      ...load.violations,
      ...unexpected.map(({ name, how, output }) => `${name} ended by itself (${how}): ${output}`),
      ...traceViolations(folder, recording, files),
    ],
  };
}

export function readRecording(folder: string) {
  const recording = JSON.parse(readFileSync(recordingPath(folder), "utf8")) as Recording;
  const steps = readTrace(tracePath(folder)).filter(({ done }) => done <= recording.endedAt);
  return { ...recording, steps };
}

/** The orders that were sent before this step, with the outcomes that had arrived before it. */
export function placedBy(placed: readonly Placed[], step: number): Placed[] {
  return placed
    .filter(({ startedMark = 0 }) => startedMark <= step)
    .map(({ answer, ...order }) => (answer && (answer.mark ?? 0) <= step ? { ...order, answer } : order));
}

/** Kills the service at one of its next calls. */
async function crashWithin(control: FaultControl, action: Action): Promise<void> {
  const { injected } = control;
  control.set({ calls: "any", action, nth: 9 });
  await until(async () => control.injected > injected, 30_000, "a service is killed");
  control.clear();
}

async function filesAtRest(dataDir: string, trace: Trace) {
  let files = new Map<string, Uint8Array>();
  let endedAt = 0;
  const areAtRest = async (): Promise<boolean> => {
    endedAt = trace.now();
    const there = diskFiles.filter((name) => existsSync(join(dataDir, name)));
    files = new Map(there.map((name) => [name, readFileSync(join(dataDir, name))]));
    return trace.now() === endedAt;
  };
  await until(areAtRest, 10_000, "the files come to rest");
  return { files, endedAt };
}

/** A trace that lacks a change would prove nothing: all its changes together must give the files that the market left. */
function traceViolations(folder: string, { endedAt }: Recording, files: Map<string, Uint8Array>): string[] {
  const rebuilt = diskAfter(readRecording(folder).steps, endedAt, keepAll).files;
  const hashOf = (bytes: Uint8Array | undefined) => bytes && Bun.hash(bytes);
  return diskFiles
    .filter((name) => hashOf(files.get(name)) !== hashOf(rebuilt.get(name)))
    .map((name) => `the trace does not give ${name} as it is`);
}
