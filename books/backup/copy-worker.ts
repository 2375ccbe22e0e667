import { parentPort, workerData } from "node:worker_threads";

import { copyDatabase } from "../../db/sqlite/copy.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { storeFailureIn, type StoreFailureKind } from "../../db/store-failure.ts";

/** An error between threads keeps its message only. `kind`: of a StoreFailure, else undefined. */
export interface CopyReply {
  failure?: { message: string; kind: StoreFailureKind | undefined };
}

function copy(from: string, to: string): CopyReply {
  try {
    const reader = openReader(from);
    try {
      copyDatabase(reader, to);
    } finally {
      reader.close();
    }
    return {};
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { failure: { message, kind: storeFailureIn(error)?.kind } };
  }
}

const { from, to } = workerData as { from: string; to: string };
parentPort?.postMessage(copy(from, to));
