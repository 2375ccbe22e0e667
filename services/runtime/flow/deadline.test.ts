import { expect, test } from "bun:test";

import { withDeadline } from "./deadline.ts";

const untilAborted = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve("aborted");
    signal.addEventListener("abort", () => resolve("aborted"));
  });

test("a call that takes longer is aborted at its time", async () => {
  const started = performance.now();
  expect(await withDeadline(20, undefined, untilAborted)).toBe("aborted");
  expect(performance.now() - started).toBeGreaterThanOrEqual(18);
});

test("a call is aborted with what it is part of, also when that was aborted before", async () => {
  const whole = new AbortController();
  const call = withDeadline(60_000, whole.signal, untilAborted);
  whole.abort();
  expect(await call).toBe("aborted");
  expect(await withDeadline(60_000, whole.signal, untilAborted)).toBe("aborted");
});

test("a call that came to its end is not aborted any more", async () => {
  const whole = new AbortController();
  let kept: AbortSignal | undefined;
  const answer = await withDeadline(20, whole.signal, async (signal) => {
    kept = signal;
    return "answer";
  });
  whole.abort();
  await Bun.sleep(40);
  expect([answer, kept?.aborted]).toEqual(["answer", false]);
});
