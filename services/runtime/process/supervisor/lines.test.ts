import { expect, test } from "bun:test";

import { linesOf } from "./lines.ts";

const bytes = new TextEncoder().encode("one\n\ntwo € three\nthe end");

test.each([1, 2, 3, bytes.length])("no line and no character is lost in chunks of %p bytes", async (size) => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
  expect(await Array.fromAsync(linesOf(stream))).toEqual(["one", "", "two € three", "the end"]);
});
