import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";

import { readBooks, type Books } from "./auditor.ts";
import { postOrder, startMarket, type Market } from "./market.ts";
import { sendRaw } from "./raw-http.ts";

let market: Market;
let untouched: Books;
beforeAll(async () => {
  market = await startMarket();
  untouched = readBooks(market.dataDir);
}, 30_000);
// Here and not in a test: the tests run in any order, and this one trades.
afterAll(async () => {
  try {
    await expectUnharmed();
  } finally {
    await market.stop();
  }
});

/** The market still trades, and has logged nothing that its operator would have to look into. */
async function expectUnharmed(): Promise<void> {
  const response = await postOrder(market.url, { name: "GameStart", type: "buy", quantity: 1 });
  expect((await response.json()).data.transaction_number).toBe(1);
  for (const { lines } of Object.values(market.services)) {
    const levels = lines.map((line) => Number(JSON.parse(line).level));
    expect(Math.max(...levels)).toBeLessThan(50);
  }
}

/** Stands in what is refused, and must not come back. */
const marker = "Zq9xMark";
const internals = /stack|node_modules|\.ts\b|sqlite|typebox|select |insert |\berror:|\n\s+at /i;

/** An answer in the contract's words that gives nothing away, and two tables as they were. */
function expectRefused(status: number | undefined, text: string, expected: number): void {
  expect(status).toBe(expected);
  const { error } = JSON.parse(text);
  expect(error).toEqual({ code: expected, message: expect.any(String), reason: expect.any(String) });
  expectNothingInside(text);
  expect(readBooks(market.dataDir)).toEqual(untouched);
}

function expectNothingInside(text: string): void {
  expect(text).not.toContain(marker);
  expect(text).not.toContain(join(import.meta.dir, ".."));
  expect(text).not.toContain(market.dataDir);
  expect(text).not.toMatch(internals);
}

const json = "application/json";
const post = (body: string | Uint8Array<ArrayBuffer>, type = json) =>
  fetch(`${market.url}/orders`, { method: "POST", headers: { "content-type": type }, body });

const orderWith = (field: string) => `{"name":"GameStart","type":"buy","quantity":1,${field}}`;
const quantity = (value: string) => `{"name":"GameStart","type":"buy","quantity":${value}}`;
const named = (name: string) => JSON.stringify({ name, type: "buy", quantity: 1 });

const quantities =
  '0 -1 1.5 1e21 1e400 -1e400 9007199254740992 9007199254740993 1000000001 -0 "1" "5" "" true null [1] {} {"valueOf":1}';

test.each(quantities.split(" "))("a quantity of %s is refused", async (value) => {
  const response = await post(quantity(value));
  expectRefused(response.status, await response.text(), 422);
});

test.each(["15.999", "-1", "1e400", '"15.99"', "null", "true", "11258999068426.25"])(
  "an expected price of %s is refused",
  async (value) => {
    const response = await post(orderWith(`"expected_price":${value}`));
    expectRefused(response.status, await response.text(), 422);
  },
);

const badNames: [what: string, name: string][] = [
  ["nothing", ""],
  ["33 characters", "A".repeat(33)],
  ["a NUL", `Game\0${marker}`],
  ["a line break", `GameStart\r\nSet-Cookie: ${marker}`],
  ["a path", `../../${marker}`],
  ["a dot", "."],
  ["two dots", ".."],
  ["a space", "Game Start"],
  ["a Cyrillic look-alike", "G\u0430meStart"],
  ["a full-width look-alike", "\uff27ameStart"],
  ["an invisible character", "GameStart\u200b"],
  ["half a surrogate pair", "GameStart\ud800"],
  ["SQL", `' OR 1=1 --${marker}`],
  ["HTML", `<b>${marker}</b>`],
];

test.each(badNames)("a name of %s is refused in a body", async (_, name) => {
  const response = await post(named(name));
  expectRefused(response.status, await response.text(), 422);
});

