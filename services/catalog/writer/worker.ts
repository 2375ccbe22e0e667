import { parentPort, workerData } from "node:worker_threads";

import { openWriter } from "../../../db/sqlite/open.ts";
import { decideJson } from "./decide-json.ts";
import { grantEpoch } from "./grant-epoch.ts";
import type { WriterCall, WriterReply } from "./messages.ts";
import { CatalogWriter } from "./store.ts";

/**
 * The thread that owns the catalog's one write connection: an fsync stops this thread and no other. What it does
 * not catch ends the process (the main thread sees the error and exits).
 */
const writer = new CatalogWriter(openWriter(String(workerData), { synchronous: "FULL" }));

parentPort?.on("message", (call: WriterCall) => {
  const reply: WriterReply = { id: call.id, result: perform(call) };
  parentPort?.postMessage(reply);
});

function onUnexpected(error: unknown): void {
  process.stderr.write(
    `an order failed unexpectedly: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
}

function perform(call: WriterCall): WriterReply["result"] {
  switch (call.method) {
    case "acquireEpoch":
      return grantEpoch(() => writer.acquireEpoch(call.follower));
    case "decide":
      return decideJson(writer, call.requestJson, Date.now(), onUnexpected);
    case "close":
      writer.checkpoint();
      writer.close();
      return undefined;
  }
}
