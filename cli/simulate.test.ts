import { expect, test } from "bun:test";
import { join } from "node:path";

import { hangs, startServer } from "../client/sdk/failing-server.fixture.ts";

async function simulate(...args: string[]) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), "simulate", ...args], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, exitCode };
}

const oneLine = /^[^\n]+\n$/;

test.each(
  [
    ["--clients", "0"],
    ["--clients", "2.5"],
    ["--requests", "1e3"],
    ["--requests", "-1"],
    ["--duration", "0"],
    ["--duration", "1", "--requests", "1"],
    ["--probability", "1.01"],
    ["--probability", "NaN"],
    ["--seed", "4294967296"],
    ["--url", "localhost:8080"],
    ["--url", "http://user@127.0.0.1:8080"],
    ["--url", "http://127.0.0.1:8080/?x=1"],
    ["--bogus"],
    ["bogus"],
  ].map((args) => [args.join(" "), args] as const),
)("%s: one line, exit code 2, and nothing sent", async (_, args) => {
  const server = await startServer([hangs]);
  const { out, err, exitCode } = await simulate("--url", server.url, ...args);
  await server.stop();
  expect({ out, exitCode }).toEqual({ out: "", exitCode: 2 });
  expect(err).toMatch(oneLine);
  expect(server.seen).toEqual([]);
});

test("a market that is not there: one line, exit code 1", async () => {
  const gone = await startServer([hangs]);
  await gone.stop();
  const { out, err, exitCode } = await simulate("--url", gone.url);
  expect({ out, exitCode }).toEqual({ out: "", exitCode: 1 });
  expect(err).toMatch(oneLine);
  expect(err).toContain(gone.url);
}, 10_000);
