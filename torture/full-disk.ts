import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { until } from "../testing/until.ts";
import { atExit } from "../testing/at-exit.ts";
import { expectReads } from "./expect-reads.ts";
import { runRound, type RoundContext } from "./round.ts";

const fillings = 4;
const chunk = new Uint8Array(4_096);

export interface FullDisk {
  /** Why nothing ran. */
  skipped?: string;
  filled: number;
  violations: string[];
}

/** A catalog on a small file system that is filled and freed several times. Needs root, to mount it. */
export async function runFullDiskRound(seed: number): Promise<FullDisk> {
  const folder = mkdtempSync(join(tmpdir(), "bourse-full-"));
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder]);
  if (!mounted.success) {
    rmSync(folder, { recursive: true });
    return { skipped: "skipped: a small file system cannot be mounted here", filled: 0, violations: [] };
  }
  const mount = atExit(() => {
    Bun.spawnSync(["umount", "--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  let filled = 0;
  const injectFaults = async ({ market, load, random }: RoundContext): Promise<void> => {
    const ballast = join(folder, "ballast");
    for (; filled < fillings; filled += 1) {
      const before = load.answersWith("storage_full");
      fill(ballast);
      await until(
        async () => load.answersWith("storage_full") > before,
        10_000,
        "a client gets storage_full",
      );
      await expectReads(market.url);
      await Bun.sleep(random.integer(0, 500));
      rmSync(ballast);
      await load.nextOutcome();
    }
  };
  try {
    const variablesOf = { catalog: { BOURSE_DATA_DIR: folder } };
    const { violations } = await runRound({ seed, injectFaults, variablesOf, orderTimeoutMs: 1_500 });
    return { filled, violations };
  } finally {
    mount.leave();
  }
}

/** Fills the file system. The services write at the same time, so the last free bytes may be theirs. */
function fill(path: string): void {
  const ballast = openSync(path, "w");
  try {
    for (;;) writeSync(ballast, chunk);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  } finally {
    closeSync(ballast);
  }
}
