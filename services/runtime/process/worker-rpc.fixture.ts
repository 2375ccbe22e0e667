import { parentPort } from "node:worker_threads";

import { serveCalls } from "./worker-rpc.ts";

const methods = {
  double: (value: number): number => value * 2,
  greet: ({ name }: { name: string }): { text: string } => {
    notify(`greets ${name}`);
    return { text: `hello ${name}` };
  },
  fail: (message: string): void => {
    throw new TypeError(message);
  },
  exit: (code: number): void => process.exit(code),
  /** Blocks its thread. */
  block: (durationMs: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
  },
};
export type FixtureMethods = typeof methods;

const notify = serveCalls<string>(parentPort, methods);
