import type { Edit } from "./mutated-copy.ts";

/**
 * What a planted bug can be found by: a round of the whole market, named after the fault in it (`wholeMarketCheckers`),
 * the simulation, or the fuzzer.
 */
export type Checker = WholeMarketChecker | "simulation" | "fuzz";

export const wholeMarketCheckers = [
  "kill",
  "lost-reply",
  "late-events",
  "cut-reply",
  "network",
  "succession",
  "power-cut",
] as const;

export type WholeMarketChecker = (typeof wholeMarketCheckers)[number];

/** An error that somebody could make in the services, and the checkers each of which must find it. */
export interface PlantedBug {
  name: string;
  edits: readonly Edit[];
  caughtBy: readonly Checker[];
  /** What the fuzzer must report; exactly the bugs that the fuzzer must find have it. */
  fuzzViolation?: RegExp;
}
