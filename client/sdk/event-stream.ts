import { unlessAborted } from "./attempts.ts";
import { BourseError } from "./errors.ts";
import { errorIn, hasStream, parseJson, redirectIn, textOf, unexpected } from "./reply.ts";
import { retryAfterMsOf } from "./retry.ts";
import type { ServerSentEvent, SseParser } from "./sse-parser.ts";
import { networkError, type Transport } from "./transport.ts";

/** No event of a market is longer. A line without an end must not fill the memory. */
const longestEventChars = 2 ** 20;
const noStream =
  "this fetch gives no body stream, without which events cannot be received: pass another fetch";

/** A connection that ended with an error, or could not be opened. */
export class StreamBroken extends BourseError {
  /** The wait that the market asks for, 0 for none. */
  retryAfterMs = 0;
}

export interface StreamOptions {
  /** The `id` of the last event that was received. Undefined: only events from now on. */
  lastId: string | undefined;
  parser: SseParser;
  /** A connection that is silent for longer counts as broken. */
  silenceMs: number;
  signal: AbortSignal;
}

/**
 * The events of one connection, after the event `lastId`. Ends when the market ends the stream, and throws
 * `StreamBroken` when it ends otherwise. Closes the connection when the caller stops iterating or the signal is
 * aborted.
 */
export async function* eventStream(
  transport: Transport,
  { lastId, parser, silenceMs, signal }: StreamOptions,
): AsyncGenerator<ServerSentEvent> {
  const connection = new AbortController();
  const close = () => connection.abort();
  // The timer runs only while bytes are awaited: a caller that reads slowly does not mean that the connection is
  // broken.
  const inTime = async <T>(bytes: Promise<T>): Promise<T> => {
    const timer = setTimeout(close, silenceMs);
    try {
      return await unlessAborted(bytes, connection.signal);
    } catch (cause) {
      const error = {
        code: 0,
        message: `nothing came for ${silenceMs} ms`,
        reason: "timeout",
      } as const;
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
    const redirect = redirectIn(response);
    if (redirect) throw new StreamBroken(redirect);
    const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
    if (!response.ok || !isStream) throw refusalOf(response, await inTime(textOf(response)));
    if (!hasStream(response)) throw new StreamBroken(unexpected(response.status, noStream));
    const reader = response.body.getReader();
    for (;;) {
      const { value, done } = await inTime(reader.read());
      if (done) return;
      yield* parser.push(value);
      if (parser.pendingChars > longestEventChars)
        throw new StreamBroken(unexpected(response.status, "an event does not end"));
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
