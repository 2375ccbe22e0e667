import { expect, test } from "bun:test";
import { join } from "node:path";

import { StoreFailure } from "../db/store-failure.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { CommandFailed, describeError } from "./run.ts";

const coded = (message: string, code: string) => Object.assign(new Error(message), { code });

test.each<[what: string, error: unknown, line: string]>([
  ["a failure for people", new CommandFailed("no market\n  answers"), "no market answers"],
  ["an error of the file system", coded("EACCES: permission denied", "EACCES"), "EACCES: permission denied"],
  ["a full disk", coded("write", "ENOSPC"), "there is no room left on the disk"],
  ["a full store", new StoreFailure("full", "m"), "there is no room left on the disk"],
  [
    "a full disk as a cause",
    new Error("the copy failed", { cause: new StoreFailure("full", "m") }),
    "there is no room left on the disk",
  ],
  ["what is no error", "thrown text", "thrown text"],
])("%s is described in one line", (_, error, line) => {
  expect(describeError(error, [CommandFailed])).toBe(line);
});

test("an unexpected error keeps its stack", () => {
  expect(describeError(new TypeError("x is undefined"), [CommandFailed])).toMatch(
    /^TypeError: x is undefined\n +at /,
  );
});

/** Runs a subcommand with this body in a process of its own. `whileRunning` reads its output itself. */
async function runBody(body: string, fields = "", whileRunning?: (child: Bun.Subprocess) => Promise<void>) {
  using folder = temporaryFolder();
  const script = join(folder.path, "command.ts");
  await Bun.write(
    script,
    `import { CommandFailed, runSubcommand } from ${JSON.stringify(join(import.meta.dir, "run.ts"))};
     const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
     await runSubcommand({ name: "sub", exitCodes: { usage: 4, failed: 5 }, ${fields}
       run: async (args) => { ${body} } }, ["a", "b"]);`,
  );
  const child = Bun.spawn([process.execPath, script], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  if (whileRunning) await whileRunning(child);
  const stdout = whileRunning ? "" : await new Response(child.stdout).text();
  return { stdout, stderr: await new Response(child.stderr).text(), exitCode: await child.exited };
}

test("a subcommand gets its arguments, and its result is the exit code", async () => {
  expect(await runBody(`console.log(args.join()); return 3;`)).toEqual({
    stdout: "a,b\n",
    stderr: "",
    exitCode: 3,
  });
});

test("a failure is one line on standard error, and the exit code for failures", async () => {
  expect(await runBody(`throw new CommandFailed("why");`)).toEqual({
    stdout: "",
    stderr: "sub: why\n",
    exitCode: 5,
  });
});

test.each(["SIGINT", "SIGTERM"] as const)("%s ends a subcommand that does not handle it", async (signal) => {
  const { exitCode, stderr } = await runBody(`console.log("up"); await sleep(60_000);`, "", async (child) => {
    await readOnce(child);
    child.kill(signal);
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 5, stderr: "" });
});

test("once its reader has gone away, a subcommand ends without a message", async () => {
  const endless = `for (;;) { process.stdout.write("x".repeat(10_000) + "\\n"); await sleep(1); }`;
  expect(await runBody(endless, "", closeOutput)).toMatchObject({ stderr: "", exitCode: 5 });
});

test("once its reader has gone away, a subcommand that handles signals is asked to end", async () => {
  const body = `let isEnding = false;
    process.once("SIGTERM", () => { isEnding = true; });
    while (!isEnding) { process.stdout.write("x".repeat(10_000) + "\\n"); await sleep(1); }
    return 6;`;
  expect(await runBody(body, "handlesSignals: true,", closeOutput)).toMatchObject({
    stderr: "",
    exitCode: 6,
  });
});

test("a result that nobody reads is the exit code all the same", async () => {
  const body = `process.stdout.write("up\\n"); await new Response(Bun.stdin.stream()).text();
    process.stdout.write("result\\n"); return 7;`;
  const closeOutputThenInput = async (child: Bun.Subprocess): Promise<void> => {
    await closeOutput(child);
    if (typeof child.stdin === "object") await child.stdin.end();
  };
  expect(await runBody(body, "", closeOutputThenInput)).toMatchObject({ stderr: "", exitCode: 7 });
});

function outputOf(child: Bun.Subprocess): ReadableStream<Uint8Array> {
  if (!(child.stdout instanceof ReadableStream)) throw new Error("the output is not piped");
  return child.stdout;
}

async function readOnce(child: Bun.Subprocess): Promise<void> {
  const reader = outputOf(child).getReader();
  await reader.read();
  reader.releaseLock();
}

async function closeOutput(child: Bun.Subprocess): Promise<void> {
  const reader = outputOf(child).getReader();
  await reader.read();
  await reader.cancel();
}

/** Runs a subcommand whose standard output is on a full disk. */
async function runOnFullDisk(fields: string) {
  using folder = temporaryFolder();
  const script = join(folder.path, "command.ts");
  await Bun.write(
    script,
    `import { runSubcommand } from ${JSON.stringify(join(import.meta.dir, "run.ts"))};
     await runSubcommand({ name: "sub", exitCodes: { usage: 4, failed: 5 }, ${fields} async run() {
       for (let count = 0; count < 5; count += 1) {
         process.stdout.write("a line\\n");
         await new Promise((resolve) => setTimeout(resolve, 20));
       }
       process.stderr.write("to the end");
       return 0;
     } }, []);`,
  );
  const child = Bun.spawn(["sh", "-c", 'exec "$0" "$1" > /dev/full', process.execPath, script], {
    stderr: "pipe",
  });
  return { stderr: await new Response(child.stderr).text(), exitCode: await child.exited };
}

test("a command whose output does not fit on the disk ends with one line", async () => {
  expect(await runOnFullDisk("")).toEqual({
    stderr: "sub: there is no room left on the disk\n",
    exitCode: 5,
  });
});

test("a market whose log does not fit on the disk goes on", async () => {
  expect(await runOnFullDisk("handlesSignals: true,")).toEqual({ stderr: "to the end", exitCode: 0 });
});
