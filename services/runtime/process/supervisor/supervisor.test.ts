import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";

import { temporaryFolder } from "../../../../testing/temporary-folder.ts";
import { until } from "../../../../testing/until.ts";
import { type ManagedProcess, superviseAll } from "./supervisor.ts";

let scripts: ReturnType<typeof temporaryFolder>;
const names = ["catalog", "order", "frontend"];

// Every process of a test holds a connection to this server while it lives, so that none can hide.
const living = new Map<Bun.Socket, string>();
const rollCall = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    data: (socket, name) => void living.set(socket, String(name)),
    close: (socket) => void living.delete(socket),
  },
});
const present = (): string[] => [...living.values()].toSorted();

beforeAll(async () => {
  scripts = temporaryFolder();
  await write(
    "present.ts",
    `export const name = process.argv[2];
     await Bun.connect({ hostname: "127.0.0.1", port: ${rollCall.port}, socket: {
       open: (socket) => void socket.write(name),
       data() {},
       close: () => process.exit(), // a failed test leaves nothing either
     } });
     setInterval(() => {}, 1_000);`,
  );
  await write(
    "serves.ts",
    `import { name } from "./present.ts";
     for (const signal of ["SIGTERM", "SIGINT"])
       process.on(signal, () => { console.log(name + " got " + signal); setTimeout(() => process.exit(0), 50); });
     console.log(name + " up");`,
  );
  await write(
    "stubborn.ts",
    `import { name } from "./present.ts";
     process.on("SIGTERM", () => console.log(name + " does not care"));
     console.log(name + " up");`,
  );
  await write(
    "supervise.ts",
    `import { superviseAll } from ${JSON.stringify(join(import.meta.dir, "supervisor.ts"))};
     process.exitCode = await superviseAll({
       ...JSON.parse(process.argv[2]),
       onLine: (_name, text) => process.stdout.write(text + "\\n"),
       restart: "crashes",
     });`,
  );
});

afterAll(() => {
  rollCall.stop(true);
  scripts[Symbol.dispose]();
});

const write = (file: string, source: string): Promise<number> => Bun.write(join(scripts.path, file), source);

const bun = (name: string, file: string, ...flags: string[]): ManagedProcess => ({
  name,
  command: [process.execPath, "--no-orphans", ...flags, join(scripts.path, file), name],
});

/** Runs the processes under a supervisor in this process; resolves to its exit code and all lines. */
async function supervise(
  processes: ManagedProcess[],
  restart: "crashes" | "never" = "crashes",
  more: { refusedRestarts?: number; onLine?: (text: string) => void } = {},
) {
  const lines: string[] = [];
  const onLine = (_name: string, text: string): void => {
    lines.push(text);
    more.onLine?.(text);
  };
  const exitCode = await superviseAll({ processes, restart, ...more, onLine });
  return { exitCode, lines };
}

/** Starts a supervisor as a process, leader of its own group as under a terminal, once all its children are up. */
async function spawnSupervisor(processes: ManagedProcess[], graceMs = 12_000, prefix: string[] = []) {
  const supervisor = Bun.spawn(
    [...prefix, process.execPath, join(scripts.path, "supervise.ts"), JSON.stringify({ processes, graceMs })],
    { detached: true, stdout: "pipe", stderr: "inherit" },
  );
  await until(() => living.size === processes.length);
  await Bun.sleep(50); // a signal handler is set right after the roll call
  return supervisor;
}

test.each([
  ["exits with 70", "process.exit(70)"],
  ["exits with an unknown code", "process.exit(9)"],
  ["is killed", "process.kill(process.pid, 'SIGKILL')"],
])("a process that %s comes back", async (_what, crash) => {
  const trace = JSON.stringify(join(scripts.path, `${crypto.randomUUID()}.trace`));
  await write(
    "crashes-once.ts",
    `import { existsSync, writeFileSync } from "node:fs";
     if (existsSync(${trace})) console.log("back");
     else { writeFileSync(${trace}, ""); ${crash}; }`,
  );
  const { exitCode, lines } = await supervise([bun("order", "crashes-once.ts")]);
  expect(lines).toContain("back");
  expect(exitCode).toBe(0);
});

