import type { ChangeOutcome } from "./power-cut-outcomes.ts";
import type { RestartKind } from "./restart.ts";

/** One power cut, and the restart after it. */
export interface StateReport {
  /** Number of this state within its recording. */
  index: number;
  /** Time of the power cut, in steps of the trace. */
  cut: number;
  kind: RestartKind;
  /** Of the unsynced changes. */
  outcomes: Record<ChangeOutcome, number>;
  /** Outcomes that clients had received before the cut. */
  answers: number;
  violations: string[];
}

export function describeState({ index, cut, kind, outcomes }: StateReport): string {
  const { kept, dropped, torn } = outcomes;
  return `state ${index} (${kind}; cut at ${cut}: ${kept} kept, ${dropped} dropped, ${torn} torn)`;
}
