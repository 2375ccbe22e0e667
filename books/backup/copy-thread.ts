import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";

import { StoreFailure } from "../../db/store-failure.ts";
import type { CopyReply } from "./copy-worker.ts";

const lookEveryMs = 100;

/**
 * Copies a database that others may be writing, on a thread of its own, so that this one can show how far it is.
 * Rejects with a StoreFailure when a database cannot be read or written.
 */
export async function copyInThread(from: string, to: string, reach: (bytes: number) => void): Promise<void> {
  const worker = new Worker(new URL("./copy-worker.ts", import.meta.url), { workerData: { from, to } });
  const timer = setInterval(() => reach(statSync(to, { throwIfNoEntry: false })?.size ?? 0), lookEveryMs);
  try {
    const { failure } = await new Promise<CopyReply>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    if (failure?.kind) throw new StoreFailure(failure.kind, failure.message);
    if (failure) throw new Error(failure.message);
  } finally {
    clearInterval(timer);
    await worker.terminate();
  }
}