test.each(badNames.filter(([, name]) => name.isWellFormed() && !/^\.*$/.test(name)))(
  "a name of %s is refused in a path and in a query",
  async (_, name) => {
    for (const path of [
      `/stocks/${encodeURIComponent(name)}`,
      `/orders?name=${encodeURIComponent(name)}`,
      `/stocks?after=${encodeURIComponent(name)}`,
    ]) {
      const response = await fetch(market.url + path);
      expectRefused(response.status, await response.text(), 422);
    }
  },
);

test.each<[string, string]>([
  ["nothing", ""],
  ["half an object", '{"name":"GameStart"'],
  ["no JSON", marker],
  ["NaN", quantity("NaN")],
  ["a number with a plus", quantity("+1")],
  ["single quotes", "{'name':'GameStart','type':'buy','quantity':1}"],
  ["a trailing comma", '{"name":"GameStart","type":"buy","quantity":1,}'],
  ["a comment", `${quantity("1")} // ${marker}`],
  ["two values", `${quantity("1")}${quantity("1")}`],
  ["null", "null"],
  ["an array", `[${quantity("1")}]`],
  ["a string", `"${marker}"`],
  ["an empty object", "{}"],
  ["another case in a field's name", '{"Name":"GameStart","type":"buy","quantity":1}'],
  ["another type of order", `{"name":"GameStart","type":"${marker}","quantity":1}`],
  ["an unknown field", orderWith(`"${marker}":1`)],
  ["__proto__", orderWith('"__proto__":{"quantity":2}')],
  ["constructor", orderWith('"constructor":{"prototype":{}}')],
  ["a duplicate key", orderWith('"quantity":2')],
  ["a duplicate key, escaped", orderWith('"quantit\\u0079":1')],
  ["a duplicate key deep inside", orderWith('"expected_price":{"a":1,"a":1}')],
  ["a byte order mark", `\ufeff${quantity("1")}`],
  ["a nesting of 2,000", quantity("[".repeat(2_000) + "]".repeat(2_000))],
])("a body of %s is refused", async (_, body) => {
  const response = await post(body);
  expectRefused(response.status, await response.text(), 422);
});

test("a body that is not UTF-8 is refused", async () => {
  const response = await post(new Uint8Array([...Buffer.from(named("Game")), 0xff]));
  expectRefused(response.status, await response.text(), 422);
});

test.each([
  "text/plain",
  "text/json",
  "application/jsonx",
  "application/json; charset=latin1",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  `${marker}/x`,
])("a body of type %s is refused", async (type) => {
  const response = await post(quantity("1"), type);
  expectRefused(response.status, await response.text(), 415);
});

test("a body of 5 KB is refused, with its length declared or in chunks", async () => {
  const body = orderWith(`"note":"${marker}${" ".repeat(5_120)}"`);
  const declared = await post(body);
  expectRefused(declared.status, await declared.text(), 413);
  const chunked = await fetch(`${market.url}/orders`, {
    method: "POST",
    headers: { "content-type": json },
    body: new Blob([body]).stream(),
  });
  expectRefused(chunked.status, await chunked.text(), 413);
});

test.each([" ", "a b", "a".repeat(256), "\u00e9", "a\tb"])("the key %j is refused", async (key) => {
  const body = quantity("1");
  const head = `POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${json}\r\nContent-Length: ${body.length}`;
  const { status, text } = await sendRaw(market.url, `${head}\r\nIdempotency-Key: ${key}\r\n\r\n${body}`);
  expectRefused(status, text.slice(text.indexOf("\r\n\r\n")), 422);
});