test("a process that refuses to start is not started again and ends the market with 1", async () => {
  await write(
    "ends.ts",
    `import "./present.ts";
     console.log("started");
     setTimeout(() => process.exit(1), 400);`,
  );
  const { exitCode, lines } = await supervise([
    bun("catalog", "serves.ts"),
    bun("order", "ends.ts"),
    bun("frontend", "serves.ts"),
  ]);
  expect(exitCode).toBe(1);
  expect(lines.filter((line) => line === "started")).toHaveLength(1);
  expect(lines.filter((line) => line.includes("order refused (exit code 1)"))).toHaveLength(1);
  expect(lines.filter((line) => line.includes(" got "))).toEqual([
    "frontend got SIGTERM",
    "catalog got SIGTERM",
  ]);
  await until(() => living.size === 0);
});

/** A process that crashes at its first start, and then ends with each of these exit codes in turn. */
async function crashesThen(...exitCodes: number[]): Promise<ManagedProcess> {
  const trace = JSON.stringify(join(scripts.path, `${crypto.randomUUID()}.trace`));
  await write(
    "crashes-then.ts",
    `import { appendFileSync, readFileSync } from "node:fs";
     appendFileSync(${trace}, "x");
     const starts = readFileSync(${trace}, "utf8").length;
     console.log("start " + starts);
     process.exit([70, ...${JSON.stringify(exitCodes)}][starts - 1] ?? 0);`,
  );
  return bun("order", "crashes-then.ts");
}

const startsIn = (lines: readonly string[]) => lines.filter((line) => line.startsWith("start ")).length;

test("a process that refuses for a moment after a crash is tried again, with a line each time", async () => {
  const { exitCode, lines } = await supervise([await crashesThen(1, 1, 0)]);
  expect([exitCode, startsIn(lines)]).toEqual([0, 4]);
  const refused = lines.filter((line) =>
    line.includes("order refused to start again (exit code 1), starting"),
  );
  expect(refused).toHaveLength(2);
});

test("a process that goes on refusing after a crash ends the market with 1", async () => {
  const { exitCode, lines } = await supervise([await crashesThen(1, 1, 1, 0)], "crashes", {
    refusedRestarts: 2,
  });
  expect([exitCode, startsIn(lines)]).toEqual([1, 4]);
  expect(lines.at(-1)).toContain("order refused (exit code 1) and is not started again");
});

test("each crash gives a process all its tries again", async () => {
  const { exitCode, lines } = await supervise([await crashesThen(1, 70, 1, 0)], "crashes", {
    refusedRestarts: 1,
  });
  expect([exitCode, startsIn(lines)]).toEqual([0, 5]);
});

test("a port that another process has for a moment during the restart pause does not end the market", async () => {
  const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = taken;
  await taken.stop(true);
  const listenFile = JSON.stringify(join(import.meta.dir, "../../http/listen.ts"));
  const lifecycleFile = JSON.stringify(join(import.meta.dir, "../lifecycle.ts"));
  await write(
    "listens.ts",
    `import { Elysia } from ${JSON.stringify(Bun.resolveSync("elysia", import.meta.dir))};
     import { listen } from ${listenFile};
     import { runService } from ${lifecycleFile};
     const app = new Elysia().get("/crash", () => process.exit(70)).get("/end", () => process.exit(0));
     await runService({ name: "fixture", refusals: [], async start() {
       return { url: listen(app, { host: "127.0.0.1", port: ${port} }, 1_000), async stop() {} };
     } });`,
  );
  const url = `http://127.0.0.1:${port}`;
  let other: ReturnType<typeof Bun.serve> | undefined;
  const onLine = (text: string): void => {
    if (text.includes('"ready"')) void fetch(other ? `${url}/end` : `${url}/crash`).catch(() => undefined);
    if (text.includes("order crashed"))
      other = Bun.serve({ hostname: "127.0.0.1", port: port!, fetch: () => new Response() });
    if (text.includes("order refused to start again")) void other?.stop(true);
  };
  const { exitCode, lines } = await supervise([bun("order", "listens.ts")], "crashes", { onLine });
  expect(exitCode).toBe(0);
  expect(lines).toContain(`fixture: port ${port} on 127.0.0.1 is taken by another process`);
}, 20_000);

