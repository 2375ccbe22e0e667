import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";

import { startMarket, type Market } from "../testing/market.ts";
import { program, report } from "../testing/sdk-project.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

/** The SDK as someone gets it who installs the package: packed, unpacked into a project of its own, and used there. */
const root = join(import.meta.dir, "..");
const modules =
  "arguments attempts client errors event-stream events lists options place-many reply retry retry-budget shapes " +
  "sse-parser transport types uuid";

const folder = temporaryFolder();
const project = folder.path;
let packed: Uint8Array<ArrayBuffer>;
let packedFiles: string[];
let market: Market;

beforeAll(async () => {
  run([process.execPath, "pm", "pack", "--destination", project], join(root, "client"));
  const [tarball = ""] = new Bun.Glob("*.tgz").scanSync(project);
  packed = new Uint8Array(readFileSync(join(project, tarball)));
  packedFiles = run(["tar", "tzf", tarball]).output.trim().split("\n");
  run(["tar", "xzf", tarball]);
  mkdirSync(join(project, "node_modules"));
  renameSync(join(project, "package"), join(project, "node_modules/bourse-client"));
  writeFileSync(join(project, "package.json"), '{"type": "module"}');
  market = await startMarket();
}, 60_000);

afterAll(async () => {
  await market.stop();
  folder[Symbol.dispose]();
});

function run(command: string[], cwd = project): { exitCode: number; output: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { cwd, stdout: "pipe", stderr: "pipe" });
  return { exitCode, output: stdout.toString() + (exitCode === 0 ? "" : stderr.toString()) };
}

/** Compiles a text as a file of the project, as strictly as anyone could, the package's declarations included. */
function compile(file: string, text: string, options: string[]): { exitCode: number; output: string } {
  writeFileSync(join(project, file), text);
  const strict = ["--ignoreConfig", "--strict", "--exactOptionalPropertyTypes", "--verbatimModuleSyntax"];
  const flags = [...strict, "--skipLibCheck", "false", "--target", "es2022", ...options];
  return run([process.execPath, join(root, "node_modules/typescript/bin/tsc"), file, ...flags]);
}

/** The reasons that the package's declarations list. */
function allReasons(): string[] {
  const text = readFileSync(join(project, "node_modules/bourse-client/dist/types.d.ts"), "utf8");
  return ["Refusal", "Failure", "TransportReason"].flatMap((name) => {
    const union = new RegExp(`type ${name} = ([^;]+);`).exec(text)?.[1] ?? "";
    return [...union.matchAll(/"(\w+)"/g)].map(([, reason = ""]) => reason);
  });
}

test("the package is its code, compiled and as written, its types, its README and its licence, and nothing else", () => {
  const built = modules
    .split(" ")
    .flatMap((name) => [
      ...[".d.cts", ".d.ts", ".js"].map((extension) => `dist/${name}${extension}`),
      `sdk/${name}.ts`,
    ]);
  const expected = ["LICENSE", "README.md", "package.json", "dist/client.cjs", ...built];
  expect(packedFiles.toSorted()).toEqual(expected.map((name) => `package/${name}`).toSorted());
  expect(readFileSync(join(root, "client/LICENSE"), "utf8")).toBe(
    readFileSync(join(root, "LICENSE"), "utf8"),
  );
});

test("publint and are-the-types-wrong find nothing in the package", async () => {
  const { messages } = await publint({ pack: { tarball: packed.buffer }, level: "suggestion", strict: true });
  expect(messages).toEqual([]);
  const analysis = await checkPackage(createPackageFromTarballData(packed));
  if (!analysis.types) throw new Error("the package has no types");
  expect(analysis.problems).toEqual([]);
}, 60_000);

const nodeResolution = ["--module", "nodenext"];

test.each([
  ["Node's", nodeResolution],
  ["a bundler's", ["--module", "esnext", "--moduleResolution", "bundler"]],
])(
  "a strict project with %s module resolution compiles with it, an exhaustive switch over the reasons included",
  (_, options) => {
    expect(compile("main.ts", program(allReasons()), options)).toEqual({ exitCode: 0, output: "" });
  },
);

test("a switch that misses a reason does not compile", () => {
  const reasons = allReasons();
  expect(reasons.length).toBeGreaterThan(20);
  const { exitCode, output } = compile("missing.ts", program(reasons.slice(1)), nodeResolution);
  expect(exitCode).not.toBe(0);
  expect(output).toMatch(/^missing\.ts\(5,\d+\): error TS2366: [^\n]*\n$/);
});

const nodeMajor = Number(
  /^v(\d+)/.exec(Bun.which("node") ? run(["node", "--version"], root).output : "")?.[1] ?? 0,
);
const runtimes = ["bun", ...(nodeMajor >= 20 ? ["node"] : [])];
if (nodeMajor < 20) console.log("no node >= 20 on the PATH: the package is run on Bun only");

test.each(runtimes)(
  "it runs on %s against a real market",
  (runtime) => {
    expect(compile("main.ts", program(allReasons()), nodeResolution)).toEqual({ exitCode: 0, output: "" });
    const { exitCode, output } = run([runtime === "bun" ? process.execPath : runtime, "main.js", market.url]);
    expect({ exitCode, report: output.trim() }).toEqual({ exitCode: 0, report: JSON.stringify(report) });
  },
  20_000,
);

