import { expect, test } from "bun:test";

import { engineIsPortable } from "./portable.ts";
import { readTree } from "./tree.ts";

test("the engine uses no API of Bun's", async () => {
  expect(engineIsPortable(await readTree())).toEqual([]);
});

test("an API of Bun's is caught in the engine, however it is reached", () => {
  const planted = [
    {
      path: "services/order/term.ts",
      text: 'import { sleep } from "bun";\nawait Bun.sleep(5);\nBun["gc"](true);',
    },
    { path: "services/catalog/writer/worker.ts", text: "if (import.meta.main) run();" },
    { path: "services/compose.ts", text: "\nconst root = import.meta.dir;" },
    { path: "books/audit/run.ts", text: 'const { Database } = await import("bun:sqlite");' },
    { path: "db/sqlite/open.ts", text: 'import { Database } from "bun:sqlite";' },
  ];
  expect(
    engineIsPortable(planted)
      .map((line) => line.split(":", 2).join(":"))
      .toSorted(),
  ).toEqual(
    [
      "services/order/term.ts:1",
      "services/order/term.ts:2",
      "services/order/term.ts:3",
      "services/catalog/writer/worker.ts:1",
      "services/compose.ts:2",
      "books/audit/run.ts:1",
      "db/sqlite/open.ts:1",
    ].toSorted(),
  );
});

test("listeners, the supervisor, commands, the Bun driver and tests may use it", () => {
  const uses = 'import { Database } from "bun:sqlite";\nawait Bun.sleep(1);\nif (import.meta.main) run();';
  const allowed = [
    "services/runtime/http/listen.ts",
    "services/runtime/process/supervisor/supervisor.ts",
    "services/catalog/main.ts",
    "services/market.ts",
    "cli/start.ts",
    "db/sqlite/bun-driver.ts",
    "services/order/term.test.ts",
    "services/order/ledger.fixture.ts",
    "testing/market.ts",
  ].map((path) => ({ path, text: uses }));
  expect(engineIsPortable(allowed)).toEqual([]);
  const close = [
    'import type { Statement } from "bun:sqlite";',
    "// Bun.serve refuses it before this is called",
    'const root = import.meta.dirname;\nconst text = "Bun.sleep(5)";',
    'import { bunDriver } from "./bun-driver.ts";',
  ].map((text) => ({ path: "db/sqlite/runtime-driver.ts", text }));
  expect(engineIsPortable(close)).toEqual([]);
});
