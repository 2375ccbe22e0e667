import { expect, test } from "bun:test";
import { join } from "node:path";

import manifest from "../package.json";

async function bourse(...args: string[]) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), ...args], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

const subcommands = ["start", "dev", "keys", "simulate", "audit", "backup", "restore"];
const programs = ["torture", "bench"];

test("the help lists every subcommand", async () => {
  const { stdout, stderr, exitCode } = await bourse("--help");
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  for (const name of [...subcommands, ...programs])
    expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
});

test.each(subcommands)(
  "the help of %s has examples and exit codes, from either command line",
  async (name) => {
    const { stdout, exitCode } = await bourse(name, "--help");
    expect(exitCode).toBe(0);
    expect(stdout).toStartWith(`Usage: bourse ${name} `);
    expect(stdout).toMatch(new RegExp(`^Examples:\\n  bourse ${name}\\b.*  \\S`, "m"));
    expect(stdout).toMatch(/^Exit codes:\n {2}0 {2}\S/m);
    const random = /a random one/;
    expect((await bourse("help", name)).stdout.replace(random, "")).toBe(stdout.replace(random, ""));
  },
);

test.each(programs)("%s reads its own command line", async (name) => {
  const { stdout, exitCode } = await bourse(name, "--help");
  expect(stdout).toStartWith(`Usage: ${name} `);
  expect(exitCode).toBe(0);
  expect((await bourse(name, "--nonsense")).exitCode).toBe(2);
});

test("what is no subcommand is one line and exit code 2", async () => {
  expect(await bourse("frobnicate")).toEqual({
    stdout: "",
    stderr: "error: unknown command 'frobnicate'\n",
    exitCode: 2,
  });
  expect((await bourse("constructor")).exitCode).toBe(2);
  expect((await bourse("audti")).stderr).toContain("Did you mean audit?");
  expect(await bourse()).toMatchObject({ stdout: "", exitCode: 2 });
});

test("the version is that of package.json", async () => {
  expect((await bourse("--version")).stdout).toBe(`${manifest.version}\n`);
});

test("only the subcommand that runs is loaded", async () => {
  const source = await Bun.file(join(import.meta.dir, "main.ts")).text();
  const statically = new Bun.Transpiler({ loader: "ts" })
    .scanImports(source.replace(/^#!.*/, ""))
    .filter(({ kind }) => kind === "import-statement")
    .map(({ path }) => path);
  expect(statically.toSorted()).toEqual(["../package.json", "./run.ts", "commander", "node:fs", "node:url"]);
});

test("every script that names a subcommand is the subcommand of its name", () => {
  const scripts = Object.entries(manifest.scripts).flatMap(([script, commandLine]) => {
    const name = /bun cli\/main\.ts (\w+)/.exec(commandLine)?.[1];
    return name === undefined ? [] : [[script.replace(/:.*$/, ""), name]];
  });
  expect(scripts.length).toBeGreaterThan(8);
  for (const [script, name] of scripts) expect(name).toBe(script);
});
