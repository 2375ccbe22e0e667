import { wireVersion, wireVersionHeader } from "../../services/contract/wire-version.ts";

/** The services behind the frontend want it; the frontend ignores it. */
const wire = `${wireVersionHeader}: ${wireVersion}\r\n`;
const json = "Content-Type: application/json\r\n";
const chunked = "Transfer-Encoding: chunked\r\n";
const order = '{"name":"GameStart","type":"sell","quantity":1}';
const length = (body: string) => `Content-Length: ${body.length}\r\n`;
const chunk = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const post = (extra: string, body: string) =>
  `POST /orders HTTP/1.1\r\nHost: localhost\r\n${wire}${extra}\r\n${body}`;

/** The second request, for a parser that reads the first one wrongly. */
const smuggled = post(json + length(order), order);
const both = chunk(order) + smuggled;

/** Requests that two parsers may split differently. Each must get 400, and nothing after it may be read. */
export const smuggling: readonly (readonly [what: string, bytes: string])[] = [
  ["a length, then chunks", post(json + length(both) + chunked, both)],
  ["chunks, then a length", post(json + chunked + length(both), both)],
  ["two lengths", post(`${json}${length(order)}Content-Length: 5\r\n`, order + smuggled)],
  [
    "a list of lengths",
    post(`${json}Content-Length: ${order.length}, ${order.length}\r\n`, order + smuggled),
  ],
  ["a length with a sign", post(`${json}Content-Length: +${order.length}\r\n`, order + smuggled)],
  ["a length in hexadecimal", post(`${json}Content-Length: 0x2f\r\n`, order + smuggled)],
  ["a length past 64 bits", post(`${json}Content-Length: 99999999999999999999999\r\n`, smuggled)],
  [
    "identity as a transfer coding",
    post(`${json}${length(order)}Transfer-Encoding: identity\r\n`, order + smuggled),
  ],
  ["an unknown transfer coding", post(`${json}Transfer-Encoding: xchunked\r\n`, both)],
  ["two transfer codings", post(`${json}Transfer-Encoding: gzip, chunked\r\n`, both)],
  ["chunks that are not the last coding", post(`${json}Transfer-Encoding: chunked, identity\r\n`, both)],
  ["two Transfer-Encoding headers", post(`${json}${chunked}Transfer-Encoding: identity\r\n`, both)],
  ["a space before the colon", post(`${json}Transfer-Encoding : chunked\r\n`, both)],
  ["a folded header", post(`${json}X-A: b\r\n Transfer-Encoding: chunked\r\n`, both)],
  ["chunks in HTTP/1.0", post(json + chunked, both).replace("HTTP/1.1", "HTTP/1.0")],
  ["a chunk's size with a prefix", post(json + chunked, `0x${both}`)],
  ["a chunk's size past 64 bits", post(json + chunked, `ffffffffffffffff${both}`)],
  ["a negative chunk", post(json + chunked, `-1\r\n${both}`)],
  ["chunks with line feeds alone", post(json + chunked, both.replaceAll("\r\n", "\n"))],
  ["a chunk that goes on after its size", post(json + chunked, both.replace("\r\n0\r\n", "XX0\r\n"))],
  ["a bare carriage return", post(`${json}${length(order)}X-A: a\rTransfer-Encoding: chunked\r\n`, both)],
  ["a header without a name", post(`${json}${length(order)}: x\r\n`, order + smuggled)],
];
