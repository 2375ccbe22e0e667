import type { Random } from "../../testing/random.ts";
import type { RoundContext } from "../round.ts";
import { instancesOf } from "../instances.ts";
import { freeze } from "./freeze.ts";
import { kindsOf, pairs, type Links, type Pair } from "./links.ts";
import type { FaultCounts } from "./fault-counts.ts";
import { drawNetworkFault } from "./network-fault.ts";

export interface WaveContext {
  context: RoundContext;
  links: Links;
  counts: FaultCounts;
  orderTimeoutMs: number;
}

/** Longer than the timeout of a call between services, and than the silence after which a feed counts as down. */
const longFreezeMs = [1_200, 3_500] as const;

/**
 * Injects one to five faults at once, each on its own connection and for its own time. Resolves when all have ended and
 * an order has gone through.
 */
export async function injectWave(wave: WaveContext): Promise<void> {
  const { context, links, counts } = wave;
  const { random, load, market } = context;
  const chosen = shuffled(random).slice(0, random.integer(1, 5));
  await Promise.all([
    ...chosen.map((pair) => injectLinkFault(wave, pair, random.fork())),
    random.chance(0.35) && injectProcessFault(wave, random.fork()),
  ]);
  // Kept copies arrive late: now, perhaps at a new process, or after a later wave.
  if (random.chance(0.1)) counts.kills += await market.kill(random.pick(instancesOf.services));
  if (random.chance(0.5)) counts.lateCopies += links.deliverKept();
  counts.recoveriesMs.push(await load.nextOutcome());
}

async function injectLinkFault(
  { links, counts, orderTimeoutMs }: WaveContext,
  pair: Pair,
  random: Random,
): Promise<void> {
  const link = links.between(pair);
  const fault = drawNetworkFault(random, kindsOf(pair), orderTimeoutMs);
  await Bun.sleep(random.integer(0, 100));
  link.startFault(fault);
  await Bun.sleep(fault.lastsMs);
  counts.add(fault.kind, { pair: pair, messages: await link.endFault() });
}

async function injectProcessFault({ context, counts }: WaveContext, random: Random): Promise<void> {
  const name = random.pick(instancesOf.services);
  await Bun.sleep(random.integer(0, 150));
  if (random.chance(0.3)) {
    counts.kills += await context.market.kill(name);
    return;
  }
  const resume = freeze(context.market, name);
  await Bun.sleep(random.chance(0.3) ? random.integer(...longFreezeMs) : random.integer(50, 600));
  resume();
  counts.add(`freeze ${name}`);
}

/** Kills the order service, copies its requests while it acquires the next epoch, and delivers the copies when it leads. */
export async function copyEpochRequests({ context, links, counts }: WaveContext): Promise<void> {
  const { market, load } = context;
  const pair = "order → catalog";
  const link = links.between(pair);
  link.startFault({ kind: "stale-copy", share: 1, delayMs: 0, lastsMs: 0 });
  counts.kills += await market.kill("order");
  await load.nextOutcome();
  counts.add("stale-copy", { pair: pair, messages: await link.endFault() });
  counts.lateCopies += links.deliverKept([pair]);
  counts.recoveriesMs.push(await load.nextOutcome());
}

function shuffled(random: Random): Pair[] {
  const order = new Map(pairs.map((pair) => [pair, random.next()]));
  return pairs.toSorted((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
}
