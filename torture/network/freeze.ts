import type { InstanceName } from "../instances.ts";
import type { SupervisedMarket } from "../supervised-market.ts";

/** SIGSTOP: the process keeps its sockets, locks and timers, and does nothing. Returns a function that resumes it. */
export function freeze(market: SupervisedMarket, name: InstanceName): () => void {
  const pid = market.pidOf(name);
  if (pid === undefined) return () => undefined;
  process.kill(pid, "SIGSTOP");
  return () => {
    // After a kill another process has this name.
    if (market.pidOf(name) === pid) process.kill(pid, "SIGCONT");
  };
}
