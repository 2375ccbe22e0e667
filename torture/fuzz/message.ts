/** An HTTP request as the fuzzer reads and writes it, independent of the services' own parser. */
export interface Message {
  method: string;
  target: string;
  version: string;
  /** In order, without the white space around a value. */
  headers: (readonly [name: string, value: string])[];
  body: Buffer;
  /** Bytes of the request line and the headers. */
  headBytes: number;
}

export interface Reading {
  messages: Message[];
  /** The bytes after them. */
  rest: "nothing" | "incomplete" | "malformed";
}

// A target and a value may contain DEL: Bun accepts it, and it does no harm.
const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\xff]+) (HTTP\/1\.[01])$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\t\x20-\xff]*[\x21-\xff])?)[ \t]*$/;

/** Reads requests strictly by RFC 9112: anything in doubt is malformed. */
export function readMessages(bytes: Buffer): Reading {
  const messages: Message[] = [];
  let from = 0;
  while (from < bytes.length) {
    const read = readOne(bytes.subarray(from));
    if (typeof read === "string") return { messages, rest: read };
    messages.push(read.message);
    from += read.length;
  }
  return { messages, rest: "nothing" };
}

function readOne(bytes: Buffer): { message: Message; length: number } | "incomplete" | "malformed" {
  const end = bytes.indexOf("\r\n\r\n");
  const lines = bytes.toString("latin1", 0, end < 0 ? bytes.length : end).split("\r\n");
  const [method, target, version] = requestLine.exec(lines[0] ?? "")?.slice(1) ?? [];
  const headers = lines.slice(1).map((line) => headerLine.exec(line));
  // The last line of an incomplete head cannot be checked yet.
  if (end < 0) {
    const isWhole = (line: unknown, index: number) => line !== null || index === headers.length - 1;
    return (lines.length === 1 || method !== undefined) && headers.every(isWhole)
      ? "incomplete"
      : "malformed";
  }
  if (method === undefined || target === undefined || version === undefined) return "malformed";
  if (headers.some((line) => line === null)) return "malformed";
  const pairs = headers.map((line): [string, string] => [line?.[1] ?? "", line?.[2] ?? ""]);
  const body = readBody(pairs, version, bytes.subarray(end + 4));
  if (typeof body === "string") return body;
  const headBytes = end + 4;
  return {
    message: { method, target, version, headers: pairs, body: body.body, headBytes },
    length: headBytes + body.length,
  };
}

export function valuesOf({ headers }: Pick<Message, "headers">, name: string): string[] {
  return headers.filter(([known]) => known.toLowerCase() === name).map(([, value]) => value);
}

type Body = { body: Buffer; length: number } | "incomplete" | "malformed";

function readBody(headers: Message["headers"], version: string, bytes: Buffer): Body {
  // The RFC allows the same length twice.
  const lengths = [...new Set(valuesOf({ headers }, "content-length"))];
  const codings = valuesOf({ headers }, "transfer-encoding");
  if (lengths.length + codings.length > 1) return "malformed";
  if (codings.length === 1)
    return version === "HTTP/1.1" && codings[0]?.toLowerCase() === "chunked"
      ? readChunks(bytes)
      : "malformed";
  if (lengths.length === 0) return { body: Buffer.alloc(0), length: 0 };
  if (!/^\d{1,15}$/.test(lengths[0] ?? "")) return "malformed";
  const length = Number(lengths[0]);
  return length > bytes.length ? "incomplete" : { body: bytes.subarray(0, length), length };
}

// Bun takes the body as complete at the size line of the last chunk, whatever follows instead of the empty line.
function readChunks(bytes: Buffer): Body {
  const chunks: Buffer[] = [];
  for (let from = 0; ;) {
    const lineEnd = bytes.indexOf("\r\n", from);
    const line = bytes.toString("latin1", from, lineEnd < 0 ? bytes.length : lineEnd);
    if (lineEnd < 0) return /^[\da-f]{0,8}(;.*)?\r?$/i.test(line) ? "incomplete" : "malformed";
    const size = /^([\da-f]{1,8})(?:;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(line)?.[1];
    if (size === undefined) return "malformed";
    const start = lineEnd + 2;
    const end = start + Number.parseInt(size, 16);
    const after = bytes.toString("latin1", end, end + 2);
    if (end === start) return { body: Buffer.concat(chunks), length: after === "\r\n" ? end + 2 : end };
    if (bytes.length < end + 2) return "incomplete";
    if (after !== "\r\n") return "malformed";
    chunks.push(bytes.subarray(start, end));
    from = end + 2;
  }
}

/** A well-formed request as bytes. `pieces` > 0: the body in so many chunks; 0: with Content-Length. */
export function writeMessage(
  { method, target, headers, body }: Pick<Message, "method" | "target" | "headers"> & { body?: Buffer },
  pieces = 0,
): Buffer {
  const size = Math.max(1, Math.ceil((body?.length ?? 0) / pieces));
  const framing =
    pieces > 0 ? "Transfer-Encoding: chunked\r\n" : body ? `Content-Length: ${body.length}\r\n` : "";
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}${framing}\r\n`, "latin1");
  const content = body ?? Buffer.alloc(0);
  if (pieces === 0) return Buffer.concat([head, content]);
  const chunks = Array.from({ length: Math.ceil(content.length / size) }, (_, index) => {
    const chunk = content.subarray(index * size, (index + 1) * size);
    return [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")];
  });
  return Buffer.concat([head, ...chunks.flat(), Buffer.from("0\r\n\r\n")]);
}