test.each(
  [
    "/orders/0 /orders/-1 /orders/1.5 /orders/1e3 /orders/0x10 /orders/01 /orders/9007199254740993 /orders/%00 /orders/abc",
    "/orders?limit=0 /orders?limit=1001 /orders?limit=-1 /orders?limit=1e2 /orders?limit= /orders?limit=1&limit=2",
    "/orders?after=-1 /orders?after=1.5 /orders?after=1e400 /orders?after=9007199254740993",
    "/orders?type=steal /orders?type= /orders?name= /orders?name=A&name=B",
    "/stocks?limit=0 /stocks?limit=1001 /stocks?after=",
  ].flatMap((row) => row.split(" ")),
)("GET %s is refused", async (path) => {
  const response = await fetch(market.url + path);
  expectRefused(response.status, await response.text(), 422);
});

const host = "Host: localhost\r\n";
const get = (target: string, extra = "") => `GET ${target} HTTP/1.1\r\n${host}${extra}\r\n`;
const headers = (count: number) => Array.from({ length: count }, (_, n) => `X-${n}: ${marker}\r\n`).join("");
const raw = (head: string, body: string) =>
  `POST /orders HTTP/1.1\r\n${host}Content-Type: ${json}\r\n${head}\r\n\r\n${body}`;

/** What a browser never sends. The expected statuses; undefined is a connection closed without an answer. */
test.each<[string, string, (number | undefined)[]]>([
  ["a bad percent encoding", get("/stocks/%E0%A4%A"), [422]],
  ["a bad percent encoding of a number", get("/orders/%zz"), [422]],
  ["a bad percent encoding in a query", get("/stocks?after=%E0%A4%A"), [422]],
  ["a path out of the root", get("/stocks/../../etc/passwd"), [404]],
  ["an encoded path out of the root", get("/stocks/..%2f..%2fetc"), [422]],
  ["a header behind an encoded line break", get(`/stocks/a%0d%0aSet-Cookie:${marker}`), [422]],
  ["an address of 8 KB", get(`/stocks/${marker.repeat(1_000)}`), [422]],
  ["an address of 100 KB", get(`/stocks/${marker.repeat(12_500)}`), [414, 431]],
  ["a wrong method", `PROPFIND /stocks HTTP/1.1\r\n${host}\r\n`, [405]],
  ["an unknown method", `BREW /stocks HTTP/1.1\r\n${host}\r\n`, [400, 405, undefined]],
  ["201 headers", get("/stocks", headers(200)), [431]],
  ["headers of 20 KB", get("/stocks", `X-A: ${marker.repeat(2_500)}\r\n`), [431]],
  ["no Host", "GET /stocks HTTP/1.1\r\n\r\n", [400]],
  ["a folded header", get("/stocks", "X-A: b\r\n c\r\n"), [400]],
  ["a space before a colon", get("/stocks", "X-A : b\r\n"), [400]],
  ["a NUL in a header", get("/stocks", "X-A: a\0b\r\n"), [400]],
  ["bytes of TLS", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", [400]],
  ["a negative length", raw("Content-Length: -1", ""), [400]],
  ["a length that is no number", raw("Content-Length: x", quantity("1")), [400]],
  ["a length of 100 GB", raw("Content-Length: 99999999999", quantity("1")), [413]],
  ["a length and chunks", raw("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), [400]],
  ["a bad chunk", raw("Transfer-Encoding: chunked", "zz\r\n"), [400]],
  ["no body", raw("X-A: b", ""), [422]],
  // Bun's parser, before any code of ours: these lines carry no HTTP version that it reads.
  ["line feeds alone", "GET /stocks HTTP/1.1\nHost: localhost\n\n", [400, 505]],
  ["HTTP/3.0 in the request line", `GET /stocks HTTP/3.0\r\n${host}\r\n`, [400, 505]],
])("%s on the socket is answered at once, and gives nothing away", async (_, bytes, expected) => {
  const { status, text } = await sendRaw(market.url, bytes);
  expect(expected).toContain(status);
  expectNothingInside(text);
  expect(text).not.toMatch(/^set-cookie/im);
  expect(readBooks(market.dataDir)).toEqual(untouched);
});
