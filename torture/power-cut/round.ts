import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { atExit } from "../../testing/at-exit.ts";
import type { Shape } from "../../testing/market.ts";
import type { FaultLibrary } from "../faults/library.ts";
import { readReports } from "../read-reports.ts";
import { fastFolder } from "../simulation/disk.ts";
import { record, type Recorded } from "./recording.ts";
import type { StateReport } from "./state-report.ts";

export interface PowerCuts {
  seed: number;
  shape: Shape;
  faults: FaultLibrary;
  /** How many states of this recording to restart from. */
  states: number;
  /** Makes the shortest recording. */
  isShort?: boolean;
  /** Folder of the services' code; by default this repository. */
  codeDir?: string | undefined;
  mustEnd(): boolean;
  onReport(report: StateReport): void;
}

const ownMain = fileURLToPath(new URL("./main.ts", import.meta.url));
const root = join(import.meta.dir, "../..");
/** Longer than a start may take to become ready. */
const silenceMs = 60_000;

/** Records one market, and restarts it on what power cuts leave: several processes share the states. */
export async function runPowerCuts(options: PowerCuts): Promise<Recorded> {
  const { seed, shape, faults, states, codeDir, isShort } = options;
  const folder = mkdtempSync(join(fastFolder, "bourse-power-cut-"));
  const remains = atExit(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const recorded = await record({ seed, shape, faults, folder, codeDir, isShort });
    // One more than processors: a restart sometimes waits.
    const processes = Math.min(availableParallelism() + 1, states);
    if (!options.mustEnd())
      await Promise.all(
        Array.from({ length: processes }, (_, index) => runShare(options, folder, index, processes)),
      );
    return recorded;
  } finally {
    remains.leave();
  }
}

/** A service that ends, ends its process: another process goes on with the next state. */
async function runShare(
  { seed, shape, states, codeDir = root, mustEnd, onReport }: PowerCuts,
  recording: string,
  first: number,
  step: number,
): Promise<void> {
  let from = first;
  for (let attempt = 0; from < states && !mustEnd(); attempt += 1) {
    const folder = join(recording, `states-${first}-${attempt}`);
    mkdirSync(folder);
    const options = { recording, folder, code: codeDir, shape, seed, from, step, to: states };
    const failure = await readReports<StateReport>(
      { main: ownMain, options, silenceMs, isEnough: mustEnd },
      (report) => {
        from = report.index + step;
        onReport(report);
      },
    );
    if (failure === undefined) return;
    onReport({
      index: from,
      cut: 0,
      kind: "services",
      outcomes: { kept: 0, dropped: 0, torn: 0 },
      answers: 0,
      violations: [`the restart failed: ${failure}`],
    });
    from += step;
  }
}
