import { beforeAll, describe, expect, test } from "bun:test";
import * as code from "./repo-rules/code.ts";
import * as imports from "./repo-rules/imports.ts";
import * as layout from "./repo-rules/layout.ts";
import * as packaging from "./repo-rules/packaging.ts";
import { noDeadFiles } from "./repo-rules/reachable.ts";
import type { Rule, SourceFile } from "./repo-rules/rule.ts";
import { readTree } from "./repo-rules/tree.ts";

interface Case {
  guarantee: string;
  rule: Rule;
  /** A tree by path that breaks the rule; where it does is listed in `caught`, as `path:line`. */
  planted: Record<string, string>;
  caught: string[];
  /** A tree that comes close and is allowed. */
  allowed: Record<string, string>;
}

// Spelled apart, so that this file does not itself break the rule that it plants.
const machinePath = (...names: string[]) => `/${names.join("/")}/`;

const ROOMS = { main: "main.ts", app: "app.ts", config: "config.ts", routes: "routes.ts" };
const service = (name: string, rooms: string[]) =>
  Object.fromEntries(rooms.map((room) => [`services/${name}/${room}`, "export const a = 1;"]));
const TOP_LEVEL = Object.fromEntries(
  (
    "package.json bunfig.toml services/a.ts client/a.ts db/a.ts books/a.ts README.md ARCHITECTURE.md CONTRIBUTING.md " +
    "CHANGELOG.md LICENSE docs/a.md tests/a.ts"
  )
    .split(" ")
    .map((path) => [path, ""]),
);

