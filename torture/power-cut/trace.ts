import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";

/** The files that outlive a power cut. The index of a log (`-shm`) is memory, and made anew. */
export const diskFiles = ["catalog", "order"].flatMap((name) => [
  `${name}.db`,
  `${name}.db-wal`,
  `${name}.db-journal`,
]);

/** What is written down, by the numbers that faults.c knows. */
const calls = { 1: "sync", 2: "write", 4: "truncate", 8: "create", 16: "unlink", 32: "sync folder" } as const;

/** One call that a service made, and that had worked. Moments are of the clock that both services share. */
export interface Step {
  call: (typeof calls)[keyof typeof calls];
  begun: number;
  done: number;
  /** Empty for the folder. */
  file: string;
  /** Where a write begins, or the length that a file is cut to. */
  at: number;
  /** What a write put there. */
  bytes: Uint8Array;
}

const headBytes = 40;

/** What both services of a market do to their files, as they do it. */
export class Trace implements Disposable {
  readonly path: string;
  readonly #clock: number;

  constructor(path: string) {
    this.path = path;
    writeFileSync(path, "");
    writeFileSync(`${path}.clock`, new Uint8Array(4096));
    this.#clock = openSync(`${path}.clock`, "r");
  }

  /** Whatever was done before this call has an earlier moment. */
  now(): number {
    const moment = new BigUint64Array(1);
    readSync(this.#clock, moment, 0, 8, 0);
    return Number(moment[0]);
  }

  [Symbol.dispose](): void {
    closeSync(this.#clock);
  }
}

/** The steps of a trace in the order in which they were done. */
export function readTrace(path: string): Step[] {
  const trace = readFileSync(path);
  const steps: Step[] = [];
  for (let from = 0; from < trace.length;) {
    const length = Number(trace.readBigUInt64LE(from + 32));
    const call = calls[trace.readInt32LE(from + 16) as keyof typeof calls];
    const end = from + headBytes + length;
    // The market was killed while it wrote this down, long after all that is looked at.
    if (end > trace.length) break;
    steps.push({
      call,
      begun: Number(trace.readBigUInt64LE(from)),
      done: Number(trace.readBigUInt64LE(from + 8)),
      file: diskFiles[trace.readInt32LE(from + 20)] ?? "",
      at: Number(trace.readBigUInt64LE(from + 24)),
      bytes: trace.subarray(from + headBytes, end),
    });
    from = end;
  }
  return steps.toSorted((one, other) => one.done - other.done);
}
