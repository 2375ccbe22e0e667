import { expect, test } from "bun:test";

import { keptLog } from "../../../testing/kept-log.ts";
import { orderLike } from "../../contract/order.fixture.ts";
import { failedOrderLog, failedOrderOf } from "./failed-order.ts";

test("a failed order is one line, with the stack of its error and without its key", () => {
  const { log, lines } = keptLog();
  const order = orderLike({ request_id: "r1", client: "alice", key: "secret-key" });
  const failed = structuredClone(failedOrderOf(new TypeError("no such column"), order));
  failedOrderLog(log)(failed);
  expect(lines.length).toBe(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: 50,
    request_id: "r1",
    client: "alice",
    err: {
      type: "TypeError",
      message: "no such column",
      stack: expect.stringContaining("failed-order.test.ts"),
    },
    msg: "an order could not be decided",
  });
  expect(lines[0]).not.toContain("secret-key");
});

test("a thrown value that is no error is its text", () => {
  expect(failedOrderOf("broken", orderLike()).error).toMatchObject({ name: "Error", message: "broken" });
});
