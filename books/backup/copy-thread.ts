import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";

import { StoreFailure } from "../../db/store-failure.ts";
import { WorkerCalls } from "../../services/runtime/process/worker-rpc.ts";
import type { CopyMethods } from "./copy-worker.ts";

const sizeIntervalMs = 100;

/**
 * Copies a database that another process may be writing, on a thread of its own; `onSize` gets the bytes of the copy so
 * far. Rejects with a StoreFailure when a database cannot be read or written.
 */
export async function copyInThread(from: string, to: string, onSize: (bytes: number) => void): Promise<void> {
  const worker = new WorkerCalls<CopyMethods>(new Worker(new URL("./copy-worker.ts", import.meta.url)), {
    // The call rejects with the error.
    onCrash: () => undefined,
  });
  const timer = setInterval(() => onSize(statSync(to, { throwIfNoEntry: false })?.size ?? 0), sizeIntervalMs);
  try {
    const { failure } = await worker.call("copy", { from, to });
    if (failure?.kind) throw new StoreFailure(failure.kind, failure.message);
    if (failure) throw new Error(failure.message);
  } finally {
    clearInterval(timer);
    await worker.terminate();
  }
}
