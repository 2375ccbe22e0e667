import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { startMarket, type Market } from "../testing/market.ts";
import { program, report } from "../testing/sdk-project.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

/** The SDK as someone gets it who installs the package: packed, unpacked into a project of its own, and used there. */
const root = join(import.meta.dir, "..");
const compiled =
  "attempts client errors event-stream events lists place-many reply retry retry-budget sse-parser transport types uuid";

const folder = temporaryFolder();
const project = folder.path;
let packedFiles: string[];
let market: Market;

beforeAll(async () => {
  run([process.execPath, "pm", "pack", "--destination", project], join(root, "client"));
  const [tarball = ""] = new Bun.Glob("*.tgz").scanSync(project);
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

test("the package is its code, its types, its README and its licence, and nothing else", () => {
  const built = compiled.split(" ").flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
  const expected = ["LICENSE", "README.md", "package.json", ...built];
  expect(packedFiles.toSorted()).toEqual(expected.map((name) => `package/${name}`).toSorted());
  expect(readFileSync(join(root, "client/LICENSE"), "utf8")).toBe(
    readFileSync(join(root, "LICENSE"), "utf8"),
  );
});

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

test.each(["README.md", "client/README.md"])(
  "the program in %s compiles and runs as it stands",
  async (path) => {
    const [, text = ""] = /```ts\n(import .*?)```/s.exec(readFileSync(join(root, path), "utf8")) ?? [];
    const here = text.replace("http://127.0.0.1:8080", market.url);
    expect(here).not.toBe(text);
    expect(compile("readme.ts", here, nodeResolution)).toEqual({ exitCode: 0, output: "" });

    await using child = Bun.spawn([process.execPath, "readme.js"], { cwd: project, stdout: "pipe" });
    const decoder = new TextDecoder();
    let output = "";
    for await (const chunk of child.stdout) {
      output += decoder.decode(chunk, { stream: true });
      // It follows the market for ever.
      if (/^trade \d+ at 15\.99$(?:.*GameStart){2}/ms.test(output)) child.kill();
    }
    expect(output).toMatch(/^trade \d+ at 15\.99$(?:.*GameStart){2}/ms);
  },
  20_000,
);
