import { expect, test } from "bun:test";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { temporaryFolder } from "../testing/temporary-folder.ts";

/**
 * What the linter's configuration holds of the repository's rules. Its overrides replace each other, so that a change
 * of one could silently switch off another: each rule is shown to catch what breaks it.
 */
const root = join(import.meta.dir, "..");
const lines = (count: number): string => "export {};\n".repeat(count);

interface Case {
  guarantee: string;
  /** Text by path. Where it breaks a rule is listed in `caught`, as `path:line rule`. */
  planted: Record<string, string>;
  caught: string[];
}

const cases: Case[] = [
  {
    guarantee: "SQLite is a library that only db knows",
    planted: {
      "services/order/a.ts":
        'import type { Database } from "bun:sqlite";\nexport type A = Database;\nawait import("better-sqlite3");',
      "services/order/routes.ts": 'import { Database } from "bun:sqlite";\nexport const a = Database;',
      "db/open.ts": 'import { Database } from "bun:sqlite";\nexport const a = Database;',
      "tests/a.test.ts": 'import { Database } from "bun:sqlite";\nexport const a = Database;',
    },
    caught: [
      "services/order/a.ts:1 no-restricted-imports",
      "services/order/a.ts:3 no-restricted-imports",
      "services/order/routes.ts:1 no-restricted-imports",
    ],
  },
  {
    guarantee: "HTTP stays at the edge of a service",
    planted: {
      "services/order/rules.ts": 'import { Elysia } from "elysia";\nexport const a = Elysia;',
      "services/catalog/rules.ts": 'import * as http from "elysia";\nexport const a = http;',
      "db/open.ts": 'import { t } from "elysia";\nexport const a = t;',
      "services/order/routes.ts": 'import { Elysia } from "elysia";\nexport const a = Elysia;',
      "services/order/routes/orders.ts": 'import { Elysia } from "elysia";\nexport const a = Elysia;',
      "services/runtime/http/health.ts": 'import { Elysia } from "elysia";\nexport const a = Elysia;',
      "services/order/types.ts": 'import type { Elysia } from "elysia";\nexport type A = Elysia;',
      "services/contract/schema.ts": 'import { t, type Elysia } from "elysia";\nexport const a: Elysia = t;',
    },
    caught: [
      "db/open.ts:1 no-restricted-imports",
      "services/catalog/rules.ts:1 no-restricted-imports",
      "services/order/rules.ts:1 no-restricted-imports",
    ],
  },
  {
    guarantee: "the SDK runs without Bun",
    planted: {
      "client/sdk/key.ts":
        'import { sleep } from "bun";\nexport const key = Bun.randomUUIDv7();\nawait import("bun:ffi");\nvoid sleep;',
      "client/sdk/text.ts": '// Bun.sleep\nexport const text = "Bun.sleep";',
      "client/sdk/key.test.ts": "export const a = Bun.sleep;",
      "client/simulator/main.ts": "export const a = Bun.sleep;",
    },
    caught: [
      "client/sdk/key.ts:1 no-restricted-imports",
      "client/sdk/key.ts:2 no-restricted-globals",
      "client/sdk/key.ts:3 no-restricted-imports",
    ],
  },
  {
    guarantee: "tests, campaigns and benchmarks share only what is in testing",
    planted: {
      "testing/a.ts": 'import "../torture/load.ts";\nimport "../services/order/app.ts";',
      "tests/a.test.ts":
        'import "../bench/load.ts";\nimport "../torture/corpus.ts";\nimport "../testing/a.ts";',
      "torture/fuzz/a.ts": 'import "../../bench/load.ts";\nimport "../client.ts";',
      "bench/growth/a.ts": 'import "../../tests/a.test.ts";\nimport "../load.ts";',
    },
    caught: [
      "bench/growth/a.ts:1 no-restricted-imports",
      "testing/a.ts:1 no-restricted-imports",
      "tests/a.test.ts:1 no-restricted-imports",
      "torture/fuzz/a.ts:1 no-restricted-imports",
    ],
  },
  {
    guarantee: "the environment is read in one place",
    planted: {
      "services/order/main.ts":
        'export const a = process.env["A"] ?? Bun.env["A"];\nexport const { env } = process;',
      "services/runtime/process/env.ts": 'export const a = process.env["A"];',
      "testing/a.ts": 'export const a = process.env["A"];',
    },
    caught: [
      "services/order/main.ts:1 no-restricted-properties",
      "services/order/main.ts:1 no-restricted-properties",
      "services/order/main.ts:2 no-restricted-properties",
    ],
  },
  {
    guarantee: "everything is exported by its name",
    planted: {
      "db/a.ts": "const a = 1;\nexport default a;",
      "db/b.ts": "const b = 1;\nexport { b as default };",
      "load.config.ts": "export default {};",
    },
    caught: ["db/a.ts:2 no-default-export", "db/b.ts:2 no-default-export"],
  },
  {
    guarantee: "no type error is silenced, and no `any` is written",
    planted: {
      "db/a.ts": "// @ts-nocheck\n// @ts-ignore\nexport let a: Record<string, any>;",
      "db/a.test.ts": 'export let a: any[];\n// @ts-expect-error a name is no number\nf("x");',
    },
    caught: [
      "db/a.test.ts:1 no-explicit-any",
      "db/a.ts:1 ban-ts-comment",
      "db/a.ts:2 ban-ts-comment",
      "db/a.ts:3 no-explicit-any",
    ],
  },
  {
    guarantee: "no file is too long to read",
    planted: {
      "db/a.ts": lines(301),
      "db/b.ts": lines(300),
      "db/a.test.ts": lines(401),
      "db/b.test.ts": lines(400),
    },
    caught: ["db/a.test.ts:401 max-lines", "db/a.ts:301 max-lines"],
  },
];

test.each(cases.map((row) => [row.guarantee, row] as const))("the linter holds: %s", (_, row) => {
  using folder = temporaryFolder();
  cpSync(join(root, ".oxlintrc.json"), join(folder.path, ".oxlintrc.json"));
  for (const [path, text] of Object.entries(row.planted)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  expect(lint(folder.path).toSorted()).toEqual(row.caught);
});

/** The violations in a folder, as `path:line rule`, of the rules that are about this repository. */
function lint(folder: string): string[] {
  const command = [process.execPath, join(root, "node_modules/oxlint/bin/oxlint"), "--format=unix"];
  const { stdout } = Bun.spawnSync(command, { cwd: folder });
  const ours = /^no-restricted-|^no-default-export$|^ban-ts-comment$|^no-explicit-any$|^max-lines$/;
  return [...stdout.toString().matchAll(/^(.+?:\d+):\d+: .* \[Error\/\w+\(([\w-]+)\)\]$/gm)]
    .filter(([, , rule = ""]) => ours.test(rule))
    .map(([, place, rule]) => `${place} ${rule}`);
}
