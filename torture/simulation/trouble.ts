import type { Random } from "../../testing/random.ts";
import type { SimMarket } from "./market.ts";
import type { Network, Weather } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";

const roles = ["catalog", "order", "frontend"] as const;
type Way = [near: string, far: string];
const ways: [Way, ...Way[]] = [
  ["client", "frontend"],
  ["frontend", "order"],
  ["frontend", "catalog"],
  ["order", "catalog"],
];

/** Good days and bad ones: how often messages are lost, doubled or late is drawn once for a whole schedule. */
export function drawWeather(random: Random): Weather {
  return {
    loss: random.pick([0, 0.01, 0.1]),
    silence: random.pick([0, 0, 0.01]),
    duplicate: random.pick([0, 0, 0.05]),
    slow: random.pick([0, 0.02, 0.2]),
    slowMs: random.pick([50, 500, 3_000]),
  };
}

interface Stage {
  scheduler: Scheduler;
  random: Random;
  market: SimMarket;
  network: Network;
}

type Trouble = (stage: Stage) => string;

const troubles: Record<"crash" | "freeze" | "cut" | "spoilDisk" | "failOver", Trouble> = {
  // At one of its next steps, wherever that is.
  crash({ random, market }) {
    const name = random.pick(roles);
    const steps = random.pick([1, 4, 20, 80]);
    market.post(name).process?.dieAfter(random.integer(1, steps));
    return `crash ${name}`;
  },
  freeze({ random, market, scheduler }) {
    const name = random.pick(roles);
    const { process } = market.post(name);
    const forMs = random.integer(50, random.pick([200, 1_500, 4_000]));
    if (process) process.frozenUntilMs = Math.max(process.frozenUntilMs, scheduler.nowMs + forMs);
    return `freeze ${name} ${forMs}`;
  },
  cut({ random, network }) {
    const [near, far] = random.pick(ways);
    const [from, to] = random.chance(0.5) ? [near, far] : [far, near];
    const forMs = random.integer(20, random.pick([200, 1_000, 3_000]));
    network.cut(from, to, forMs);
    return `cut ${from}>${to} ${forMs}`;
  },
  spoilDisk({ random, market, scheduler }) {
    const post = market.post(random.pick(["catalog", "order"]));
    post.diskState = random.pick(["full", "full", "locked"]);
    const forMs = random.integer(10, 1_000);
    scheduler.schedule(scheduler.world, forMs, "room again", () => {
      post.diskState = "well";
    });
    return `${post.diskState} disk ${post.name} ${forMs}`;
  },
  failOver({ market }) {
    market.failOver();
    return "second order service";
  },
};

/** Breaks things for a while, and lets a service crash once at the least. Resolves when all is mended. */
export async function makeTrouble(stage: Stage, forMs: number): Promise<void> {
  const { scheduler, random, network, market } = stage;
  const count = random.integer(1, 6);
  const chosen = Array.from({ length: count }, () =>
    random.pick(["crash", "crash", "crash", "freeze", "cut", "spoilDisk", "failOver"] as const),
  );
  for (const name of chosen) {
    await Bun.sleep((random.next() * 2 * forMs) / count);
    scheduler.note(troubles[name](stage));
  }
  while (market.crashes === 0) {
    scheduler.note(troubles.crash(stage));
    await Bun.sleep(50);
  }
  network.heal();
  market.mend();
  await Bun.sleep(market.frozenUntilMs - scheduler.nowMs);
}
