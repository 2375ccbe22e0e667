import { expect, test } from "bun:test";

import { DutyCycle } from "./paging.ts";

test("an audit that never rests can be ended between two pages all the same", async () => {
  const stop = new AbortController();
  const pacer = new DutyCycle(0, stop.signal);
  setTimeout(() => stop.abort(new Error("ended")), 1);
  const pages = async (): Promise<void> => {
    const deadline = performance.now() + 2_000;
    while (performance.now() < deadline) await pacer.rest();
  };
  expect(await pages().catch(String)).toBe("Error: ended");
});
