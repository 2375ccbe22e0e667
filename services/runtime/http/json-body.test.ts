import { expect, test } from "bun:test";
import fc from "fast-check";

import { HttpFailure } from "./http-failure.ts";
import { parseWithoutDuplicateKeys, strictJson } from "./json-body.ts";

/** The value, or the reason for which it is refused. */
async function outcome(read: () => unknown): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof HttpFailure) return error.reason;
    throw error;
  }
}

const post = (
  body: BodyInit | undefined,
  headers: Record<string, string> = { "content-type": "application/json" },
) => new Request("http://localhost/", { method: "POST", headers, ...(body !== undefined && { body }) });

const read = (body: BodyInit | undefined, headers?: Record<string, string>, maxBytes = 4_096) =>
  outcome(() => strictJson(maxBytes)({ request: post(body, headers) }));

const twice = [
  '{"a":1,"a":1}',
  '{"a":1,"b":2,"a":3}',
  '[{"a":1},{"b":{"c":[{"d":1,"d":2}]}}]',
  '{"a":{"a":{"a":1,"a":1}}}',
  String.raw`{"name":"A","na\u006de":"B"}`,
  String.raw`{"\u0061":1,"a":1}`,
  String.raw`{"\"":1,"\u0022":2}`,
  String.raw`{"\\":1,"\u005c":2}`,
  '{"":1,"":2}',
  '{"__proto__":1,"__proto__":2}',
  '{ "a" : 1 , "a" : 2 }',
  '{"a:":1,"a:":":"}',
];

test.each(twice)("a key twice in one object is refused: %s", async (json) => {
  expect(await read(json)).toBe("invalid_request");
});

const once = [
  '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}',
  '{"a":"b:c,\\"d\\":1"}',
  String.raw`{"a\"b":1,"a":"\\","c":":"}`,
  String.raw`{"a":"\\\":"}`,
  '{"a":"{\\"a\\":1}","b:":"::"}',
  '{"A":1,"a":1}',
  '["a:a","a:a"]',
  '":"',
  "[]",
  "null",
  "1",
  '{"__proto__":1}',
  '{"constructor":{"prototype":1}}',
];

test.each(once)("JSON without a duplicate key is read: %s", async (json) => {
  expect(await read(json)).toEqual(JSON.parse(json));
});

test("any text without a duplicate key is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (json) => {
      expect(parseWithoutDuplicateKeys(json)).toEqual(JSON.parse(json));
    }),
  );
});

test("any duplicate key is refused, wherever it is", () => {
  const wrapped = fc
    .json({ maxDepth: 2 })
    .chain((inner) => fc.tuple(fc.constant(inner), fc.string(), fc.constantFrom("[", '[{"x":', '{"y":[1,')));
  const closing: Record<string, string> = { "[": "]", '[{"x":': "}]", '{"y":[1,': "]}" };
  fc.assert(
    fc.property(wrapped, ([inner, key, open]) => {
      const name = JSON.stringify(key);
      const json = `${open}{${name}:${inner},${name}:${inner}}${closing[open]}`;
      expect(() => parseWithoutDuplicateKeys(json)).toThrow(HttpFailure);
    }),
  );
});

const notJson = [
  "",
  " ",
  "{",
  '{"a":1}}',
  "{'a':1}",
  '{"a":1,}',
  "NaN",
  "undefined",
  '{\uFEFF"a":1}',
  '\uFEFF\uFEFF{"a":1}',
  "\uFEFF",
  '{"a":01}',
  '"\n"',
];

test.each(notJson)("what is not JSON is refused: %j", async (body) => {
  expect(await read(body)).toBe("invalid_request");
});

test("a byte order mark before the JSON is left out, and counts as bytes", async () => {
  expect(await read('\uFEFF{"a":1}')).toEqual({ a: 1 });
  expect(await read('\uFEFF"\uFEFF"')).toBe("\uFEFF");
  expect(await read('\uFEFF{"a":1,"a":1}')).toBe("invalid_request");
  expect(await read('\uFEFF{"a":1}', undefined, 9)).toBe("payload_too_large");
});

