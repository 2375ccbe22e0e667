import { readFileSync } from "node:fs";

/**
 * Whether this process was started with SIGHUP ignored, as `nohup` does: then it must not be handled, because a handler
 * undoes that. Known on Linux only; false elsewhere.
 */
export function isHangupIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
