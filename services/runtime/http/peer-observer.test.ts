import { expect, test } from "bun:test";

import { keptLog } from "../../../testing/kept-log.ts";
import { systemClock } from "../flow/clock.ts";
import { peerLog, type CallFailure, type EndedCall } from "./peer-observer.ts";

/** A log of calls at a time that the test sets. */
function observed() {
  const time = { nowMs: 0 };
  const { log, lines } = keptLog();
  log.level = "debug";
  const observe = peerLog(log, { ...systemClock, now: () => time.nowMs });
  const ended = (peer: string, failure: EndedCall["failure"]) =>
    observe({ peer, call: "decide", durationMs: 12.6, reply: { ok: false, arrived: "maybe" }, failure });
  return {
    time,
    fails: (kind: CallFailure = "lost", peer = "catalog") => ended(peer, { kind, cause: new Error("cut") }),
    succeeds: (peer = "catalog") => ended(peer, undefined),
    lines: () => lines.map((line) => JSON.parse(line)),
    levels: () => lines.map((line) => (JSON.parse(line).level === 40 ? "warn" : "debug")),
  };
}

test("a lost call is logged with its peer, its name, its time and its cause", () => {
  const calls = observed();
  calls.fails();
  expect(calls.lines()).toMatchObject([
    {
      level: 40,
      peer: "catalog",
      call: "decide",
      ms: 13,
      err: { message: "cut" },
      msg: "a call to a service was lost",
    },
  ]);
});

test("one line for each peer and kind of failure, until the peer answers again", () => {
  const calls = observed();
  for (let index = 0; index < 3; index += 1) calls.fails("lost");
  calls.fails("refused");
  calls.fails("lost", "order");
  expect(calls.levels()).toEqual(["warn", "debug", "debug", "warn", "warn"]);
  calls.time.nowMs = 5_000;
  calls.succeeds("order");
  calls.fails("lost");
  calls.fails("lost", "order");
  expect(calls.levels().slice(5)).toEqual(["debug", "warn"]);
});

test("failures between answers are at most one line a second", () => {
  const calls = observed();
  for (; calls.time.nowMs < 3_000; calls.time.nowMs += 10) {
    calls.succeeds();
    calls.fails();
  }
  expect(calls.levels().filter((level) => level === "warn").length).toBe(3);
});

test("calls that are answered leave no line", () => {
  const calls = observed();
  for (let index = 0; index < 10; index += 1) calls.succeeds();
  expect(calls.lines()).toEqual([]);
});
