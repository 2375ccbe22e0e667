import pino from "pino";

import type { RuntimeContext } from "../../services/runtime/context.ts";
import type { Random } from "../../testing/random.ts";
import type { Network } from "./network.ts";
import type { Scheduler, SimProcess } from "./scheduler.ts";
import { SimClock } from "./sim-clock.ts";
import { simId } from "./sim-id.ts";

export const silentLog = pino({ level: "silent" });

/** What the services of a simulated process get instead of the machine. */
export function simContext(
  process: SimProcess,
  { scheduler, random, network }: { scheduler: Scheduler; random: Random; network: Network },
): RuntimeContext {
  const clock = new SimClock(process, scheduler);
  return { clock, newId: () => simId(clock, random), log: silentLog, fetch: network.fetchOf(process) };
}
