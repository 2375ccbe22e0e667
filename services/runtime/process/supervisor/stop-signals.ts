import { isHangupIgnored } from "../hangup.ts";

const onePressMs = 500;

/**
 * Calls `onFirst` at the first SIGTERM, SIGINT or SIGHUP and `onSecond` at a later one. A SIGHUP that was ignored at the
 * start (`nohup`) stays ignored. Returns how to stop listening.
 *
 * Under `bun run` one Ctrl-C arrives twice: from the terminal, and forwarded by the runner. Signals within half a second
 * of the first therefore count as the first.
 */
export function listenForStop(onFirst: (signal: string) => void, onSecond: () => void): () => void {
  let firstAtMs: number | undefined;
  const listener = (signal: string): void => {
    const nowMs = performance.now();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      onFirst(signal);
    } else if (nowMs - firstAtMs > onePressMs) {
      onSecond();
    }
  };
  const stopSignals = ["SIGTERM", "SIGINT", ...(isHangupIgnored() ? [] : ["SIGHUP"])];
  for (const signal of stopSignals) process.on(signal, listener);
  return () => {
    for (const signal of stopSignals) process.off(signal, listener);
  };
}
