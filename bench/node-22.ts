import { Glob } from "bun";
import { join } from "node:path";

import { assertNodeSupported } from "../db/sqlite/better-driver.ts";

/** The folder of the Node that `.ci/run` installs. */
const installed = "node_modules/.ci/node/node_modules/*/bin/node";

/**
 * A Node that better-sqlite3 runs on: the one given, else the one on the PATH, else the one that `.ci/run` installed.
 * Undefined when there is none.
 */
export function findNode22(asked: string | undefined): string | undefined {
  const root = join(import.meta.dir, "..");
  const candidates = asked
    ? [asked]
    : [Bun.which("node"), ...new Glob(installed).scanSync({ cwd: root, absolute: true, dot: true })];
  return candidates.find((path) => path !== null && isNode22(path)) ?? undefined;
}

function isNode22(path: string): boolean {
  try {
    const { stdout } = Bun.spawnSync([path, "--version"], { stdin: "ignore" });
    assertNodeSupported(stdout.toString().trim().slice(1));
    return true;
  } catch {
    return false;
  }
}
