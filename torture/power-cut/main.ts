import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { Random } from "../../testing/random.ts";
import { Cuts } from "./cuts.ts";
import { diskAfter } from "./disk.ts";
import { RandomFates } from "./fates.ts";
import { placedBy, readRecording } from "./recording.ts";
import { codeIn, restartFaults, type Restart } from "./restart.ts";
import type { StateReport } from "./state-report.ts";

/**
 * Plays power cuts in a recording, some of its states, and prints the report of each as a line of JSON: a process of
 * its own, since a service may end the process that it runs in.
 */
const { values } = parseArgs({
  options: {
    recording: { type: "string", default: "" },
    /** Where the services' code is. */
    code: { type: "string", default: "" },
    /** Where the states are laid out. */
    folder: { type: "string", default: "" },
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

const { steps, placed, foundedAt } = readRecording(values.recording);
const cuts = new Cuts(steps, foundedAt, new Random(seed));
const code = await codeIn(values.code);
// What it has started goes away with it (testing/at-exit.ts), and it with whoever started it.
process.once("SIGTERM", () => process.exit(1));
process.stdin.on("end", () => process.exit(1)).resume();

for (let index = from; index < to; index += step)
  process.stdout.write(`${JSON.stringify(await playState(index))}\n`);
process.exit(0);

async function playState(index: number): Promise<StateReport> {
  const random = new Random((seed + Math.imul(index, 0x9e3779b1)) >>> 0);
  const cut = cuts.at(index, random);
  const { files, fates } = diskAfter(steps, cut, new RandomFates(random.fork()));
  const known = placedBy(placed, cut);
  const kind = kindOf(index);
  const folder = join(values.folder, String(index));
  const answers = known.filter(({ answer }) => answer).length;
  const faults = await restartFaults({ kind, code, folder, files, placed: known, random }).catch((error) => [
    `the market does not come back: ${String(error)}`,
  ]);
  rmSync(folder, { recursive: true, force: true });
  return { index, cut, kind, fates, answers, faults };
}

function kindOf(index: number): Restart {
  if (index % 200 === 99) return "processes";
  return index % 20 === 4 ? "ask" : "start";
}
