import { expect, test } from "bun:test";
import { join } from "node:path";

import { temporaryFolder } from "../../../../testing/temporary-folder.ts";
import { until } from "../../../../testing/until.ts";

test("dev shows readable logs, says what to try once the frontend is ready, reloads on a change, ends with 0", async () => {
  using folder = temporaryFolder();
  const write = (file: string, source: string) => Bun.write(join(folder.path, file), source);
  await write("version.ts", `export const version = "first";`);
  await write(
    "frontend.ts",
    `import { version } from "./version.ts";
     const readyAtMs = Date.now() + 300;
     const server = Bun.serve({
       port: 0,
       hostname: "127.0.0.1",
       fetch: () => new Response(version, { status: Date.now() < readyAtMs ? 503 : 200 }),
     });
     const say = (fields) => console.log(JSON.stringify({ level: 30, time: Date.now(), ...fields }));
     say({ service: "frontend", msg: "ready", url: server.url.origin });
     say({ service: "frontend", msg: "loaded " + version });
     console.log("process " + process.pid);`,
  );
  const frontend = {
    name: "frontend",
    command: [
      process.execPath,
      "--no-orphans",
      "--watch",
      "--no-clear-screen",
      join(folder.path, "frontend.ts"),
    ],
  };
  await write(
    "dev.ts",
    `import { runDev } from ${JSON.stringify(join(import.meta.dir, "dev-all.ts"))};
     process.exitCode = await runDev([${JSON.stringify(frontend)}]);`,
  );
  const dev = Bun.spawn([process.execPath, "--no-orphans", join(folder.path, "dev.ts")], {
    stdout: "pipe",
    stderr: "inherit",
  });

  let output = "";
  const read = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of dev.stdout) output += decoder.decode(chunk, { stream: true });
  })();
  const untilSeen = (text: string): Promise<void> => until(() => output.includes(text), 30_000, text);

  await untilSeen("Ctrl-C ends all");
  expect(output).toMatch(/^frontend {3}│ \[[\d:.]+\] INFO: loaded first$/m);
  const url = /look up a stock +curl (http:\/\/127\.0\.0\.1:\d+)\/stocks\/GameStart/.exec(output)?.[1];
  expect(await (await fetch(url!)).text()).toBe("first");

  await write("version.ts", `export const version = "second";`);
  await untilSeen("INFO: loaded second");
  expect(await fetch(url!).catch(() => "gone")).toBe("gone");
  expect(new Set(output.match(/process \d+/g)).size).toBe(1);

  dev.kill("SIGTERM");
  await read;
  expect(await dev.exited).toBe(0);
  expect(output.match(/Ctrl-C ends all/g)).toHaveLength(1);
  expect(output).not.toContain("\u001b");
});
