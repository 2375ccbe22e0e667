import type { Fate } from "./fates.ts";
import type { Restart } from "./restart.ts";

/** What one power cut came to. */
export interface StateReport {
  /** Its place among the states of a recording. */
  index: number;
  /** The moment in the trace. */
  cut: number;
  kind: Restart;
  /** Of the unsynced changes. */
  fates: Record<Fate, number>;
  /** Outcomes that clients had heard. */
  answers: number;
  faults: string[];
}

export function describeState({ index, cut, kind, fates }: StateReport): string {
  const { kept, dropped, torn } = fates;
  return `state ${index} (${kind}; cut at ${cut}: ${kept} kept, ${dropped} dropped, ${torn} torn)`;
}
