import type { Random } from "../../testing/random.ts";

type Change = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

/** Replaces the bytes from `from` up to `to`. */
const put = (bytes: Buffer, from: number, to: number, text: string | Buffer): Buffer =>
  Buffer.concat([
    bytes.subarray(0, from),
    typeof text === "string" ? Buffer.from(text, "latin1") : text,
    bytes.subarray(to),
  ]);

const somewhere = (bytes: Buffer, random: Random): number => random.integer(0, bytes.length);

const stretch = (bytes: Buffer, random: Random): [from: number, to: number] => {
  const from = somewhere(bytes, random);
  return [from, Math.min(bytes.length, from + random.integer(1, random.chance(0.8) ? 4 : 60))];
};

/** Offsets of the lines after the first. */
function lineStarts(bytes: Buffer): number[] {
  return [...bytes.toString("latin1").matchAll(/\r\n(?=[^\r])/g)].map(({ index }) => index + 2);
}

const insertLines = (...lines: readonly [string, ...string[]]): Change => {
  return (bytes, random) => {
    const [first = 0, ...more] = lineStarts(bytes);
    const at = random.pick([first, ...more.slice(0, 5)]);
    return put(bytes, at, at, `${random.pick(lines)}\r\n`);
  };
};

const replaceText = (pattern: RegExp, ...texts: readonly [string, ...string[]]): Change => {
  return (bytes, random) =>
    Buffer.from(
      bytes.toString("latin1").replace(pattern, () => random.pick(texts)),
      "latin1",
    );
};

const oddLengths = "-1 +5 0x10 5,5 5;5 1e3 99999999999 99999999999999999999999 00000005 4294967301 x";
const oddSizes = "-1 ffffffff ffffffffffffffff 0x5 5;a=b zz 7fffffff 00000000000000001";

const changes: readonly [Change, ...Change[]] = [
  // Bytes.
  (bytes, random) => {
    const at = somewhere(bytes, random);
    return put(bytes, at, at + 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << random.integer(0, 7))]));
  },
  (bytes, random) => put(bytes, ...stretch(bytes, random), ""),
  (bytes, random) => {
    const at = somewhere(bytes, random);
    const count = random.integer(1, 6);
    return put(bytes, at, at, Buffer.from(Array.from({ length: count }, () => random.integer(0, 255))));
  },
  (bytes, random) => {
    const [from, to] = stretch(bytes, random);
    return put(bytes, to, to, bytes.subarray(from, to));
  },
  (bytes, random) => bytes.subarray(0, somewhere(bytes, random)),
  (bytes, random) => {
    const at = somewhere(bytes, random);
    return put(bytes, at, at, random.pick(["\0", "\r", "\n", "\r\n", "\t", " ", ":", "\x7f", "\xff"]));
  },
  // Messages.
  (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, somewhere(bytes, random)), other.subarray(somewhere(other, random))]),
  (bytes, _, other) => Buffer.concat([bytes, other]),
  (bytes, random) => Buffer.concat(Array(random.integer(2, 5)).fill(bytes)),
  // Lines.
  replaceText(/\r\n/g, "\n", "\r", "\r\n\r\n", "\r\n "),
  replaceText(/\r\n/, "\n", "\r", "\n\r", "\r\r\n"),
  replaceText(
    / HTTP\/1\.1/,
    " HTTP/1.0",
    " HTTP/2.0",
    " HTTP/0.9",
    " http/1.1",
    "",
    " HTTP/1.1 ",
    " HTTP/11",
  ),
  replaceText(
    /^\S+/,
    "BREW",
    "get",
    "G\0T",
    "A".repeat(300),
    "",
    "PRI",
    "CONNECT",
    "OPTIONS",
    "POST",
    "HEAD",
  ),
  replaceText(/: /, ":", " : ", ":\t", ": \0", ":\x0b"),
  insertLines(
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding: xchunked",
  ),
  insertLines("Content-Length: 5", "Content-Length: 0", "Content-Length: 47", "Content-Length:"),
  insertLines(
    "Connection: close",
    "Upgrade: websocket",
    "Expect: 100-continue",
    "Expect: x",
    "Host: b",
    ": v",
    " folded",
  ),
  insertLines("X-Long: ".padEnd(17_000, "v"), "X-Long: ".padEnd(9_000, "v"), "A: b\r\n".repeat(210).trim()),
  replaceText(/(?<=Content-Length: )\d+/, ...(oddLengths.split(" ") as [string, ...string[]])),
  replaceText(/(?<=\r\n)[\da-f]+(?=\r\n)/, ...(oddSizes.split(" ") as [string, ...string[]])),
  replaceText(/0\r\n\r\n$/, "0\r\nX-Trailer: v\r\n\r\n", "0\r\n", "00\r\n\r\n", "\r\n", "0\r\n\r\n0\r\n\r\n"),
];

/** These bytes with one to three changes; `other` is a message that can be spliced in. */
export function mutate(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let left = random.integer(1, 3); left > 0; left -= 1)
    changed = random.pick(changes)(changed, random, other);
  return changed;
}
