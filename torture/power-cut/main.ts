import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import type { Shape } from "../../testing/market.ts";
import { Random } from "../../testing/random.ts";
import { CutMoments } from "./cut-moments.ts";
import { diskAfter } from "./disk.ts";
import { RandomOutcomes } from "./power-cut-outcomes.ts";
import { placedBy, readRecording } from "./recording.ts";
import { codeIn, restartViolations, type RestartKind } from "./restart.ts";
import type { StateReport } from "./state-report.ts";

/**
 * Restarts a recorded market on what power cuts leave, for some states of the recording, and prints the report of each
 * as a line of JSON. A process of its own, because a service may end its process.
 */
const { values } = parseArgs({
  options: {
    recording: { type: "string", default: "" },
    /** Folder of the services' code. */
    code: { type: "string", default: "" },
    /** Folder for the files of each state. */
    folder: { type: "string", default: "" },
    shape: { type: "string", default: "services" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    step: { type: "string", default: "1" },
    to: { type: "string", default: "1" },
  },
});
const [seed, from, step, to] = [values.seed, values.from, values.step, values.to].map(Number) as [
  number,
  number,
  number,
  number,
];

const { steps, placed, openedAt } = readRecording(values.recording);
const cuts = new CutMoments(steps, openedAt, new Random(seed));
const code = await codeIn(values.code, values.shape as Shape);
// Its own processes and files are removed at its exit (testing/at-exit.ts); it ends when its parent process ends.
process.once("SIGTERM", () => process.exit(1));
process.stdin.on("end", () => process.exit(1)).resume();

for (let index = from; index < to; index += step)
  process.stdout.write(`${JSON.stringify(await runState(index))}\n`);
process.exit(0);

async function runState(index: number): Promise<StateReport> {
  const random = new Random((seed + Math.imul(index, 0x9e3779b1)) >>> 0);
  const cut = cuts.at(index, random);
  const { files, outcomes } = diskAfter(steps, cut, new RandomOutcomes(random.fork()));
  const known = placedBy(placed, cut);
  const kind = kindOf(index);
  const folder = join(values.folder, String(index));
  const answers = known.filter(({ answer }) => answer).length;
  const violations = await restartViolations({ kind, code, folder, files, placed: known, random }).catch(
    (error) => [`the market does not start again: ${String(error)}`],
  );
  rmSync(folder, { recursive: true, force: true });
  return { index, cut, kind, outcomes, answers, violations };
}

function kindOf(index: number): RestartKind {
  if (index % 200 === 99) return "processes";
  return index % 20 === 4 ? "frontend" : "services";
}
