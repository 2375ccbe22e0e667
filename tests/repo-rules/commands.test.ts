import { expect, test } from "bun:test";

import { commandsAreOnTop } from "./imports.ts";
import { readTree } from "./tree.ts";

test("nothing but torture and bench stands on the commands", async () => {
  expect(commandsAreOnTop(await readTree())).toEqual([]);
});

test("an import of a command is caught, statically or not", () => {
  const planted = [
    { path: "services/market.ts", text: 'import { start } from "../cli/start.ts";' },
    { path: "testing/market.ts", text: '\nconst { run } = await import("../cli/run.ts");' },
  ];
  expect(commandsAreOnTop(planted)).toEqual([
    expect.stringMatching(/^services\/market\.ts:1: imports \.\.\/cli\/start\.ts: /),
    expect.stringMatching(/^testing\/market\.ts:2: imports /),
  ]);
  const allowed = [
    { path: "cli/audit.ts", text: 'import "./run.ts";\nimport "../books/audit/run.ts";' },
    { path: "torture/main.ts", text: 'import "../cli/progress.ts";' },
    { path: "tests/cli.test.ts", text: 'import "../cli/run.ts";' },
    { path: "services/client/main.ts", text: 'import "./cli/main.ts";' },
  ];
  expect(commandsAreOnTop(allowed)).toEqual([]);
});
