import type { InstanceName, SupervisedMarket } from "../supervised-market.ts";

/** SIGSTOP: it keeps its sockets, locks and timers, and does nothing. Returns how it is woken up. */
export function freeze(market: SupervisedMarket, name: InstanceName): () => void {
  const pid = market.pidOf(name);
  if (pid === undefined) return () => undefined;
  process.kill(pid, "SIGSTOP");
  return () => {
    // Who was killed meanwhile is another process by now.
    if (market.pidOf(name) === pid) process.kill(pid, "SIGCONT");
  };
}
