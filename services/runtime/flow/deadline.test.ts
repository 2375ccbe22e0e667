import { expect, test } from "bun:test";

import { FakeClock } from "../../../testing/fake-clock.ts";
import { withDeadline } from "./deadline.ts";

const untilAborted = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve("aborted");
    signal.addEventListener("abort", () => resolve("aborted"));
  });

test("a call that takes longer is aborted at its deadline, not before", async () => {
  const clock = new FakeClock();
  let result: string | undefined;
  void withDeadline(20, undefined, untilAborted, clock).then((value) => (result = value));
  await clock.advance(19);
  expect(result).toBeUndefined();
  await clock.advance(1);
  expect(result).toBe("aborted");
});

test("a call is aborted with the larger one that it belongs to, also when that was aborted before", async () => {
  const larger = new AbortController();
  const call = withDeadline(60_000, larger.signal, untilAborted, new FakeClock());
  larger.abort();
  expect(await call).toBe("aborted");
  expect(await withDeadline(60_000, larger.signal, untilAborted, new FakeClock())).toBe("aborted");
});

test("a call that has ended is not aborted any more", async () => {
  const clock = new FakeClock();
  const larger = new AbortController();
  let kept: AbortSignal | undefined;
  const call = withDeadline(
    20,
    larger.signal,
    async (signal) => {
      kept = signal;
      return "answer";
    },
    clock,
  );
  expect(await call).toBe("answer");
  larger.abort();
  await clock.advance(40);
  expect(kept?.aborted).toBe(false);
});