test("a request without any body is refused", async () => {
  expect(await read(undefined)).toBe("invalid_request");
});

test("bytes that are not UTF-8 are refused, not replaced", async () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc3, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0xff, 0xfe, 0x31, 0],
  ])
    expect(await read(new Uint8Array(bytes))).toBe("invalid_request");
  expect(await read('"ü 股"')).toBe("ü 股");
});

test("nesting of 3,000 levels is read", async () => {
  const deep = 3_000;
  const lists = await read("[".repeat(deep) + "]".repeat(deep), undefined, 1e6);
  expect(Array.isArray(lists) || lists === "invalid_request").toBe(true);
  const twiceInside = `${'{"a":'.repeat(deep)}{"b":1,"b":2}${"}".repeat(deep)}`;
  expect(await read(twiceInside, undefined, 1e6)).toBe("invalid_request");
  expect(await read('{"still":"alive"}')).toEqual({ still: "alive" });
});

const types: [type: string | undefined, isTaken: boolean][] = [
  ["application/json", true],
  ["Application/JSON", true],
  ["application/json; charset=utf-8", true],
  ['application/json;charset="UTF-8"', true],
  ["application/json ; charset=utf8", true],
  ['application/json; charset="UTF8"', true],
  ["application/json;", true],
  ["application/json; ", true],
  ["application/json; charset=utf-8;", true],
  ["application/json;;", false],
  ['application/json; charset="utf-8', false],
  ["application/json; charset=utf-16", false],
  ["application/json; charset=", false],
  ["application/json; charset=latin1", false],
  ["application/json\u00a0", false],
  ["application/json; boundary=x", false],
  ["application/jsonp", false],
  ["application/problem+json", false],
  ["text/json", false],
  ["text/plain", false],
  ["text/plain; application/json", false],
  ["application/x-www-form-urlencoded", false],
  ["multipart/form-data; boundary=x", false],
  ["", false],
];

test.each(types)("the content type %j is accepted: %p", async (type, isTaken) => {
  const headers = type === undefined ? {} : { "content-type": type };
  expect(await read("{}", headers)).toEqual(isTaken ? {} : "unsupported_media_type");
});

test("a body without a content type is refused", async () => {
  const request = new Request("http://localhost/", { method: "POST", body: new Uint8Array([0x7b, 0x7d]) });
  expect(await outcome(() => strictJson(10)({ request }))).toBe("unsupported_media_type");
});

const sized = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
const chunked = (body: string) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < body.length; at += 7)
        controller.enqueue(new TextEncoder().encode(body.slice(at, at + 7)));
      controller.close();
    },
  });

test("a body of just the limit is read, and of one byte more refused, with and without Content-Length", async () => {
  const json = { "content-type": "application/json" };
  for (const [bytes, expected] of [
    [64, "x".repeat(62)],
    [65, "payload_too_large"],
  ] as const) {
    const declared = { ...json, "content-length": String(bytes) };
    expect(await read(sized(bytes), declared, 64)).toBe(expected);
    expect(await read(chunked(sized(bytes)), json, 64)).toBe(expected);
  }
});

test("a body that never ends is cut off at the limit", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1_000;
      controller.enqueue(new Uint8Array(1_000));
    },
  });
  expect(await read(endless, undefined, 4_096)).toBe("payload_too_large");
  expect(sent).toBeLessThan(100_000);
});

test("a declared length past the limit is refused before the body is read", async () => {
  const never = new ReadableStream<Uint8Array>({});
  const headers = { "content-type": "application/json", "content-length": "4097" };
  expect(await read(never, headers)).toBe("payload_too_large");
});

test("letters of several bytes count as bytes", async () => {
  expect(await read(`"${"ü".repeat(40)}"`, undefined, 64)).toBe("payload_too_large");
});