test("with restart 'never' a crash ends the market with 1", async () => {
  await write("crashes.ts", "process.exit(70)");
  const { exitCode } = await supervise([bun("catalog", "serves.ts"), bun("order", "crashes.ts")], "never");
  expect(exitCode).toBe(1);
  await until(() => living.size === 0);
});

test("a command that cannot be started leaves none of the others behind", async () => {
  const processes = [
    bun("catalog", "serves.ts"),
    { name: "order", command: [join(scripts.path, "nothing-here")] },
  ];
  const failure = await supervise(processes).catch((error: unknown) => error);
  expect(String(failure)).toContain("nothing-here");
  await Bun.sleep(200); // as long as a process that was left would take to report
  expect(present()).toEqual([]);
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "%s to the whole group, twice as a runner does, ends all with 0, the frontend first",
  async (signal) => {
    const supervisor = await spawnSupervisor(names.map((name) => bun(name, "serves.ts")));
    process.kill(-supervisor.pid, signal);
    await Bun.sleep(20);
    supervisor.kill(signal);
    const output = await new Response(supervisor.stdout).text();
    expect(await supervisor.exited).toBe(0);
    expect(output.match(/\w+ got \w+/g)).toEqual([
      "frontend got SIGTERM",
      "order got SIGTERM",
      "catalog got SIGTERM",
    ]);
    await until(() => living.size === 0);
  },
);

test("a SIGHUP that was ignored at the start stays ignored, by the processes too", async () => {
  const ignoringHangup = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"'];
  const processes = names.map((name) => bun(name, "serves.ts"));
  const supervisor = await spawnSupervisor(processes, undefined, ignoringHangup);
  process.kill(-supervisor.pid, "SIGHUP");
  await Bun.sleep(200);
  expect([present(), supervisor.exitCode]).toEqual([names.toSorted(), null]);
  supervisor.kill("SIGTERM");
  expect(await supervisor.exited).toBe(0);
  await until(() => living.size === 0);
});

test("a process that ignores SIGTERM is killed after the grace", async () => {
  const supervisor = await spawnSupervisor([bun("catalog", "serves.ts"), bun("order", "stubborn.ts")], 600);
  supervisor.kill("SIGTERM");
  const output = await new Response(supervisor.stdout).text();
  expect(await supervisor.exited).toBe(0);
  expect(output).toContain("order does not care");
  expect(output).toContain("catalog got SIGTERM");
  expect(output).toContain("order did not end by itself, killing it");
  await until(() => living.size === 0);
});

test("a second Ctrl-C kills at once", async () => {
  const supervisor = await spawnSupervisor([bun("order", "stubborn.ts")]);
  supervisor.kill("SIGINT");
  await Bun.sleep(600);
  expect(present()).toEqual(["order"]);
  supervisor.kill("SIGINT");
  expect(await supervisor.exited).toBe(0);
  await until(() => living.size === 0);
});

test.each([[[]], [["--watch", "--no-clear-screen"]]])(
  "a supervisor that is killed leaves no process (bun flags %p)",
  async (flags) => {
    const supervisor = await spawnSupervisor(names.map((name) => bun(name, "stubborn.ts", ...flags)));
    expect(present()).toEqual(names.toSorted());
    supervisor.kill("SIGKILL");
    await until(() => living.size === 0);
  },
);

test("the last line of a process is passed on, with or without a line end", async () => {
  await write("no-line-end.ts", `process.stdout.write("one\\ntwo"); process.stderr.write("three");`);
  const { lines } = await supervise([bun("order", "no-line-end.ts")]);
  expect(lines).toEqual(expect.arrayContaining(["one", "two", "three"]));
});
