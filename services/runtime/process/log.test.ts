import { expect, test } from "bun:test";
import { join } from "node:path";

import { LogOutput } from "./log.ts";

/** A file that can fail: `room` is how many bytes go into it, `code` the error when there is no room. */
function fakeFile() {
  const file = { text: "", room: Infinity, code: "ENOSPC", calls: 0 };
  const output = new LogOutput((bytes) => {
    file.calls += 1;
    if (file.room <= 0) throw Object.assign(new Error(file.code), { code: file.code });
    const part = bytes.subarray(0, Math.min(file.room, bytes.length));
    file.room -= part.length;
    file.text += Buffer.from(part).toString();
    return part.length;
  });
  return { file, output };
}

const linesOf = (text: string): unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => (line.startsWith("{") ? (JSON.parse(line) as unknown) : line));

test.each(["ENOSPC", "EPIPE", "EIO", "EBADF"])(
  "lines that fail with %s are lost and counted, and later ones are written",
  (code) => {
    const { file, output } = fakeFile();
    output.write("one\n");
    Object.assign(file, { room: 0, code });
    output.write("two\n");
    output.write("three\n");
    file.room = Infinity;
    output.write("four\n");
    output.write("five\n");
    const lost = { level: 40, time: expect.any(Number), lost: 2, msg: "log lines could not be written" };
    expect(linesOf(file.text)).toEqual(["one", lost, "four", "five"]);
  },
);

test("a line that was written in part does not spoil the next one", () => {
  const { file, output } = fakeFile();
  file.room = 2;
  output.write("first\n");
  file.room = Infinity;
  output.write("second\n");
  expect(linesOf(file.text)).toEqual(["fi", expect.objectContaining({ lost: 1 }), "second"]);
});

test("a line that is written in parts is whole", () => {
  const parts: string[] = [];
  const output = new LogOutput((bytes) => {
    parts.push(Buffer.from(bytes.subarray(0, 3)).toString());
    return Math.min(3, bytes.length);
  });
  output.write("one line\n");
  expect(parts.join("")).toBe("one line\n");
});

test("a pipe that is full for a moment is waited for, and one that stays full loses the line", () => {
  const { file, output } = fakeFile();
  Object.assign(file, { room: 0, code: "EAGAIN" });
  output.write("lost\n");
  expect(file.calls).toBeGreaterThan(10);
  file.room = Infinity;
  output.write("next\n");
  expect(linesOf(file.text)).toEqual([expect.objectContaining({ lost: 1 }), "next"]);
});

/** A service that logs to what `redirection` gives it, and answers whether it lived to the end. */
async function runWith(redirection: string) {
  const file = (name: string) => JSON.stringify(join(import.meta.dir, name));
  const source = `
    import { runService } from ${file("lifecycle.ts")};
    setInterval(() => {}, 1_000);
    await runService({ name: "fixture", refusals: [], async start(env, log) {
      setTimeout(() => { for (let count = 0; count < 100; count += 1) log.info("line"); }, 50);
      setTimeout(() => process.kill(process.pid, "SIGTERM"), 150);
      return { url: "http://localhost:1", async stop() { process.stderr.write("stopped"); } };
    } });`;
  const child = Bun.spawn(["sh", "-c", `exec "$0" -e "$1" ${redirection}`, process.execPath, source], {
    env: { ...process.env, BOURSE_LOG_LEVEL: "info" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const stderr = await new Response(child.stderr).text();
  return { code: await child.exited, stderr };
}

test.each([">/dev/full", ">&-"])(
  "a service whose log is %s runs, and stops when it is asked to",
  async (log) => {
    expect(await runWith(log)).toEqual({ code: 0, stderr: "stopped" });
  },
);