const CASES: Case[] = [
  {
    guarantee: "the contract imports nothing of ours",
    rule: imports.importArrows,
    planted: {
      "services/contract/stock.ts": 'import { x } from "elysia";\nimport { log } from "../runtime/log.ts";',
    },
    caught: ["services/contract/stock.ts:2"],
    allowed: {
      "services/contract/stock.ts": 'import { x } from "./error.ts";\n// import "../runtime/log.ts";',
    },
  },
  {
    guarantee: "the runtime imports only the contract",
    rule: imports.importArrows,
    planted: { "services/runtime/process/run.ts": 'const x = 1;\nawait import("../../order/main.ts");' },
    caught: ["services/runtime/process/run.ts:2"],
    allowed: {
      "services/runtime/process/env.ts": 'import { x } from "../../contract/error.ts";\nimport "./log.ts";',
    },
  },
  {
    guarantee: "db imports nothing of the services and the client",
    rule: imports.importArrows,
    planted: { "db/sqlite/open.ts": 'import type { S } from "../../services/contract/stock.ts";' },
    caught: ["db/sqlite/open.ts:1"],
    allowed: {
      "db/sqlite/open.ts": 'import { migrate } from "./migrate.ts";',
      "db/open.test.ts": 'import "../tests/a.ts";',
    },
  },
  {
    guarantee: "a service takes only the App type of another",
    rule: imports.importArrows,
    planted: {
      "services/order/peers.ts": [
        'import type { App } from "../catalog/app.ts";',
        'import { App } from "../catalog/app.ts";',
        'import { type App } from "../catalog/app.ts";',
        'import type { Store } from "../catalog/store.ts";',
        'import {\n  Client,\n} from "../../client/sdk/client.ts";',
      ].join("\n"),
    },
    caught: [2, 3, 4, 5].map((line) => `services/order/peers.ts:${line}`),
    allowed: {
      "services/order/store.ts":
        'import { open } from "../../db/sqlite/open.ts";\nimport { x } from "./rules.ts";',
      "services/order/peers.ts":
        'import type { App } from "../catalog/app.ts";\nimport { x } from "../runtime/log.ts";',
    },
  },
  {
    guarantee: "the audit stands below the frontend alone, and takes only the App types of the services",
    rule: imports.importArrows,
    planted: {
      "books/audit/live-source.ts":
        'import { App } from "../../services/order/app.ts";\nimport type { S } from "../../services/catalog/store.ts";',
      "services/order/routes.ts": 'import { runAudit } from "../../books/audit/run.ts";',
      "services/runtime/http/health.ts": 'import type { Check } from "../../../books/audit/checks.ts";',
    },
    caught: [
      "books/audit/live-source.ts:1",
      "books/audit/live-source.ts:2",
      "services/order/routes.ts:1",
      "services/runtime/http/health.ts:1",
    ],
    allowed: {
      "books/audit/live-source.ts":
        'import type { App } from "../../services/order/app.ts";\nimport "./source.ts";',
      "books/audit/store.ts": 'import "../../db/sqlite/open.ts";\nimport "../../services/contract/trade.ts";',
      "services/frontend/routes.ts": 'import { AuditRunner } from "../../books/audit/runner.ts";',
    },
  },
  {
    guarantee: "the backup works on files, and no service knows it",
    rule: imports.importArrows,
    planted: {
      "books/backup/restore.ts": 'import type { App } from "../../services/order/app.ts";',
      "books/audit/run.ts": 'import "../backup/restore.ts";',
      "services/catalog/main.ts": 'import "../../books/backup/restore.ts";',
    },
    caught: ["books/backup/restore.ts:1", "books/audit/run.ts:1", "services/catalog/main.ts:1"],
    allowed: {
      "books/backup/restore.ts": 'import "../../db/lock.ts";\nimport { runAudit } from "../audit/run.ts";',
      "books/backup/backup.ts": 'import "../../services/contract/trade.ts";\nimport "./store.ts";',
    },
  },
  {
    guarantee: "the SDK and the simulator leave the services alone",
    rule: imports.importArrows,
    planted: {
      "client/sdk/client.ts": 'import { REASONS } from "../../services/contract/error.ts";',
      "client/simulator/simulate.ts": 'import type { App } from "../../services/frontend/app.ts";',
    },
    caught: ["client/sdk/client.ts:1", "client/simulator/simulate.ts:1"],
    allowed: {
      "client/sdk/client.ts": 'import type { App } from "../../services/frontend/app.ts";',
      "client/simulator/simulate.ts": 'import { x } from "../sdk/client.ts";',
    },
  },
  {
    guarantee: "no file re-exports another's names",
    rule: imports.noBarrels,
    planted: {
      "db/sqlite/open.ts":
        'export * from "./migrate.ts";\nexport { a } from "./b.ts";\nexport type { C } from "./c.ts";',
    },
    caught: [1, 2, 3].map((line) => `db/sqlite/open.ts:${line}`),
    allowed: {
      "db/sqlite/open.ts": 'import { a } from "./b.ts";\nexport { a };\nexport const text = "export * from";',
      "client/package.json": '{"scripts": {"prepack": "bun build.ts sdk/client.ts"}}',
      "client/sdk/client.ts": 'export { a } from "./errors.ts";',
    },
  },
  {
    guarantee: "every file is reached from an entry point",
    rule: noDeadFiles,
    planted: {
      "services/order/main.ts": 'import "./app.ts";',
      "services/order/app.ts": "",
      "services/order/old.ts": "",
    },
    caught: ["services/order/old.ts:1"],
    allowed: {
      "package.json": '{"scripts": {"audit": "bun services/catalog/audit.ts"}}',
      "services/catalog/audit.ts":
        'new Worker(new URL("./writer.ts", import.meta.url));\nawait import("./late.ts");',
      "services/catalog/writer.ts": 'import page from "./page.html";',
      "services/catalog/page.html": '<script type="module" src="./page.ts"></script>',
      "services/catalog/page.ts": "",
      "services/catalog/late.ts": "",
      "db/sqlite/contract.node.ts": 'import "./contract.ts";',
      "db/sqlite/contract.ts": "",
    },
  },
  {
    guarantee: "the environment is read in one place",
    rule: code.noImportMetaEnv,
    planted: { "services/order/main.ts": "const port =\n  import.meta.env.PORT;" },
    caught: ["services/order/main.ts:2"],
    allowed: {
      "tests/crash.test.ts": "import.meta.env;",
      "services/order/config.ts": "// import.meta.env is not read here",
    },
  },
  {
    guarantee: "calls between services and on this machine never use a proxy of the environment",
    rule: code.callsAvoidProxies,
    planted: { "cli/watch.ts": 'const a = 1;\nawait fetch("http://127.0.0.1:8080/readyz");' },
    caught: ["cli/watch.ts:2"],
    allowed: {
      "services/runtime/http/direct-fetch.ts": "fetch(url, { ...init, proxy: false });",
      "services/frontend/peers.ts":
        "this.#fetch(after);\nfetch(request: Request): Response;\nawait directFetch(url); // fetch(url)",
      "services/frontend/app.test.ts": "await fetch(url);",
      "client/sdk/client.ts": "fetch(url, init);",
    },
  },
  {
    guarantee: "a URL becomes a path only by fileURLToPath",
    rule: code.filePathsFromUrls,
    planted: { "db/sqlite/open.ts": 'const a = new URL(\n  "../a.csv",\n  import.meta.url,\n).pathname;' },
    caught: ["db/sqlite/open.ts:1"],
    allowed: {
      "db/sqlite/open.ts": 'fileURLToPath(new URL("../a.csv", import.meta.url));',
      "services/order/app.ts": 'const path = new URL(request.url).pathname;\nnew URL("http://a/b").pathname;',
    },
  },
  {
    guarantee: "a lint rule is never switched off without a reason",
    rule: code.lintExceptionsSayWhy,
    planted: { "db/sqlite/open.ts": "\n// oxlint-disable-next-line no-console\nconsole.log(1);" },
    caught: ["db/sqlite/open.ts:2"],
    allowed: { "db/sqlite/open.ts": "// oxlint-disable-next-line no-console -- prints the port it took" },
  },
  {
    guarantee: "the top level is the design's",
    rule: layout.topLevelIsTheDesign,
    planted: { ...TOP_LEVEL, "src/a.ts": "" },
    caught: ["src/a.ts:1"],
    allowed: { ...TOP_LEVEL, ".github/workflows/check.yml": "", Dockerfile: "" },
  },
  {
    guarantee: "nothing of the design's top level is missing",
    rule: layout.topLevelIsTheDesign,
    planted: Object.fromEntries(Object.entries(TOP_LEVEL).filter(([path]) => path !== "LICENSE")),
    caught: ["LICENSE:1"],
    allowed: TOP_LEVEL,
  },
  {
    guarantee: "no folder or file is a junk drawer",
    rule: layout.noJunkDrawers,
    planted: { "db/utils/x.ts": "", "db/helpers.ts": "", "db/lib.test.ts": "", "db/index.ts": "" },
    caught: ["db/utils/x.ts:1", "db/helpers.ts:1", "db/lib.test.ts:1", "db/index.ts:1"],
    allowed: { "services/frontend/index.html": "", "db/library.ts": "" },
  },
  {
    guarantee: "every service has the same rooms",
    rule: layout.sameRoomsInEveryService,
    planted: service("order", [ROOMS.main, ROOMS.app, ROOMS.config, "router.ts"]),
    caught: ["services/order/router.ts:1", "services/order/routes.ts:1"],
    allowed: {
      ...service("order", [...Object.values(ROOMS), "batcher.ts"]),
      ...service("frontend", [ROOMS.main, ROOMS.app, ROOMS.config, "routes/orders.ts"]),
      "services/contract/types.ts": "",
      "books/audit/run.ts": "",
    },
  },
  {
    guarantee: "every dependency is pinned",
    rule: packaging.exactVersions,
    planted: {
      "client/package.json":
        '{"dependencies": {"a": "1.2.3",\n"b": "^1.2.3"},\n"devDependencies": {"c": "latest",\n"d": "*", "e": "~1.0.0",\n"f": "npm:g@^1.0.0", "h": "workspace:^"}}',
    },
    caught: [2, 3, 4, 4, 5, 5].map((line) => `client/package.json:${line}`),
    allowed: {
      "package.json": '{"dependencies": {"a": "1.2.3", "b": "7.0.0-beta.1"}, "version": "0.1.0"}',
      "client/package.json":
        '{"dependencies": {"c": "workspace:*", "d": "npm:d@4.9.5", "e": "npm:@s/e@1.0.0"}}',
    },
  },
  {
    guarantee: "one tsconfig holds for every file",
    rule: packaging.oneTsconfig,
    planted: { "tsconfig.json": "{}", "client/tsconfig.json": "{}" },
    caught: ["client/tsconfig.json:1"],
    allowed: { "tsconfig.json": "{}" },
  },
  {
    guarantee: "an import is a relative path or a package",
    rule: packaging.noPathAliases,
    planted: {
      "tsconfig.json": '{\n"paths": {}\n}',
      "package.json": '{"imports": {"#db": "./db/sqlite/open.ts"}}',
    },
    caught: ["tsconfig.json:2", "package.json:1"],
    allowed: { "tsconfig.json": '{"compilerOptions": {}}', "package.json": '{"exports": "./client.ts"}' },
  },
  {
    guarantee: "no file holds the path of one machine",
    rule: packaging.noMachinePaths,
    planted: {
      "README.md": `run\n${machinePath("work", "main")}run\n\`${machinePath("home", "ann")}bourse\``,
    },
    caught: ["README.md:2", "README.md:3"],
    allowed: {
      Dockerfile: `WORKDIR ${machinePath("home", "bun")}app`,
      "README.md": `docs${machinePath("work")}order`,
    },
  },
  {
    guarantee: "the lockfile names no registry host",
    rule: packaging.noRegistryHosts,
    planted: { "bun.lock": '{\n"a": ["a@1.0.0", "https://registry.example/a.tgz"]}' },
    caught: ["bun.lock:2"],
    allowed: { "bun.lock": '{"a": ["a@1.0.0", "", {}]}', "README.md": "https://example.com" },
  },
];

const asFiles = (tree: Record<string, string>): SourceFile[] =>
  Object.entries(tree).map(([path, text]) => ({ path, text }));
const place = (line: string) => line.split(":").slice(0, 2).join(":");

describe("the repository", () => {
  let files: SourceFile[];
  beforeAll(async () => {
    files = await readTree();
  });

  const guarantees = Map.groupBy(CASES, ({ rule }) => rule);
  test.each(
    [...guarantees].map(([rule, cases]) => [cases.map((row) => row.guarantee).join("; "), rule] as const),
  )("%s", (_, rule) => {
    expect(rule(files)).toEqual([]);
  });
});

describe("a rule", () => {
  test.each(CASES.map((row) => [row.guarantee, row] as const))("catches what breaks it: %s", (_, row) => {
    expect(row.rule(asFiles(row.planted)).map(place).toSorted()).toEqual(row.caught.toSorted());
    expect(row.rule(asFiles(row.allowed))).toEqual([]);
  });
});
