import { expect, test } from "bun:test";
import type { WriteStream } from "node:tty";

import { systemClock } from "../services/runtime/flow/clock.ts";
import { startProgress } from "./progress.ts";

/** A stream that keeps what is written; with `isTTY` it is a terminal of 80 columns for cli-progress. */
function keptStream(isTTY: boolean) {
  const written: string[] = [];
  const stream = {
    isTTY,
    columns: 80,
    write: (text: string) => written.push(text) > 0,
    on: () => stream,
    removeListener: () => stream,
  } as unknown as WriteStream;
  return { stream, text: () => written.join("") };
}

function linesAt(times: readonly number[], showsLines: boolean): string {
  let nowMs = 0;
  const clock = { ...systemClock, now: () => nowMs };
  const { stream, text } = keptStream(false);
  const progress = startProgress("audit", { showsLines, stream, out: stream, clock });
  for (const time of times) {
    nowMs = time;
    progress.update(time / 20_000, `second ${time / 1_000}`);
  }
  progress.stop();
  return text();
}

test("without a terminal there is a line every 5 seconds, and none for a short run", () => {
  expect(linesAt([0, 4_999], true)).toBe("");
  expect(linesAt([0, 4_999, 5_000, 9_000, 11_000, 30_000], true)).toBe(
    "audit: 25 %, second 5\naudit: 55 %, second 11\naudit: 100 %, second 30\n",
  );
});

test("without a terminal there is no line where the command prints its progress itself", () => {
  expect(linesAt([0, 5_000, 30_000], false)).toBe("");
});

test("on a terminal there is a bar, lines are printed above it, and stop removes it", () => {
  const { stream, text } = keptStream(true);
  const progress = startProgress("audit", { stream, out: stream });
  progress.update(0.5, "half of it");
  progress.print("a line");
  progress.stop();
  expect(text()).toContain("a line\n");
  expect(text()).toMatch(/audit =+-+ 50 % {2}half of it/);
  const [erasesLine, wrapsLines] = ["\u001b[0J", "\u001b[?7h"];
  expect(text()).toEndWith(`${wrapsLines}\u001b[1G${erasesLine}`);
});

test("lines go to standard output where that is no terminal", () => {
  const [terminal, file] = [keptStream(true), keptStream(false)];
  const progress = startProgress("audit", { stream: terminal.stream, out: file.stream });
  progress.print("a line");
  progress.stop();
  expect(file.text()).toBe("a line\n");
  expect(terminal.text()).not.toContain("a line");
});
