import { Random } from "../../testing/random.ts";
import { violationsIn } from "./checker.ts";
import type { Disk } from "./disk.ts";
import { drawFaultRates, injectFaults } from "./faults.ts";
import { runFinalPhase } from "./final-phase.ts";
import { SimMarket } from "./market.ts";
import { Network } from "./network.ts";
import { orderAfterTakeover } from "./replaced-service.ts";
import { Scheduler, SimProcess } from "./scheduler.ts";
import type { Settings } from "./services.ts";
import { SimClient } from "./sim-client.ts";
import { SimClock } from "./sim-clock.ts";
import { Trader, type Observations } from "./trader.ts";

export interface ScheduleReport {
  seed: number;
  /** Hash over every event, in order, to the byte. */
  traceHash: string;
  violations: string[];
  figures: { orders: number; attempts: number; crashes: number; messages: number; simulatedMs: number };
}

/** How long a replaced order service that gets an order may take to find out. */
const replacedMs = 6_000;
/** After all faults are healed: until every client must have its outcomes and every service must be ready. */
const patienceMs = 30_000;
/** About as long as the clients trade: a fault in a market without orders shows little. */
const faultsMs = 1_500;
const minOrders = 50;

/**
 * Runs one schedule from its seed: clients, services, disks, network and faults in this process. Call it from a
 * macrotask: it drains the microtask queue itself.
 */
export function simulate(seed: number, disk: Disk, onLine?: (line: string) => void): ScheduleReport {
  const random = new Random(seed);
  const scheduler = new Scheduler(onLine);
  const network = new Network(scheduler, random.fork(), drawFaultRates(random));
  let market: SimMarket | undefined;
  try {
    const settings = drawSettings(random);
    market = new SimMarket({ scheduler, random: random.fork(), network, disk, settings });
    return runMarket(market, { seed, scheduler, random, network, settings });
  } finally {
    disk.clear();
    market?.close();
    scheduler.end(() => network.close());
  }
}

/** The shortest order timeouts are shorter than most outages, and the longest is longer than all. */
function drawSettings(random: Random): Settings {
  return {
    orderTimeoutMs: random.pick([100, 300, 1_000, 5_000]),
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
  const seen: Observations = { attempts: [], lookups: [], violations: [], pending: new Set() };
  let isHealed = false;
  const faults = {
    scheduler,
    clock: new SimClock(scheduler.world, scheduler),
    random: random.fork(),
    market,
    network,
    orderTimeoutMs: run.settings.orderTimeoutMs,
  };
  scheduler.schedule(scheduler.world, 0, "faults begin", () => {
    void injectFaults(faults, faultsMs).then(() => {
      isHealed = true;
    });
  });
  const late = new SimProcess("client.late");
  const sender = {
    fetch: network.fetchOf(late),
    clock: new SimClock(late, scheduler),
    random: random.fork(),
    orderTimeoutMs: run.settings.orderTimeoutMs,
  };
  market.onTakeover = () => orderAfterTakeover(sender);
  const trading = startTraders(run, seen, () => isHealed);

  scheduler.run(20 * faultsMs, () => isHealed);
  const healedAtMs = scheduler.nowMs;
  const isDone = (): boolean => isHealed && trading.left === 0 && market.isReady;
  scheduler.run(healedAtMs + patienceMs, isDone);
  const hangs = isDone() ? [] : hangViolations(seen, market, trading.left);
  let shown: Map<string, number | undefined> | undefined;
  const finalClient = new SimProcess("client.0");
  const phase = {
    client: clientIn(finalClient, run),
    fetch: network.fetchOf(finalClient),
    network,
    random: random.fork(),
    isReplaced: market.replaced !== undefined,
    orderTimeoutMs: run.settings.orderTimeoutMs,
    replacedTimeoutMs: replacedMs,
  };
  scheduler.schedule(finalClient, 0, "final phase", () => {
    void runFinalPhase(phase).then((versions) => {
      shown = versions;
    });
  });
  scheduler.run(scheduler.nowMs + patienceMs, () => shown !== undefined);

  const violations = [
    ...hangs,
    ...scheduler.uncaught,
    ...market.violations,
    ...unfencedViolations(market),
    ...violationsIn({
      seen,
      catalogFolder: market.machine("catalog").folder,
      orderFolder: market.machine("order").folder,
      replacedFolder: market.replaced?.folder,
      duplicated: network.duplicated,
      shown: shown ?? new Map(),
    }),
  ];
  return {
    seed,
    traceHash: scheduler.traceHash,
    violations,
    figures: {
      orders: trading.orders,
      attempts: seen.attempts.length,
      crashes: market.crashes,
      messages: network.counts.messages,
      simulatedMs: scheduler.nowMs,
    },
  };
}

function clientIn(process: SimProcess, { scheduler, network }: Run): SimClient {
  return new SimClient(new SimClock(process, scheduler), network.fetchOf(process));
}

function startTraders(
  run: Run,
  seen: Observations,
  isHealed: () => boolean,
): { left: number; orders: number } {
  const { scheduler, random, settings } = run;
  const count = random.integer(3, 6);
  const each = Math.ceil(minOrders / count) + random.integer(0, 4);
  const trading = { left: count, orders: count * each };
  for (let index = 1; index <= count; index += 1) {
    const process = new SimProcess(`client.${index}`);
    const options = { client: clientIn(process, run), random: random.fork(), seen, settings, isHealed };
    const trader = new Trader({ name: `c${index}`, orders: each, ...options });
    scheduler.schedule(process, random.next() * 100, "trading begins", () => {
      void trader.trade().then(() => {
        trading.left -= 1;
      });
    });
  }
  return trading;
}

/** A replaced order service must have found out that it is fenced. */
function unfencedViolations({ replaced }: SimMarket): string[] {
  const reason = replaced?.running?.notReadyReason();
  return replaced?.process && reason !== "a newer order service has taken over"
    ? [`an order service that was replaced is not fenced: ${reason ?? "it is ready"}`]
    : [];
}

function hangViolations({ pending }: Observations, market: SimMarket, left: number): string[] {
  const ready = market.isReady ? "" : ", and the services are not ready";
  const [first] = pending;
  return [
    `${left} clients still wait ${patienceMs} ms after all faults were healed (${first ?? "no order"})${ready}`,
  ];
}
