import type { Clock } from "../../services/runtime/flow/clock.ts";
import type { Random } from "../../testing/random.ts";
import type { SimMarket } from "./market.ts";
import type { Network, NetworkFaultRates } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";

const roles = ["catalog", "order", "frontend"] as const;
type Connection = [near: string, far: string];
const connections: [Connection, ...Connection[]] = [
  ["client", "frontend"],
  ["frontend", "order"],
  ["frontend", "catalog"],
  ["order", "catalog"],
];

/** How often messages are lost, duplicated or late is drawn once for a whole schedule: some have no network faults. */
export function drawFaultRates(random: Random): NetworkFaultRates {
  return {
    loss: random.pick([0, 0.01, 0.1]),
    silence: random.pick([0, 0, 0.01]),
    duplicate: random.pick([0, 0, 0.05]),
    slow: random.pick([0, 0.02, 0.2]),
    slowMs: random.pick([50, 500, 3_000]),
  };
}

interface FaultContext {
  scheduler: Scheduler;
  clock: Clock;
  random: Random;
  market: SimMarket;
  network: Network;
}

/** Injects a fault, and returns a line for the trace. */
type Inject = (context: FaultContext) => string;

const faults: Record<"crash" | "freeze" | "cut" | "breakDisk" | "failOver", Inject> = {
  // At one of its next steps, whatever it does there.
  crash({ random, market }) {
    const name = random.pick(roles);
    const steps = random.pick([1, 4, 20, 80]);
    market.machine(name).process?.crashAfter(random.integer(1, steps));
    return `crash ${name}`;
  },
  freeze({ random, market, scheduler }) {
    const name = random.pick(roles);
    const { process } = market.machine(name);
    const forMs = random.integer(50, random.pick([200, 1_500, 4_000]));
    if (process) process.frozenUntilMs = Math.max(process.frozenUntilMs, scheduler.nowMs + forMs);
    return `freeze ${name} ${forMs}`;
  },
  cut({ random, network }) {
    const [near, far] = random.pick(connections);
    const [from, to] = random.chance(0.5) ? [near, far] : [far, near];
    const forMs = random.integer(20, random.pick([200, 1_000, 3_000]));
    network.cut(from, to, forMs);
    return `cut ${from}>${to} ${forMs}`;
  },
  breakDisk({ random, market, clock }) {
    const machine = market.machine(random.pick(["catalog", "order"]));
    machine.diskState = random.pick(["full", "full", "locked"]);
    const forMs = random.integer(10, 1_000);
    clock.after(forMs, () => {
      machine.diskState = "ok";
    });
    return `${machine.diskState} disk ${machine.name} ${forMs}`;
  },
  failOver({ market }) {
    market.failOver();
    return "second order service";
  },
};

/**
 * Injects one to six faults within about `forMs`, with at least one crash of a service. Resolves when all are healed
 * and nothing is frozen any more.
 */
export async function injectFaults(context: FaultContext, forMs: number): Promise<void> {
  const { scheduler, clock, random, network, market } = context;
  const count = random.integer(1, 6);
  const chosen = Array.from({ length: count }, () =>
    random.pick(["crash", "crash", "crash", "freeze", "cut", "breakDisk", "failOver"] as const),
  );
  for (const name of chosen) {
    await clock.sleep((random.next() * 2 * forMs) / count);
    scheduler.note(faults[name](context));
  }
  while (market.crashes === 0) {
    scheduler.note(faults.crash(context));
    await clock.sleep(50);
  }
  network.heal();
  market.heal();
  await clock.sleep(market.frozenUntilMs - scheduler.nowMs);
}