/** Prints what becomes of an order behind a redirect, and of a lookup where nobody listens. */
const failingProgram = `
import { createClient } from "bourse-client";
const [, , redirecting, gone] = process.argv;
const moved = await createClient({ baseUrl: redirecting }).orders.buy("BoarCo", 1);
const refused = await createClient({ baseUrl: gone, retries: 0 }).stocks.get("BoarCo");
console.log(JSON.stringify({
  moved: [moved.error?.code, moved.error?.reason, moved.error?.message],
  refused: [refused.error?.reason, refused.error?.cause instanceof Error],
}));
`;

test.each(runtimes)(
  "on %s no redirect is followed, and the cause of a network error is kept",
  async (runtime) => {
    const asked: string[] = [];
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => {
        asked.push(new URL(request.url).pathname);
        return new Response(null, { status: 307, headers: { Location: "/elsewhere" } });
      },
    });
    const gone = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const addresses = [server.url.origin, gone.url.origin];
    await gone.stop(true);
    writeFileSync(join(project, "failing.js"), failingProgram);
    const command = [runtime === "bun" ? process.execPath : runtime, "failing.js", ...addresses];
    await using child = Bun.spawn(command, { cwd: project, stdout: "pipe" });
    expect(await new Response(child.stdout).json()).toEqual({
      moved: [307, "unexpected_reply", expect.stringContaining(`${server.url.origin}/elsewhere`)],
      refused: ["network_error", true],
    });
    expect(asked).toEqual(["/orders"]);
  },
  20_000,
);

/** A program for the oldest compiler, in which `await` is not at the top of the file. */
const oldProgram = `
import { BourseError, createClient, unwrap } from "bourse-client";
import type { MarketEvent, PlacedOrder } from "bourse-client";

const market = createClient({ baseUrl: process.argv[2] ?? "" });
declare const process: { argv: string[] };
async function main(): Promise<string> {
  const placed: PlacedOrder = unwrap(await market.orders.buy("BoarCo", 1));
  const error: unknown = await market.orders.get(1_000_000).then(unwrap).catch((thrown: unknown) => thrown);
  const events: AsyncIterableIterator<MarketEvent> = market.events({ after: "0-0" });
  const first: MarketEvent = (await events.next()).value;
  await events.return?.();
  return [placed.quantity, error instanceof BourseError && error.reason, first.type].join();
}
main().then((report) => console.log(report));
`;

const compile49 = (files: string[], options: string[]) => {
  for (const file of files) writeFileSync(join(project, file), oldProgram);
  // The declarations of the package are checked, those of the language are not: that takes many seconds.
  const flags = ["--target", "es2022", "--strict", "--exactOptionalPropertyTypes", "--skipDefaultLibCheck"];
  const tsc = join(root, "node_modules/typescript-4.9/bin/tsc");
  return run([process.execPath, tsc, ...files, ...flags, ...options]);
};

test("TypeScript 4.9 compiles with it under node10", () => {
  const options = ["--module", "commonjs", "--moduleResolution", "node"];
  expect(compile49(["old.ts"], options)).toEqual({ exitCode: 0, output: "" });
}, 60_000);

test("TypeScript 4.9 compiles with it under node16, as an ES module and as CommonJS, and both run", () => {
  expect(compile49(["old.mts", "old.cts"], ["--module", "node16"])).toEqual({ exitCode: 0, output: "" });
  const version = 'console.log(require("bourse-client/package.json").version)';
  writeFileSync(join(project, "version.cjs"), version);
  for (const runtime of runtimes) {
    const command = runtime === "bun" ? process.execPath : runtime;
    for (const file of ["old.mjs", "old.cjs"]) {
      const report = run([command, file, market.url]);
      expect(report).toEqual({ exitCode: 0, output: "1,order_not_found,hello\n" });
    }
    expect(run([command, "version.cjs"])).toEqual({ exitCode: 0, output: "0.1.0\n" });
  }
}, 60_000);

/** The first program in a README, with this market's address. */
function programIn(path: string): string {
  const [, text = ""] = /```ts\n(import .*?)```/s.exec(readFileSync(join(root, path), "utf8")) ?? [];
  const here = text.replace("http://127.0.0.1:8080", market.url);
  expect(here).not.toBe(text);
  return here;
}

/** What the program prints until it has traded and has received two events of that stock: it never ends by itself. */
async function outputOf(command: string[], cwd: string, stdin: string): Promise<string> {
  const input = new TextEncoder().encode(stdin);
  await using child = Bun.spawn(command, { cwd, stdin: input, stdout: "pipe" });
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    if (tradeAndTwoEvents.test(output)) child.kill();
  }
  return output;
}

const tradeAndTwoEvents = /^trade \d+ at 15\.99$(?:.*GameStart){2}/ms;
const readmes = ["README.md", "client/README.md"];

test.each(readmes)(
  "the program in %s compiles and runs as it stands",
  async (path) => {
    expect(compile("readme.ts", programIn(path), nodeResolution)).toEqual({ exitCode: 0, output: "" });
    expect(await outputOf([process.execPath, "readme.js"], project, "")).toMatch(tradeAndTwoEvents);
  },
  20_000,
);

test("the program in the README runs in a fresh checkout, where nothing is built", async () => {
  // Not `dist`, which a fresh checkout does not have.
  const where = 'console.log(import.meta.resolve("bourse-client"))';
  expect(run([process.execPath, "-e", where], root).output.trim()).toEndWith("/client/sdk/client.ts");
  const output = await outputOf([process.execPath, "run", "-"], root, programIn("README.md"));
  expect(output).toMatch(tradeAndTwoEvents);
}, 20_000);
