import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";

export const diskExtensions = ["db", "db-wal", "db-journal"];

/** The files that a power cut leaves. The index of a write-ahead log (`-shm`) is memory, and is rebuilt. */
export const diskFiles = ["catalog", "order"].flatMap((database) =>
  diskExtensions.map((extension) => `${database}.${extension}`),
);

/** The traced calls, by their numbers in faults.c. */
const calls = { 1: "sync", 2: "write", 4: "truncate", 8: "create", 16: "unlink", 32: "sync folder" } as const;

/** A successful call of a service. `begun` and `done` count the steps of both services together. */
export interface Step {
  call: (typeof calls)[keyof typeof calls];
  begun: number;
  done: number;
  /** Empty: the folder. */
  file: string;
  /** Offset of a write, or the new length of a truncated file. */
  at: number;
  /** The bytes of a write. */
  bytes: Uint8Array;
}

const headBytes = 40;

/** The growing record of what both services of a market do to their files. */
export class Trace implements Disposable {
  readonly path: string;
  readonly #clock: number;

  constructor(path: string) {
    this.path = path;
    writeFileSync(path, "");
    writeFileSync(`${path}.clock`, new Uint8Array(4096));
    this.#clock = openSync(`${path}.clock`, "r");
  }

  /** The current step: every call that was done before has an earlier one. */
  now(): number {
    const step = new BigUint64Array(1);
    readSync(this.#clock, step, 0, 8, 0);
    return Number(step[0]);
  }

  [Symbol.dispose](): void {
    closeSync(this.#clock);
  }
}

/** The steps of a trace in the order in which they were completed. */
export function readTrace(path: string): Step[] {
  const trace = readFileSync(path);
  const steps: Step[] = [];
  for (let from = 0; from < trace.length;) {
    const length = Number(trace.readBigUInt64LE(from + 32));
    const call = calls[trace.readInt32LE(from + 16) as keyof typeof calls];
    const end = from + headBytes + length;
    // The market was killed while it wrote this record, after the end of the recording.
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
