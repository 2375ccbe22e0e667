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
const callerOf = { catalog: "order", order: "frontend" } as const;

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

const maxRefuseMs = 1_500;
const togetherShare = 0.4;
const togetherMs = 60;

interface FaultContext {
  scheduler: Scheduler;
  clock: Clock;
  random: Random;
  market: SimMarket;
  network: Network;
  orderTimeoutMs: number;
}

/** Injects a fault, and returns a line for the trace. */
type Inject = (context: FaultContext) => string | Promise<string>;

const faults: Record<"crash" | "freeze" | "cut" | "refuse" | "breakDisk" | "failOver", Inject> = {
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
  // For about as long as an order waits: some orders get their answers in it, and others outlast it.
  refuse({ random, network, orderTimeoutMs }) {
    const host = random.pick(["order", "order", "catalog"]);
    const forMs = Math.min(maxRefuseMs, orderTimeoutMs) * (0.8 + random.next());
    network.refuse(host, forMs);
    return `${host} refuses connections ${forMs.toFixed(0)}`;
  },
  // Often the last replies before that are lost, too: the caller does not know then what was written.
  async breakDisk({ random, market, clock, network }) {
    const name = random.pick(["catalog", "order"] as const);
    if (random.chance(0.5)) {
      const lostMs = random.integer(20, 100);
      network.cut(name, callerOf[name], lostMs);
      await clock.sleep(lostMs);
    }
    const machine = market.machine(name);
    machine.diskState = random.pick(["full", "locked"]);
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
 * Injects one to nine faults within about `forMs`, with at least one crash of a service. Resolves when all are healed
 * and nothing is frozen any more.
 */
export async function injectFaults(context: FaultContext, forMs: number): Promise<void> {
  const { scheduler, clock, random, network, market } = context;
  const count = random.integer(1, 9);
  const chosen = Array.from({ length: count }, () =>
    random.pick(["crash", "crash", "crash", "freeze", "cut", "refuse", "breakDisk", "failOver"] as const),
  );
  for (const name of chosen) {
    // Many troubles come together, or in the recovery from the one before.
    const gapMs = random.chance(togetherShare)
      ? random.next() * togetherMs
      : (random.next() * 2 * forMs) / count;
    await clock.sleep(gapMs);
    scheduler.note(await faults[name](context));
  }
  while (market.crashes === 0) {
    scheduler.note(await faults.crash(context));
    await clock.sleep(50);
  }
  network.heal();
  market.heal();
  await clock.sleep(market.frozenUntilMs - scheduler.nowMs);
}
