const stopSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const onePressMs = 500;

/**
 * Calls `onFirst` at the first SIGTERM, SIGINT or SIGHUP and `onSecond` at a later one. Returns how to stop listening.
 *
 * One Ctrl-C arrives twice under `bun run`: from the terminal, and passed on by the runner. What comes within half a
 * second of the first is therefore the same wish.
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
  for (const signal of stopSignals) process.on(signal, listener);
  return () => {
    for (const signal of stopSignals) process.off(signal, listener);
  };
}
