import type { Measurement } from "../measure.ts";
import { names } from "./plan.ts";

/** Processor time of the three services for one lookup or order, in µs, all rounds together. */
export interface ProcessorTime {
  workload: string;
  smallUs: number;
  largeUs: number;
}

/** Processor time can be compared on a busy machine, where rates depend on the other work. */
export function processorTimes(measurements: readonly Measurement[]): ProcessorTime[] {
  const workloads = [...new Set(measurements.map(({ workload }) => workload.name))];
  const of = (workload: string, contender: string): number => {
    const found = measurements.find((one) => one.workload.name === workload && one.contender === contender);
    return found ? microsecondsOf(found) : NaN;
  };
  return workloads.map((workload) => ({
    workload,
    smallUs: of(workload, names.small),
    largeUs: of(workload, names.large),
  }));
}

function microsecondsOf({ workload, rounds }: Measurement): number {
  let seconds = 0;
  let count = 0;
  for (const round of rounds) {
    count += round.answered * Math.max(1, workload.ordersPerRequest);
    for (const { cores } of Object.values(round.processes ?? {})) seconds += cores * round.seconds;
  }
  return (seconds / count) * 1e6;
}
