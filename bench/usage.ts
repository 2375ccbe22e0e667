import { existsSync, readFileSync } from "node:fs";

import { residentMb } from "../testing/load/memory.ts";

export interface Usage {
  /** Processor time since the process began, all threads. */
  cpuSeconds: number;
  residentMb: number;
}

/** The unit of processor time in /proc: hundredths of a second, on every Linux. */
const ticksPerSecond = 100;

/** The usage of a running process; undefined where there is no /proc. */
export function usageOf(pid: number): Usage | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  // The second field is the program's name in brackets, which may itself contain spaces and brackets.
  const fields = readFileSync(path, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuSeconds: ticks / ticksPerSecond, residentMb: residentMb(pid) };
}
