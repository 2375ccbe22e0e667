import { expect, test } from "bun:test";

import fc from "fast-check";

import { SseParser, type ServerSentEvent } from "./sse-parser.ts";

function parse(...chunks: (string | Uint8Array)[]): ServerSentEvent[] {
  const parser = new SseParser();
  const encoder = new TextEncoder();
  return chunks.flatMap((chunk) => parser.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk));
}

const event = (data: string, type = "message", id = ""): ServerSentEvent => ({ type, data, id });

test.each<[string, string, ServerSentEvent[]]>([
  ["an event with all it can have", "id: 1-2\nevent: trade\ndata: {}\n\n", [event("{}", "trade", "1-2")]],
  ["data of several lines", "data: a\ndata:b\ndata:  c\n\n", [event("a\nb\n c")]],
  ["a comment", ": beat\n\ndata: a\n: beat\n\n", [event("a")]],
  [
    "an id holds for the events after it",
    "id: 1\ndata: a\n\ndata: b\n\n",
    [event("a", undefined, "1"), event("b", undefined, "1")],
  ],
  ["a type holds for one event", "event: x\ndata: a\n\ndata: b\n\n", [event("a", "x"), event("b")]],
  ["an event without data is none", "event: x\nid: 1\n\ndata: a\n\n", [event("a", undefined, "1")]],
  ["data may be empty", "data\n\ndata:\n\n", [event(""), event("")]],
  ["an id with a NUL in it is none", "id: a\0b\ndata: a\n\n", [event("a")]],
  ["a field that nobody knows", "colour: red\ndata: a\n\n", [event("a")]],
  ["a byte order mark", "\ufeffdata: a\n\n", [event("a")]],
  ["an event that the end cuts off", "data: a\n\ndata: b\n", [event("a")]],
])("%s", (_, text, events) => {
  expect(parse(text)).toEqual(events);
});

test("the server's retry is digits, and the last one counts", () => {
  const parser = new SseParser();
  const push = (text: string) => parser.push(new TextEncoder().encode(text));
  push("retry: 500\nretry: soon\nretry: -1\n");
  expect(parser.retryMs).toBe(500);
  push("retry: 20\n");
  expect(parser.retryMs).toBe(20);
});

const value = fc.string({ unit: fc.constantFrom("a", " ", ":", "é", "€", "🦊", "{") });
const line = fc.oneof(
  value.map((text) => `data: ${text}`),
  value.map((text) => `event:${text}`),
  value.map((text) => `id: ${text}`),
  value.map((text) => `: ${text}`),
  fc.constant(""),
);

test("however lines end and wherever the bytes are split, the events are the same", () => {
  const stream = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 30 });
  const cuts = fc.array(fc.nat(400), { maxLength: 30 });
  fc.assert(
    fc.property(stream, cuts, (lines, places) => {
      // A lone CR before an empty line that ends in LF would be one CRLF.
      const endings = lines.map(([text, end], index) =>
        end === "\r" && lines[index + 1]?.[0] === "" ? `${text}\n` : text + end,
      );
      const bytes = new TextEncoder().encode(endings.join(""));
      const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length];
      const chunks = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
      const plain = lines.map(([text]) => `${text}\n`).join("");
      expect(parse(...chunks)).toEqual(parse(plain));
    }),
    { numRuns: 500 },
  );
});
