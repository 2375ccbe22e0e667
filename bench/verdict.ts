import type { Measurement } from "./measure.ts";
import { rateOf, targets, type Target } from "./plan.ts";
import type { StartUp } from "./start-up.ts";
import { ratioOf, spreadOf, type Spread } from "./statistics.ts";

/** A target and the value reached. */
export interface Verdict {
  what: string;
  /** `value` has to be at least, or at most, `bound`. */
  rule: "at least" | "at most";
  bound: number;
  unit: "×" | "ms" | "MB";
  value: Spread;
  isMet: boolean;
}

/** The values that `who` reached, for the targets with both sides measured. */
export function judgeRatios(
  measurements: readonly Measurement[],
  wanted: readonly Target[] = targets,
  who = "Bourse",
): Verdict[] {
  return wanted.flatMap(({ workload, against, figure, bound }) => {
    const numbersOf = (contender: string): number[] => {
      const found = measurements.find((one) => one.workload.name === workload && one.contender === contender);
      return (found?.rounds ?? []).map((round) =>
        figure === "rate" ? rateOf(found!.workload, round) : round.p50Ms,
      );
    };
    const value = ratioOf(numbersOf(who), numbersOf(against));
    if (!value) return [];
    const what = `${workload}: ${figure === "rate" ? "rate" : "median latency"} against ${against}`;
    return [judge(what, figure === "rate" ? "at least" : "at most", bound, "×", value)];
  });
}

const readyWithinMs = 1_000;
const idleWithinMb = 200;

export function judgeStartUps(startUps: readonly StartUp[]): Verdict[] {
  if (startUps.length === 0) return [];
  const readyMs = spreadOf(startUps.map((one) => one.readyMs));
  const idleMb = startUps.map(({ idleMb: byService }) =>
    Object.values(byService).reduce((sum, mb) => sum + mb, 0),
  );
  return [
    judge("ready after start:all", "at most", readyWithinMs, "ms", readyMs),
    ...(Math.min(...idleMb) > 0
      ? [judge("memory of the three services, idle", "at most", idleWithinMb, "MB", spreadOf(idleMb))]
      : []),
  ];
}

export function judge(
  what: string,
  rule: Verdict["rule"],
  bound: number,
  unit: Verdict["unit"],
  value: Spread,
): Verdict {
  const isMet = rule === "at least" ? value.median >= bound : value.median <= bound;
  return { what, rule, bound, unit, value, isMet };
}
