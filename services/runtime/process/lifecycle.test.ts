import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "../../../testing/temporary-folder.ts";

const file = (name: string) => JSON.stringify(join(import.meta.dir, name));

/** A service of one line: what its `start` does. */
function startService(
  folder: string,
  start: string,
  variables: Record<string, string> = {},
  prefix: string[] = [],
) {
  const path = join(folder, "service.ts");
  writeFileSync(
    path,
    `import { runService } from ${file("lifecycle.ts")};
import { StartRefused } from ${file("start-refused.ts")};
class Mendable extends Error {}
setInterval(() => {}, 1_000);
await runService({ name: "fixture", refusals: [Mendable], async start(env, log) { ${start} } });`,
  );
  return Bun.spawn([...prefix, process.execPath, path], {
    env: { ...process.env, BOURSE_LOG_LEVEL: "info", ...variables },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function endOf(child: ReturnType<typeof startService>) {
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  return { code: await child.exited, stdout, stderr };
}

function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

async function saysReady(child: ReturnType<typeof startService>): Promise<void> {
  for await (const chunk of child.stdout) if (Buffer.from(chunk).includes('"msg":"ready"')) return;
}

const running = 'return { url: "http://localhost:1", async stop() {} };';

const mendable: [what: string, start: string][] = [
  ["a refusal to start", 'throw new StartRefused("port 1 is taken");'],
  ["a class of errors that the service calls a refusal", 'throw new Mendable("port 1 is taken");'],
];

test.each(mendable)("%s is one line on stderr, and exit 1", async (_what, start) => {
  using folder = temporaryFolder();
  expect(await endOf(startService(folder.path, start))).toEqual({
    code: 1,
    stdout: "",
    stderr: "fixture: port 1 is taken\n",
  });
});

test("a wrong variable is one line on stderr, and exit 1", async () => {
  using folder = temporaryFolder();
  const { code, stderr } = await endOf(startService(folder.path, running, { ORDER_PORT: "x" }));
  expect(code).toBe(1);
  expect(stderr).toBe("fixture: ORDER_PORT must be an integer from 0 to 65535\n");
});

const crashes: [what: string, start: string][] = [
  ["an unexpected throw at start", 'throw new TypeError("oh\\nno");'],
  ["an exception later", `setTimeout(() => { throw new Error("oh\\nno"); }, 1); ${running}`],
  ["a rejection that nobody handles", `void Promise.reject(new Error("oh\\nno")); ${running}`],
];

test.each(crashes)("%s is logged in one line, and exits 70", async (_what, start) => {
  using folder = temporaryFolder();
  const { code, stdout } = await endOf(startService(folder.path, start));
  expect(code).toBe(70);
  const last = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  expect(last).toMatchObject({ service: "fixture", msg: "crashed", err: { message: "oh\nno" } });
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "%s lets the service stop, and exits 0",
  async (signal) => {
    using folder = temporaryFolder();
    const ended = join(folder.path, "ended");
    const stop = `async stop() { await Bun.sleep(30); await Bun.write(${JSON.stringify(ended)}, "yes"); }`;
    const child = startService(folder.path, `return { url: "http://localhost:1", ${stop} };`);
    await saysReady(child);
    child.kill(signal);
    expect(await child.exited).toBe(0);
    expect(await Bun.file(ended).text()).toBe("yes");
  },
);

/** Runs the command that follows with SIGHUP ignored, as `nohup` does. */
const ignoringHangup = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"'];

test("a SIGHUP that was ignored at the start stays ignored", async () => {
  using folder = temporaryFolder();
  const child = startService(folder.path, running, {}, ignoringHangup);
  await saysReady(child);
  child.kill("SIGHUP");
  await Bun.sleep(200);
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});
