import { parentPort, workerData } from "node:worker_threads";

import { copyDatabase } from "../../db/sqlite/copy.ts";
import { sqliteCode } from "../../db/sqlite/errors.ts";
import { openReader } from "../../db/sqlite/open.ts";

/** An error loses its code when it is sent to another thread, so message and code are sent as plain fields. */
export interface CopyReply {
  failure?: { message: string; code: string };
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
    return { failure: { message, code: sqliteCode(error) ?? "" } };
  }
}

const { from, to } = workerData as { from: string; to: string };
parentPort?.postMessage(copy(from, to));
