import { contenders, type Contender, type Round, type Start } from "./contenders.ts";
import type { Workload } from "./plan.ts";

/** The results of one contender in one workload, by round. No rounds: it was not started, for want of Node 22. */
export interface Measurement {
  workload: Workload;
  contender: string;
  rounds: Round[];
}

/** How many orders a contender's books may hold, by the requests that were sent, and how many they hold. */
export interface BooksCheck {
  contender: string;
  least: number;
  most: number;
  inBooks: number;
}

export interface MeasureOptions {
  rounds: number;
  secondsPerRound: number;
  warmUpSeconds: number;
  node: string | undefined;
  /** Called before each round of each contender. */
  progress(done: number, total: number, note: string): void;
}

/** Time for orders in flight when the load ended: they may be in the trade log and not yet in the ledger. */
const settleMs = 1_000;

/**
 * Starts all contenders at once and loads one at a time, round by round through all of them, so that other work of the
 * machine affects all alike. Every second round takes them in the opposite order.
 */
export async function measure(
  workloads: readonly Workload[],
  options: MeasureOptions,
  starts: Readonly<Record<string, Start>> = contenders,
): Promise<{ measurements: Measurement[]; books: BooksCheck[] }> {
  const names = [...new Set(workloads.flatMap((workload) => workload.contenders))];
  const running = new Map<string, Contender>();
  const due = new Map(names.map((name) => [name, { least: 0, most: 0 }]));
  const total = workloads.reduce((sum, { contenders: { length } }) => sum + length * (options.rounds + 1), 0);
  let done = 0;
  await using stack = new AsyncDisposableStack();

  const runOne = async (
    { workload, contender }: Pick<Measurement, "workload" | "contender">,
    seconds: number,
    what: string,
  ): Promise<Round | undefined> => {
    options.progress(done, total, `${workload.name}: ${contender}, ${what}`);
    done += 1;
    const round = await running.get(contender)?.run(workload, seconds);
    const sum = due.get(contender);
    if (round && sum) {
      sum.least += round.orders.least;
      sum.most += round.orders.most;
    }
    return round;
  };

  for (const name of names) {
    options.progress(done, total, `starting ${name}`);
    const contender = await starts[name]?.(options.node);
    if (contender) running.set(name, stack.use(contender));
  }
  const measurements: Measurement[] = [];
  for (const workload of workloads) {
    const own = workload.contenders.map((contender): Measurement => ({ workload, contender, rounds: [] }));
    for (const one of own) await runOne(one, options.warmUpSeconds, "warm-up");
    for (let number = 1; number <= options.rounds; number += 1)
      for (const one of number % 2 === 1 ? own : own.toReversed()) {
        const round = await runOne(one, options.secondsPerRound, `round ${number}`);
        if (round) one.rounds.push(round);
      }
    measurements.push(...own);
  }
  await Bun.sleep(settleMs);
  const books = [...running].flatMap(([contender, { orders }]) => {
    const inBooks = orders();
    return inBooks === undefined ? [] : [{ contender, inBooks, ...due.get(contender)! }];
  });
  return { measurements, books };
}
