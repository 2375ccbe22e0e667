import { marker } from "./check-answer.ts";
import { badNames, badTypes, deepNesting, oddPrices, oddQuantities } from "./odd-values.ts";

/** A message that the frontend must refuse, without a change and without a word about its internals. */
export interface CorpusItem {
  what: string;
  /** Latin-1. */
  bytes: string;
  /** The API's reason, or the statuses of Bun's parser (undefined: it closes the connection). */
  expected: string | readonly (number | undefined)[];
}

const host = "Host: localhost\r\nConnection: close\r\n";
const json = "Content-Type: application/json\r\n";

const get = (target: string, extra = ""): string => `GET ${target} HTTP/1.1\r\n${host}${extra}\r\n`;
const raw = (head: string, body = "", target = "/orders"): string =>
  `POST ${target} HTTP/1.1\r\n${host}${head}\r\n${body}`;
const post = (body: string | Buffer, head = json, target = "/orders"): string => {
  const bytes = Buffer.from(body);
  return raw(`${head}Content-Length: ${bytes.length}\r\n`, bytes.toString("latin1"), target);
};

const quantity = (value: string): string => `{"name":"GameStart","type":"buy","quantity":${value}}`;
const orderWith = (field: string): string => `{"name":"GameStart","type":"buy","quantity":1,${field}}`;
const named = (name: string): string => JSON.stringify({ name, type: "buy", quantity: 1 });
const headers = (count: number): string =>
  Array.from({ length: count }, (_, n) => `X-${n}: ${marker}\r\n`).join("");
const batchOf = (count: number): string => JSON.stringify({ orders: Array(count).fill(1) });

type Row = readonly [what: string, bytes: string];
const expecting = (expected: CorpusItem["expected"], rows: readonly Row[]): CorpusItem[] =>
  rows.map(([what, bytes]) => ({ what, bytes, expected }));
const words = (text: string): string[] => text.split(" ");
const sendable = badNames.filter(([, name]) => name.isWellFormed() && !/^\.*$/.test(name));

const badBodies: readonly Row[] = [
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
  ["two byte order marks", `\ufeff\ufeff${quantity("1")}`],
  ["a nesting of 2,000", quantity(deepNesting)],
  ["a batch", batchOf(1)],
];

const badTargets = [
  "/orders/0 /orders/-1 /orders/1.5 /orders/1e3 /orders/0x10 /orders/01 /orders/9007199254740993 /orders/%00 /orders/abc",
  "/orders?limit=0 /orders?limit=1001 /orders?limit=-1 /orders?limit=1e2 /orders?limit= /orders?limit=1&limit=2",
  "/orders?after=-1 /orders?after=1.5 /orders?after=1e400 /orders?after=9007199254740993",
  "/orders?type=steal /orders?type= /orders?name= /orders?name=A&name=B",
  "/stocks?limit=0 /stocks?limit=1001 /stocks?after= /stocks/%E0%A4%A /orders/%zz /stocks?after=%E0%A4%A",
  "/stocks/..%2f..%2fetc /events?after=1 /events?after=-1-0 /events?lastEventId=1",
  "/orders?limt=1 /stocks?name=A /stocks/GameStart?limit=1 /orders/1?x /audit?x=1 /healthz?x=1 /events?since=0-0",
].flatMap(words);

const tooLong = `{"note":"${marker}${" ".repeat(5_120)}"}`;

