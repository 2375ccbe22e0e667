import { BourseError } from "./errors.ts";
import { errorIn, parseJson } from "./reply.ts";
import { retryAfterMsOf } from "./retry.ts";
import type { ServerSentEvent, SseParser } from "./sse-parser.ts";
import { networkError, type Transport } from "./transport.ts";

/** Why a connection is no longer, or never was. */
export class StreamBroken extends BourseError {
  /** What the market asked to wait, 0 for nothing. */
  retryAfterMs = 0;
}

export interface StreamOptions {
  /** Undefined: from now on. */
  lastId: string | undefined;
  parser: SseParser;
  /** For how long a living connection may say nothing. */
  silenceMs: number;
  signal: AbortSignal;
}

/**
 * The events of one connection, from behind the event `lastId` on. Ends when the market ends it, throws `StreamBroken`
 * when anything else does, and closes it when it is left or the signal fires.
 */
export async function* eventStream(
  transport: Transport,
  { lastId, parser, silenceMs, signal }: StreamOptions,
): AsyncGenerator<ServerSentEvent> {
  const connection = new AbortController();
  const close = () => connection.abort();
  // Only while we wait for bytes: a slow reader of ours is no sign of a dead connection.
  const inTime = async <T>(bytes: Promise<T>): Promise<T> => {
    const timer = setTimeout(close, silenceMs);
    try {
      return await bytes;
    } catch (cause) {
      const error = { code: 0, message: `nothing came for ${silenceMs} ms`, reason: "timeout" } as const;
      throw new StreamBroken(connection.signal.aborted ? error : networkError(cause));
    } finally {
      clearTimeout(timer);
    }
  };
  signal.addEventListener("abort", close);
  try {
    const headers = { Accept: "text/event-stream", ...(lastId !== undefined && { "Last-Event-ID": lastId }) };
    const init = { headers, signal: connection.signal, cache: "no-store" } as const;
    const response = await inTime(transport.open("/events", init));
    const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
    if (!response.ok || !isStream || !response.body) throw refusalOf(response, await inTime(response.text()));
    const reader = response.body.getReader();
    for (;;) {
      const { value, done } = await inTime(reader.read());
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}

function refusalOf(response: Response, text: string): StreamBroken {
  const broken = new StreamBroken(errorIn(parseJson(text), response.status));
  broken.retryAfterMs = retryAfterMsOf(response.headers.get("Retry-After"), Date.now());
  return broken;
}
