import { Random } from "../../testing/random.ts";
import type { Disk } from "./disk.ts";
import { end } from "./ending.ts";
import { takeOver } from "./globals.ts";
import { SimMarket } from "./market.ts";
import { Network } from "./network.ts";
import { Scheduler, SimProcess } from "./scheduler.ts";
import type { Settings } from "./services.ts";
import { Trader, type Memory } from "./trader.ts";
import { drawWeather, makeTrouble } from "./trouble.ts";
import { verdictOn } from "./verdict.ts";

export interface ScheduleReport {
  seed: number;
  /** Over everything that happened, in order, to the byte. */
  traceHash: string;
  faults: string[];
  figures: { orders: number; attempts: number; crashes: number; messages: number; simulatedMs: number };
}

/** In which an order service that was replaced must have learned of it, once it is given an order. */
const replacedMs = 6_000;
/** From when all is mended until every client has its outcomes and every service is ready. */
const patienceMs = 30_000;
const troubleMs = 2_500;
const ordersLeast = 50;

/**
 * Runs one schedule from its seed: clients, services, disks and network in this process, and all that can happen to
 * them. Call it from a macrotask: promises are settled as the schedule says, not as the machine does.
 */
export function runSchedule(seed: number, disk: Disk, onLine?: (line: string) => void): ScheduleReport {
  const random = new Random(seed);
  const scheduler = new Scheduler(onLine);
  const network = new Network(scheduler, random.fork(), drawWeather(random));
  const giveBack = takeOver(scheduler, random.fork(), network.fetch);
  let market: SimMarket | undefined;
  try {
    const settings = drawSettings(random);
    market = new SimMarket({ scheduler, random: random.fork(), network, disk, settings });
    return runMarket(market, { seed, scheduler, random, network, settings });
  } finally {
    disk.clear();
    market?.close();
    scheduler.end(() => network.close());
    giveBack();
  }
}

function drawSettings(random: Random): Settings {
  return {
    orderTimeoutMs: random.pick([300, 1_000, 5_000]),
    batchMax: random.pick([1, 3, 1_000]),
    maxQueued: random.pick([2, 8, 20_000]),
  };
}

interface Run {
  seed: number;
  scheduler: Scheduler;
  random: Random;
  network: Network;
  settings: Settings;
}

function runMarket(market: SimMarket, run: Run): ScheduleReport {
  const { seed, scheduler, random, network } = run;
  const memory: Memory = { attempts: [], looks: [], faults: [], pending: new Set() };
  let isCalm = false;
  const trouble = random.fork();
  scheduler.schedule(scheduler.world, 0, "trouble", () => {
    void makeTrouble({ scheduler, random: trouble, market, network }, troubleMs).then(() => {
      isCalm = true;
    });
  });
  const trading = startTraders(run, memory, () => isCalm);

  scheduler.run(10 * troubleMs, () => isCalm);
  const mendedAtMs = scheduler.nowMs;
  const isDone = (): boolean => isCalm && trading.left === 0 && market.isReady;
  scheduler.run(mendedAtMs + patienceMs, isDone);
  const hangs = isDone() ? [] : hangFaults(memory, market, trading.left);
  let shown: Map<string, number | undefined> | undefined;
  scheduler.schedule(new SimProcess("client.0"), 0, "the end", () => {
    const { orderTimeoutMs } = run.settings;
    const isReplaced = market.replaced !== undefined;
    const ending = {
      network,
      random: random.fork(),
      isReplaced,
      orderTimeoutMs,
      replacedTimeoutMs: replacedMs,
    };
    void end(ending).then((versions) => {
      shown = versions;
    });
  });
  scheduler.run(scheduler.nowMs + patienceMs, () => shown !== undefined);

  const faults = [
    ...hangs,
    ...scheduler.uncaught,
    ...market.faults,
    ...unfencedFaults(market),
    ...verdictOn({
      memory,
      catalogFolder: market.post("catalog").folder,
      orderFolder: market.post("order").folder,
      replacedFolder: market.replaced?.folder,
      duplicated: network.duplicated,
      shown: shown ?? new Map(),
    }),
  ];
  return {
    seed,
    traceHash: scheduler.traceHash,
    faults,
    figures: {
      orders: trading.orders,
      attempts: memory.attempts.length,
      crashes: market.crashes,
      messages: network.counts.messages,
      simulatedMs: scheduler.nowMs,
    },
  };
}

function startTraders(
  { scheduler, random, settings }: Run,
  memory: Memory,
  isCalm: () => boolean,
): { left: number; orders: number } {
  const count = random.integer(3, 6);
  const each = Math.ceil(ordersLeast / count) + random.integer(0, 4);
  const trading = { left: count, orders: count * each };
  for (let index = 1; index <= count; index += 1) {
    const process = new SimProcess(`client.${index}`);
    const options = { random: random.fork(), memory, settings, isCalm, nowMs: () => scheduler.nowMs };
    const trader = new Trader({ name: `c${index}`, orders: each, ...options });
    scheduler.schedule(process, random.next() * 100, "begins to trade", () => {
      void trader.trade().then(() => {
        trading.left -= 1;
      });
    });
  }
  return trading;
}

function unfencedFaults({ replaced }: SimMarket): string[] {
  const missing = replaced?.running?.missing();
  const isFenced = missing === "a newer order service has taken over";
  return replaced?.process && !isFenced
    ? [`an order service that was replaced is not fenced: ${missing ?? "it is ready"}`]
    : [];
}

function hangFaults({ pending }: Memory, market: SimMarket, left: number): string[] {
  const ready = market.isReady ? "" : ", and the services are not ready";
  const [first] = pending;
  return [
    `${left} clients still wait ${patienceMs} ms after all was mended (${first ?? "no order"})${ready}`,
  ];
}
