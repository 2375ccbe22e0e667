import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { until } from "../../testing/until.ts";
import type { Placed } from "../client.ts";
import type { Action, FaultControl, FaultLibrary } from "../faults/library.ts";
import { Load } from "../load.ts";
import { Random } from "../../testing/random.ts";
import { stocksCsv } from "../stocks.ts";
import { SupervisedMarket } from "../supervised-market.ts";
import { diskAfter } from "./disk.ts";
import { keepAll } from "./fates.ts";
import { diskFiles, readTrace, Trace } from "./trace.ts";

/** A market's life, as its clients heard of it and as its files saw it. Moments are of the trace's clock. */
export interface Recording {
  placed: Placed[];
  /** Until then the market was founded. */
  foundedAt: number;
  endedAt: number;
}

export interface Recorded {
  orders: number;
  /** What is wrong with it already. */
  faults: string[];
}

export interface RecordingOptions {
  seed: number;
  faults: FaultLibrary;
  /** Where the trace is kept, and the recording beside it. */
  folder: string;
  /** The shortest will do. */
  isHasty?: boolean | undefined;
  codeDir?: string | undefined;
}

const tracePath = (folder: string): string => join(folder, "trace");
const recordingPath = (folder: string): string => join(folder, "recording.json");

interface Shape {
  clients: number;
  orders: number;
  /** How often a service is restarted or killed. */
  ends: number;
}

/** Many clients make large batches, few make many: with the last both logs are full in time and begun again. */
const shapes: readonly [Shape, ...Shape[]] = [
  { clients: 12, orders: 500, ends: 3 },
  { clients: 6, orders: 1_000, ends: 3 },
  { clients: 2, orders: 2_500, ends: 0 },
];

/**
 * Records a market from its founding on: clients trade, and in between a service is restarted or dies within a write or
 * before a sync.
 */
export async function record(options: RecordingOptions): Promise<Recorded> {
  const { seed, faults, folder, codeDir, isHasty = false } = options;
  const random = new Random(seed);
  const { clients, orders, ends } = shapes[isHasty ? 0 : seed % shapes.length] ?? shapes[0];
  using trace = new Trace(tracePath(folder));
  const control = {
    catalog: faults.control(diskFiles, trace.path),
    order: faults.control(diskFiles, trace.path),
  };
  await using market = await SupervisedMarket.start({
    stocksCsv,
    codeDir,
    variablesOf: { catalog: control.catalog.variables, order: control.order.variables },
  });
  const foundedAt = trace.now();
  const load = new Load({
    urls: market.urls,
    random: random.fork(),
    clients,
    hangMs: 15_000,
    recoverMs: 30_000,
    mark: () => trace.now(),
  });
  const haveBegun = (count: number) =>
    until(async () => load.placed.length >= count, 60_000, `${count} orders are placed`);
  for (let end = 1; end <= ends; end += 1) {
    await haveBegun((end * orders) / (ends + 1));
    const service = end % 2 === 0 ? "catalog" : "order";
    // One that ends as it is asked to does a checkpoint, for which a ledger's log alone takes long.
    if (end === 1 || random.chance(0.5)) await market.restart(service);
    else await dieWithin(control[service], random.pick(["killBefore", "killHalfway"]));
    await load.nextOutcome();
  }
  await haveBegun(orders);
  await load.stop();
  await market.ready(30_000);
  const { files, endedAt } = await filesAtRest(market.dataDir, trace);
  const recording: Recording = { placed: load.placed, foundedAt, endedAt };
  writeFileSync(recordingPath(folder), JSON.stringify(recording));
  const odd = market.exits.filter(({ how }) => how !== "SIGKILL");
  return {
    orders: load.placed.filter(({ answer }) => answer).length,
    faults: [
      ...load.faults,
      ...odd.map(({ name, how, said }) => `${name} ended by itself (${how}): ${said}`),
      ...traceFaults(folder, recording, files),
    ],
  };
}

export function readRecording(folder: string) {
  const recording = JSON.parse(readFileSync(recordingPath(folder), "utf8")) as Recording;
  const steps = readTrace(tracePath(folder)).filter(({ done }) => done <= recording.endedAt);
  return { ...recording, steps };
}

/** The orders as a client knew them at this moment: those begun by then, with the outcomes heard by then. */
export function placedBy(placed: readonly Placed[], moment: number): Placed[] {
  return placed
    .filter(({ begunMark = 0 }) => begunMark <= moment)
    .map(({ answer, ...order }) => (answer && (answer.mark ?? 0) <= moment ? { ...order, answer } : order));
}

/** The service dies at one of its next calls. */
async function dieWithin(control: FaultControl, action: Action): Promise<void> {
  const { injected } = control;
  control.set({ calls: "any", action, nth: 9 });
  await until(async () => control.injected > injected, 30_000, "a service dies");
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

/** A trace that misses a change would prove nothing: with all that it has, the files are what the market left. */
function traceFaults(folder: string, { endedAt }: Recording, files: Map<string, Uint8Array>): string[] {
  const rebuilt = diskAfter(readRecording(folder).steps, endedAt, keepAll).files;
  const hashOf = (bytes: Uint8Array | undefined) => bytes && Bun.hash(bytes);
  return diskFiles
    .filter((name) => hashOf(files.get(name)) !== hashOf(rebuilt.get(name)))
    .map((name) => `the trace does not lead to ${name} as it is`);
}
