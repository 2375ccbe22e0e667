import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { temporaryFolder } from "../testing/temporary-folder.ts";

const root = join(import.meta.dir, "..");

/** Files that a program reads by its first line or byte for byte, and one of each other kind. */
const sensitive = [
  "scripts/make-secrets",
  "scripts/container-smoke",
  "scripts/own-engine.bash",
  ".ci/run",
  "cli/main.ts",
  "db/catalog/001-market.sql",
  "db/stocks.csv",
  "db/fixtures/v1/catalog.db",
  "db/fixtures/v1/order.db",
  "docs/simulate.png",
  "Dockerfile",
  "compose.yaml",
];

test.skipIf(Bun.which("git") === null).each(["true", "input", "false"])(
  "a clone with core.autocrlf=%s has every file byte for byte",
  (autocrlf) => {
    using folder = temporaryFolder();
    const [source, clone] = [join(folder.path, "source"), join(folder.path, "clone")];
    for (const path of [".gitattributes", ...sensitive]) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      cpSync(join(root, path), join(source, path));
    }
    git(source, "init", "--quiet");
    git(source, "add", "--all");
    git(source, "-c", "user.name=test", "-c", "user.email=test@example.invalid", "commit", "-qm", "files");
    git(folder.path, "-c", `core.autocrlf=${autocrlf}`, "clone", "--quiet", source, clone);
    const changed = sensitive.filter(
      (path) => !readFileSync(join(clone, path)).equals(readFileSync(join(root, path))),
    );
    expect(changed).toEqual([]);
  },
);

function git(cwd: string, ...args: string[]): void {
  // The settings of the machine and of the user must not decide what this test shows.
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const { exitCode, stderr } = Bun.spawnSync(["git", ...args], { cwd, env });
  expect({ args, exitCode, stderr: stderr.toString() }).toMatchObject({ exitCode: 0 });
}
