import { isReason } from "./errors.ts";
import { retryAfterMsOf } from "./retry.ts";
import type { CallError } from "./types.ts";

/** The longest replies of a market, pages of 1,000 rows, have some 100 kB. */
const longestReplyBytes = 8 * 2 ** 20;

/** The body of a success. `next` is for the pages of a list and is not checked yet. */
export interface Body<Data> {
  data: Data;
  next?: unknown;
}

/** The result of one attempt: the body of a success, or an error. */
export type Attempt<Data> = { body: Body<Data> } | FailedAttempt;
export interface FailedAttempt {
  error: CallError;
  /** The wait that the market asks for, 0 for none. */
  retryAfterMs: number;
}

/**
 * Reads a reply whose success has data that `isExpected` accepts. Anything else is an `unexpected_reply`. Rejects when
 * the body breaks off.
 */
export async function readReply<Data>(
  response: Response,
  isExpected: (data: unknown) => data is Data,
): Promise<Attempt<Data>> {
  const body = parseJson(await textOf(response));
  const retryAfterMs = retryAfterMsOf(response.headers.get("Retry-After"), Date.now());
  if (!response.ok) return { error: errorIn(body, response.status), retryAfterMs };
  if (!isRecord(body) || !("data" in body)) return { error: unexpected(response.status), retryAfterMs };
  const { data } = body;
  if (isExpected(data)) return { body: { ...body, data } };
  return { error: unexpected(response.status, "the reply does not match the request"), retryAfterMs };
}

/**
 * The error in a body. Its reason is `unexpected_reply` when the body has no reason that this version knows, or a code
 * that is not that of the reply.
 */
export function errorIn(body: unknown, code: number): CallError {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
  const { message, reason, code: stated = code } = error;
  if (!isReason(reason) || stated !== code)
    return unexpected(code, typeof message === "string" ? message : undefined);
  return { code, message: typeof message === "string" ? message : reason, reason };
}

export function unexpected(code: number, message = "not an answer of a market"): CallError {
  return { code, message, reason: "unexpected_reply" };
}

/**
 * The text of a reply. Of a longer one than any market gives, this is the empty text, and the rest is not received: a
 * reply without an end must not fill the memory.
 */
export async function textOf(response: Response): Promise<string> {
  // A fetch without streams, such as React Native's, offers only the whole text.
  if (!hasStream(response)) return response.text();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > longestReplyBytes) {
      reader.cancel().catch(() => undefined);
      return "";
    }
    text += decoder.decode(value, { stream: true });
  }
}

export function hasStream(response: Response): response is Response & { body: ReadableStream<Uint8Array> } {
  // Older fetch packages of Node have a stream of Node here.
  return typeof response.body?.getReader === "function";
}

/**
 * The error for a reply that is, or has followed, a redirect. An order is never sent to another address than the
 * caller's: on the way there, fetch turns it into a lookup (301, 302, 303) or gives its key to another host.
 */
export function redirectIn(response: Response): CallError | undefined {
  // In browsers the reply to a request that does not follow redirects has no status and no headers.
  if (response.type === "opaqueredirect")
    return unexpected(0, "the market's address redirects to another one, which browsers do not show");
  const location = response.redirected ? response.url : locationIn(response);
  if (location === undefined) return undefined;
  return unexpected(response.status, `the market's address redirects to ${absolute(location, response.url)}`);
}

function locationIn(response: Response): string | undefined {
  const isRedirect = response.status >= 300 && response.status < 400;
  return isRedirect ? (response.headers.get("Location") ?? undefined) : undefined;
}

function absolute(location: string, url: string): string {
  try {
    return new URL(location, url).href;
  } catch {
    return location;
  }
}

/** Undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
