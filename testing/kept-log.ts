import pino from "pino";

import type { Log } from "../services/runtime/process/log.ts";

/** A log that keeps its lines for the test and prints none. */
export function keptLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { log: pino({ level: "trace" }, { write: (line: string) => void lines.push(line) }), lines };
}
