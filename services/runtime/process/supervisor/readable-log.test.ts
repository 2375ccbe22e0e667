import { expect, test } from "bun:test";

import { createLineFormatter } from "./readable-log.ts";

const format = createLineFormatter(["catalog", "order"], false);

test("a JSON line becomes one line for people", () => {
  const line =
    '{"level":30,"time":1795382038318,"service":"catalog","msg":"ready","url":"http://127.0.0.1:8081"}';
  expect(format("catalog", line)).toMatch(
    /^catalog {4}│ \[\d\d:\d\d:58\.318\] INFO: ready \{"url":"http:\/\/127\.0\.0\.1:8081"\}\n$/,
  );
});

test("every line of an error's stack says whose it is", () => {
  const err = { type: "Error", message: "no room", stack: "Error: no room\n    at write" };
  const lines = format("order", JSON.stringify({ level: 60, time: 0, msg: "crashed", err }))
    .trimEnd()
    .split("\n");
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(line).toStartWith("order      │ ");
});

test.each(["Segmentation fault", "", "  indented", '{"level":30, cut', "42", '{"a":1}'])(
  "%p is no log line and stays as it is",
  (text) => {
    expect(format("order", text)).toBe(`order      │ ${text}\n`);
  },
);

test("each service has its own colour, and without colours there is no escape code", () => {
  const coloured = createLineFormatter(["catalog", "order"], true);
  const colourOf = (name: string) => coloured(name, "x").split(name)[0];
  expect(colourOf("catalog")).toStartWith("\u001b[");
  expect(colourOf("order")).toStartWith("\u001b[");
  expect(colourOf("catalog")).not.toBe(colourOf("order"));
  expect(format("catalog", '{"level":30,"msg":"x"}')).not.toContain("\u001b");
});
