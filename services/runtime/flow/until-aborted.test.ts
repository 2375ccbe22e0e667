import { expect, test } from "bun:test";

import { ok, type Reply } from "../../contract/reply.ts";
import { untilAborted } from "./until-aborted.ts";

const never = new Promise<Reply<number>>(() => undefined);
const lost = { ok: false, arrived: "maybe" } as const;

test("a reply that comes first is the result, with and without a signal", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve(ok(7)), signal)).toEqual(ok(7));
  expect(await untilAborted(Promise.resolve(ok(7)), undefined)).toEqual(ok(7));
});

test("a signal that fires first ends the wait, and nothing is known", async () => {
  const abort = new AbortController();
  const waiting = untilAborted(never, abort.signal);
  abort.abort();
  expect(await waiting).toEqual(lost);
  expect(await untilAborted(never, abort.signal)).toEqual(lost);
});

test("a call that rejects rejects", async () => {
  const failing = Promise.reject(new Error("crashed"));
  const { signal } = new AbortController();
  expect(await untilAborted(failing, signal).catch((error: Error) => error.message)).toBe("crashed");
});