/** The security checklist. */
export const corpus: readonly CorpusItem[] = [
  ...expecting("invalid_request", [
    ...oddQuantities.map((value): Row => [`a quantity of ${value}`, post(quantity(value))]),
    ...oddPrices.map((value): Row => [
      `an expected price of ${value}`,
      post(orderWith(`"expected_price":${value}`)),
    ]),
    ...badNames.map(([what, name]): Row => [`a name of ${what} in a body`, post(named(name))]),
    ...sendable.flatMap(([what, name]): Row[] =>
      ["/stocks/", "/orders?name=", "/stocks?after="].map((start) => [
        `a name of ${what} at ${start}`,
        get(start + encodeURIComponent(name)),
      ]),
    ),
    ...badBodies.map(([what, body]): Row => [`a body of ${what}`, post(body)]),
    ["a body that is not UTF-8", post(Buffer.from([...Buffer.from(named("Game")), 0xff]))],
    ["no body", raw(json)],
    ["an empty batch", post(batchOf(0), json, "/orders/batch")],
    ["a batch of 1,001", post(batchOf(1_001), json, "/orders/batch")],
    ["an order as a batch", post(quantity("1"), json, "/orders/batch")],
    ...[" ", "a b", "a".repeat(256), "\xe9", "a\tb"].map((key): Row => [
      `the key ${JSON.stringify(key.slice(0, 5))}`,
      post(quantity("1"), `${json}Idempotency-Key: ${key}\r\n`),
    ]),
    [
      "a key that its batch makes too long",
      post(batchOf(1), `${json}Idempotency-Key: ${"k".repeat(252)}\r\n`, "/orders/batch"),
    ],
    ["two keys", post(quantity("1"), `${json}Idempotency-Key: a\r\nIdempotency-Key: b\r\n`)],
    ["the same key twice", post(quantity("1"), `${json}${"Idempotency-Key: a\r\n".repeat(2)}`)],
    ...badTargets.map((target): Row => [`GET ${target}`, get(target)]),
    ["a header behind an encoded line break", get(`/stocks/a%0d%0aSet-Cookie:${marker}`)],
    ["an address of 8 KB", get(`/stocks/${marker.repeat(1_000)}`)],
    ["a place that is none", get("/events", `Last-Event-ID: ${marker}\r\n`)],
  ]),
  ...expecting("unsupported_media_type", [
    ...badTypes.map((type): Row => [
      `a body of type ${type}`,
      post(quantity("1"), `Content-Type: ${type}\r\n`),
    ]),
    ["a body without a type", post(quantity("1"), "")],
    ["two types", post(quantity("1"), `${json}Content-Type: text/plain\r\n`)],
    ["the same type twice", post(quantity("1"), json + json)],
    ["a compressed body", post(quantity("1"), `${json}Content-Encoding: gzip\r\n`)],
  ]),
  ...expecting("payload_too_large", [
    ["a body of 5 KB", post(tooLong)],
    [
      "a body of 5 KB in chunks",
      raw(
        `${json}Transfer-Encoding: chunked\r\n`,
        `${tooLong.length.toString(16)}\r\n${tooLong}\r\n0\r\n\r\n`,
      ),
    ],
    ["a body that would be too large", raw(`${json}Content-Length: 4097\r\n`)],
    ["a batch that would be too large", raw(`${json}Content-Length: 1048577\r\n`, "", "/orders/batch")],
  ]),
  ...expecting("stock_not_found", [
    ["a stock of another case", get("/stocks/gamestart")],
    ["a stock called like what every object has", get("/stocks/constructor")],
  ]),
  ...expecting("route_not_found", [
    ["a path that is not there", get("/nowhere")],
    ["a path below a stock", get("/stocks/BoarCo/more")],
    ["a path out of the root", get("/stocks/../../etc/passwd")],
    ["another case in a path", get("/STOCKS")],
  ]),
  ...expecting(
    "method_not_allowed",
    words("DELETE PATCH OPTIONS TRACE CONNECT PROPFIND").flatMap((method) =>
      words("/stocks /stocks/BoarCo /orders /orders/1 /healthz").map((path): Row => [
        `${method} ${path}`,
        `${method} ${path} HTTP/1.1\r\n${host}\r\n`,
      ]),
    ),
  ),
  ...expecting("headers_too_large", [["101 headers", get("/stocks", headers(99))]]),
  ...expecting(
    [431],
    [
      ["201 headers", get("/stocks", headers(200))],
      ["headers of 20 KB", get("/stocks", `X-A: ${marker.repeat(2_500)}\r\n`)],
      ["an address of 100 KB", get(`/stocks/${marker.repeat(12_500)}`)],
    ],
  ),
  ...expecting(
    [400],
    [
      ["no Host", "GET /stocks HTTP/1.1\r\nConnection: close\r\n\r\n"],
      ["a folded header", get("/stocks", "X-A: b\r\n c\r\n")],
      ["a space before a colon", get("/stocks", "X-A : b\r\n")],
      ["a NUL in a header", get("/stocks", "X-A: a\0b\r\n")],
      ["bytes of TLS", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"],
      ["a negative length", raw(`${json}Content-Length: -1\r\n`)],
      ["a length that is no number", raw(`${json}Content-Length: x\r\n`, quantity("1"))],
      ["a length and chunks", raw(`${json}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`, "0\r\n\r\n")],
      ["a bad chunk", raw(`${json}Transfer-Encoding: chunked\r\n`, "zz\r\n")],
    ],
  ),
  ...expecting([413], [["a length of 100 GB", raw(`${json}Content-Length: 99999999999\r\n`, quantity("1"))]]),
  ...expecting([400, 405, undefined], [["an unknown method", `BREW /stocks HTTP/1.1\r\n${host}\r\n`]]),
  // Bun finds no HTTP version in these lines.
  ...expecting(
    [400, 505],
    [
      ["line feeds alone", "GET /stocks HTTP/1.1\nHost: localhost\n\n"],
      ["HTTP/3.0 in the request line", `GET /stocks HTTP/3.0\r\n${host}\r\n`],
    ],
  ),
];
