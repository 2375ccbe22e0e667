import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

import { until } from "../../../testing/until.ts";
import { DescriptorWatch } from "./descriptor-watch.ts";

function watched(limit: number | undefined) {
  const seen = { free: 10 as number | undefined, closed: 0, lines: [] as string[] };
  const watch = new DescriptorWatch({
    log: { warn: (_fields: unknown, line?: string) => void seen.lines.push(String(line)) },
    closeIdle: () => (seen.closed += 1),
    lowestFree: () => seen.free,
    limit,
  });
  return { seen, watch };
}

test.each([
  ["none is left", 1_024, undefined],
  ["none is left, of an unknown number", undefined, undefined],
  ["few are left", 1_024, 1_008],
])("when %s it is logged once, and idle connections are closed each time", (_what, limit, free) => {
  const { seen, watch } = watched(limit);
  watch.check();
  expect(seen).toMatchObject({ closed: 0, lines: [] });
  seen.free = free;
  for (let count = 0; count < 5; count += 1) watch.check();
  seen.free = 10;
  watch.check();
  seen.free = free;
  watch.check();
  expect(seen.closed).toBe(6);
  expect(seen.lines).toEqual([expect.stringContaining("too few file descriptors")]);
});

test("a shortage after a calm minute is logged again", () => {
  const { seen, watch } = watched(64);
  for (const free of [undefined, ...Array.from({ length: 60 }, () => 10), undefined]) {
    seen.free = free;
    watch.check();
  }
  expect(seen.lines).toHaveLength(2);
});

test.each([
  ["a number of descriptors that is large enough", 64, 47],
  ["an unknown number", undefined, 1_000_000],
])("with %s nothing is closed", (_what, limit, free) => {
  const { seen, watch } = watched(limit);
  seen.free = free;
  watch.check();
  expect(seen).toMatchObject({ closed: 0, lines: [] });
});

test("a frontend with 64 descriptors and 120 clients that keep idle connections logs one line, and serves others", async () => {
  const main = join(import.meta.dir, "../../frontend/main.ts");
  const frontend = Bun.spawn(["sh", "-c", 'ulimit -n 64; exec "$0" "$1"', process.execPath, main], {
    env: { ...process.env, FRONTEND_PORT: "0", CATALOG_PORT: "1", ORDER_PORT: "1", BOURSE_LOG_LEVEL: "info" },
    stdout: "pipe",
    stderr: "inherit",
  });
  let output = "";
  void (async () => {
    for await (const chunk of frontend.stdout) output += Buffer.from(chunk).toString();
  })();
  const sockets: Socket[] = [];
  try {
    await until(() => output.includes('"ready"'), 20_000);
    const port = Number(/"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(output)?.[1]);
    for (let count = 0; count < 120; count += 1) {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      sockets.push(socket);
    }
    await until(() => output.includes("too few file descriptors"), 10_000);
    // Sooner than idle connections end by themselves.
    const signal = AbortSignal.timeout(8_000);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`, { signal })).status).toBe(200);
    await Bun.sleep(2_500);
    expect(output.match(/too few file descriptors/g)).toHaveLength(1);
  } finally {
    for (const socket of sockets) socket.destroy();
    frontend.kill("SIGKILL");
    await frontend.exited;
  }
}, 60_000);
