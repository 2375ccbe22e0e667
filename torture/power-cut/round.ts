import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { atExit } from "../../testing/at-exit.ts";
import type { FaultLibrary } from "../faults/library.ts";
import { readReports } from "../read-reports.ts";
import { quickPlace } from "../simulation/disk.ts";
import { record, type Recorded } from "./recording.ts";
import type { StateReport } from "./state-report.ts";

export interface PowerCuts {
  seed: number;
  faults: FaultLibrary;
  /** How many states of one recording. */
  states: number;
  /** A short recording will do. */
  isHasty?: boolean;
  /** Where the services' code is, should that not be this repository. */
  codeDir?: string | undefined;
  isEnough(): boolean;
  onReport(report: StateReport): void;
}

const ownMain = fileURLToPath(new URL("./main.ts", import.meta.url));
const root = join(import.meta.dir, "../..");
/** A start that does not get ready says so earlier. */
const silenceMs = 60_000;

/** Records one market and plays power cuts in it: each processor its share of the states. */
export async function playPowerCuts(options: PowerCuts): Promise<Recorded> {
  const { seed, faults, states, codeDir, isHasty } = options;
  const folder = mkdtempSync(join(quickPlace, "bourse-power-cut-"));
  const remains = atExit(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const recorded = await record({ seed, faults, folder, codeDir, isHasty });
    // One more than there are processors: a start waits now and then.
    const processes = Math.min(availableParallelism() + 1, states);
    if (!options.isEnough())
      await Promise.all(
        Array.from({ length: processes }, (_, index) => playShare(options, folder, index, processes)),
      );
    return recorded;
  } finally {
    remains.leave();
  }
}

/** A service that ends takes the process with it: the next state is for another one. */
async function playShare(
  { seed, states, codeDir = root, isEnough, onReport }: PowerCuts,
  recording: string,
  first: number,
  step: number,
): Promise<void> {
  let from = first;
  for (let attempt = 0; from < states && !isEnough(); attempt += 1) {
    const folder = join(recording, `states-${first}-${attempt}`);
    mkdirSync(folder);
    const options = { recording, folder, code: codeDir, seed, from, step, to: states };
    const broke = await readReports<StateReport>(
      { main: ownMain, options, silenceMs, isEnough },
      (report) => {
        from = report.index + step;
        onReport(report);
      },
    );
    if (broke === undefined) return;
    onReport({
      index: from,
      cut: 0,
      kind: "start",
      fates: { kept: 0, dropped: 0, torn: 0 },
      answers: 0,
      faults: [`no start came of it: ${broke}`],
    });
    from += step;
  }
}
