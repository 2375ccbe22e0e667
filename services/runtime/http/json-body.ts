import { HttpFailure } from "./http-failure.ts";

/** Bodies up to this size are read whole and not counted: their number is bounded by the number of connections. */
const smallBytes = 16 * 1_024;

/**
 * An Elysia parser for one strict JSON body: `application/json`, not compressed, at most `maxBytes` of UTF-8, with or
 * without a byte order mark, no key twice in one object. (JSON.parse keeps the last of two equal keys; another program may have signed, logged or reviewed
 * the first.) Larger bodies that are being received use at most `maxHeldBytes` together.
 * Throws HttpFailure unsupported_media_type, payload_too_large, overloaded or invalid_request.
 */
export function strictJson(maxBytes: number, maxHeldBytes = 64 * 2 ** 20) {
  const held = { bytes: 0, maxBytes: maxHeldBytes };
  return async ({ request }: { request: Request }): Promise<unknown> => {
    jsonOnly({ request });
    if (!/^(identity)?$/i.test(request.headers.get("content-encoding") ?? ""))
      throw new HttpFailure("unsupported_media_type", "the body must not be compressed");
    const text = decode(await readAtMost(request, maxBytes, held));
    return parseWithoutDuplicateKeys(text);
  };
}

/** `utf8` and an empty last parameter are not in the standard, but common clients send them. */
const jsonType = /^application\/json[ \t]*(;[ \t]*charset[ \t]*=[ \t]*("utf-?8"|utf-?8)[ \t]*)?(;[ \t]*)?$/i;

/**
 * An Elysia parser that checks the body's type and leaves the body to the next parser. A browser lets a page of another
 * site post text/plain to any address, but application/json only to a server that allows it, and none of these does.
 * Throws HttpFailure unsupported_media_type.
 */
export function jsonOnly({ request }: { request: Request }): void {
  const type = request.headers.get("content-type") ?? "";
  if (!jsonType.test(type)) throw new HttpFailure("unsupported_media_type");
}

/** JSON.parse that refuses a duplicate key anywhere in the text. */
export function parseWithoutDuplicateKeys(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpFailure("invalid_request", "the body is not JSON");
  }
  if (keysInText(text) !== keysInValue(value))
    throw new HttpFailure("invalid_request", "the body has the same key twice in one object");
  return value;
}

async function readAtMost(
  request: Request,
  maxBytes: number,
  held: { bytes: number; maxBytes: number },
): Promise<Uint8Array> {
  const tooLarge = new HttpFailure("payload_too_large", `the body may have at most ${maxBytes} bytes`);
  const declared = request.headers.get("content-length");
  if (Number(declared) > maxBytes) throw tooLarge;
  if (declared !== null && Number(declared) <= smallBytes) return request.bytes();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      held.bytes += chunk.byteLength;
      if (size > maxBytes) throw tooLarge;
      if (held.bytes > held.maxBytes) throw new HttpFailure("overloaded");
      chunks.push(chunk);
    }
  } finally {
    held.bytes -= size;
  }
  return Buffer.concat(chunks);
}

/** Leaves out one byte order mark at the beginning, as RFC 8259 allows. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new HttpFailure("invalid_request", "the body is not UTF-8");
  }
}

// In valid JSON every colon outside a string belongs to exactly one key.
function keysInText(json: string): number {
  let colons = 0;
  let inString = false;
  for (let index = 0; index < json.length; index += 1) {
    const char = json.charCodeAt(index);
    if (char === 0x22) inString = !inString;
    else if (char === 0x5c && inString) index += 1;
    else if (char === 0x3a && !inString) colons += 1;
  }
  return colons;
}

// Iterative: the client chooses how deep a body is nested.
function keysInValue(value: unknown): number {
  let keys = 0;
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const inner = Object.values(next);
    if (!Array.isArray(next)) keys += inner.length;
    for (const item of inner) if (typeof item === "object") open.push(item);
  }
  return keys;
}
