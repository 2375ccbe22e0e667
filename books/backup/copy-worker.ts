import { parentPort } from "node:worker_threads";

import { copyDatabase } from "../../db/sqlite/copy.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { storeFailureIn, type StoreFailureKind } from "../../db/store-failure.ts";
import { serveCalls } from "../../services/runtime/process/worker-rpc.ts";

/** Errors lose their class between threads. `kind` is that of a StoreFailure; undefined for any other error. */
export interface CopyReply {
  failure?: { message: string; kind: StoreFailureKind | undefined };
}

const methods = {
  copy({ from, to }: { from: string; to: string }): CopyReply {
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
  },
};
export type CopyMethods = typeof methods;

serveCalls(parentPort, methods);
