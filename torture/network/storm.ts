import type { Random } from "../../testing/random.ts";
import type { Scene } from "../round.ts";
import { instanceNames } from "../supervised-market.ts";
import { freeze } from "./freeze.ts";
import { kindsOf, pairs, type Links, type Pair } from "./links.ts";
import type { Tally } from "./tally.ts";
import { drawWeather } from "./weather.ts";

export interface Storm {
  scene: Scene;
  links: Links;
  tally: Tally;
  orderTimeoutMs: number;
}

/** Longer than the calls between services may take, and than a feed may be silent. */
const longFreezeMs = [1_200, 3_500] as const;

/**
 * One wave: a few faults at once, each at its own place and for its own time. Resolves when all is mended and an order
 * has gone through.
 */
export async function breakNetwork(storm: Storm): Promise<void> {
  const { scene, links, tally } = storm;
  const { random, load, market } = scene;
  const places = shuffled(random).slice(0, random.integer(1, 5));
  await Promise.all([
    ...places.map((pair) => breakLink(storm, pair, random.fork())),
    random.chance(0.35) && breakService(storm, random.fork()),
  ]);
  // Copies come late: now, when who they are for is another process, or after the waves to come.
  if (random.chance(0.1)) tally.kills += await market.kill(random.pick(instanceNames));
  if (random.chance(0.5)) tally.lateCopies += links.deliverKept();
  tally.recoveriesMs.push(await load.nextOutcome());
}

async function breakLink({ links, tally, orderTimeoutMs }: Storm, pair: Pair, random: Random): Promise<void> {
  const link = links.between(pair);
  const weather = drawWeather(random, kindsOf(pair), orderTimeoutMs);
  await Bun.sleep(random.integer(0, 100));
  link.begin(weather);
  await Bun.sleep(weather.lastsMs);
  tally.count(weather.kind, { place: pair, messages: await link.clear() });
}

async function breakService({ scene, tally }: Storm, random: Random): Promise<void> {
  const name = random.pick(instanceNames);
  await Bun.sleep(random.integer(0, 150));
  if (random.chance(0.3)) {
    tally.kills += await scene.market.kill(name);
    return;
  }
  const wake = freeze(scene.market, name);
  await Bun.sleep(random.chance(0.3) ? random.integer(...longFreezeMs) : random.integer(50, 600));
  wake();
  tally.count(`freeze ${name}`);
}

/** The order service dies and takes the lead anew; copies of all that it asked meanwhile come when it trades again. */
export async function copyTakingOfLead({ scene, links, tally }: Storm): Promise<void> {
  const { market, load } = scene;
  const pair = "order → catalog";
  const link = links.between(pair);
  link.begin({ kind: "stale-copy", share: 1, delayMs: 0, lastsMs: 0 });
  tally.kills += await market.kill("order");
  await load.nextOutcome();
  tally.count("stale-copy", { place: pair, messages: await link.clear() });
  tally.lateCopies += links.deliverKept([pair]);
  tally.recoveriesMs.push(await load.nextOutcome());
}

function shuffled(random: Random): Pair[] {
  const order = new Map(pairs.map((pair) => [pair, random.next()]));
  return pairs.toSorted((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
}
