import type { Round } from "./contenders.ts";
import type { Measurement } from "./measure.ts";
import { comparisons, rateOf, type Comparison, type Workload } from "./plan.ts";
import type { StartUp } from "./start-up.ts";
import { ratioOf, spreadOf, type Spread } from "./statistics.ts";

/** A figure reached, and the target for it if there is one. */
export interface Verdict {
  what: string;
  value: Spread;
  unit: "×" | "ms" | "MB";
  target: { rule: "at least" | "at most"; bound: number; isMet: boolean } | undefined;
}

const figures: Record<
  Comparison["figure"],
  { label: string; rule: "at least" | "at most"; of(workload: Workload, round: Round): number }
> = {
  rate: { label: "rate", rule: "at least", of: rateOf },
  p50: { label: "median latency", rule: "at most", of: (_, round) => round.p50Ms },
  time: {
    label: "mean time",
    rule: "at most",
    of: ({ connections }, { answered, seconds }) => (seconds * connections) / answered,
  },
};

/** The comparisons of which both sides were measured. */
export function judgeRatios(
  measurements: readonly Measurement[],
  wanted: readonly Comparison[] = comparisons,
): Verdict[] {
  return wanted.flatMap(({ workload, of, against, figure, bound }) => {
    const { label, rule, of: figureOf } = figures[figure];
    const numbersOf = (contender: string): number[] =>
      measurements
        .filter((one) => one.workload.name === workload && one.contender === contender)
        .flatMap((one) => one.rounds.map((round) => figureOf(one.workload, round)));
    const value = ratioOf(numbersOf(of), numbersOf(against));
    if (!value) return [];
    const what = `${workload}: ${label} of ${of} against ${against}`;
    return [
      bound === undefined
        ? { what, value, unit: "×", target: undefined }
        : judge(what, rule, bound, "×", value),
    ];
  });
}

/** Bounds of a start with nothing else on the machine. */
const startBounds = {
  "one process": { readyMs: 300, idleMb: 90 },
  "three processes": { readyMs: 1_000, idleMb: 200 },
} as const;
/** An older release may be this many times better in each figure of its start. */
const timesOlder = 1 / 0.95;

export function judgeStartUps(startUps: readonly StartUp[]): Verdict[] {
  const readyOf = (of: StartUp["of"]) =>
    startUps.filter((one) => one.of === of).map(({ readyMs }) => readyMs);
  // Without /proc there is no figure for memory.
  const idleOf = (of: StartUp["of"]) =>
    startUps.filter((one) => one.of === of && Object.keys(one.idleMb).length > 0).map(judgedMb);
  const bounds = Object.entries(startBounds) as [
    keyof typeof startBounds,
    { readyMs: number; idleMb: number },
  ][];
  const compared = (what: string, now: readonly number[], older: readonly number[]): Verdict[] => {
    const value = ratioOf(now, older);
    return value
      ? [judge(`three processes: ${what} against the older release`, "at most", timesOlder, "×", value)]
      : [];
  };
  return [
    ...bounds.flatMap(([of, { readyMs, idleMb }]) => [
      ...judgeSome(`${of}: ready`, readyMs, "ms", readyOf(of)),
      ...judgeSome(`${of}: idle memory`, idleMb, "MB", idleOf(of)),
    ]),
    ...compared("ready", readyOf("three processes"), readyOf("older release")),
    ...compared("idle memory", idleOf("three processes"), idleOf("older release")),
  ];
}

/** One process: all that was started. Three processes: the services without their supervisor. */
function judgedMb({ idleMb: { supervisor: _, ...services } }: StartUp): number {
  return Object.values(services).reduce((sum, mb) => sum + mb, 0);
}

function judgeSome(
  what: string,
  bound: number,
  unit: Verdict["unit"],
  numbers: readonly number[],
): Verdict[] {
  return numbers.length > 0 ? [judge(what, "at most", bound, unit, spreadOf(numbers))] : [];
}

export function judge(
  what: string,
  rule: "at least" | "at most",
  bound: number,
  unit: Verdict["unit"],
  value: Spread,
): Verdict {
  const isMet = rule === "at least" ? value.median >= bound : value.median <= bound;
  return { what, value, unit, target: { rule, bound, isMet } };
}
