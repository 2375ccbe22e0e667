import { sleep } from "./attempts.ts";
import { BourseError } from "./errors.ts";
import { eventStream, StreamBroken } from "./event-stream.ts";
import { isRecord, parseJson } from "./reply.ts";
import { backoffMs, isRetryable } from "./retry.ts";
import { SseParser, type ServerSentEvent } from "./sse-parser.ts";
import type { Transport } from "./transport.ts";
import type { EventsOptions, MarketEvent, Reason } from "./types.ts";

/** The server beats every 3 s: a connection that is silent for longer is dead, whatever the sockets say. */
const longestSilenceMs = 10_000;
const firstRetryMs = 500;
const longestRetryMs = 60_000;
const eventTypes: readonly string[] = ["hello", "reset", "trade", "stock"] satisfies MarketEvent["type"][];

/** The market's events over as many connections as it takes; see `Client.events`. */
export function events(
  transport: Transport,
  options: EventsOptions = {},
  silenceMs = longestSilenceMs,
): AsyncIterableIterator<MarketEvent> {
  const left = new AbortController();
  const following = follow(transport, options, left, silenceMs);
  return {
    next: () => following.next(),
    // A generator by itself would first wait for the event that a `next` is waiting for.
    return: () => {
      left.abort();
      return following.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* follow(
  transport: Transport,
  { after, signal }: EventsOptions,
  left: AbortController,
  silenceMs: number,
): AsyncGenerator<MarketEvent, undefined> {
  const leave = () => left.abort();
  signal?.addEventListener("abort", leave);
  if (signal?.aborted) leave();
  try {
    if (after !== undefined && !isPlace(after))
      throw errorOf(422, "invalid_request", "a place is written such as 17-10");
    const connection = { silenceMs, signal: left.signal };
    let place = after;
    let hasBegun = false;
    let retryMs = firstRetryMs;
    let failures = 0;
    while (!left.signal.aborted) {
      const parser = new SseParser();
      let askedMs = 0;
      try {
        for await (const raw of eventStream(transport, { ...connection, parser, lastId: place })) {
          failures = 0;
          // Before it is given out: whoever takes it has it, and a reconnection goes on behind it.
          place = raw.id;
          const event = readEvent(raw);
          if (!event || (event.type === "hello" && hasBegun)) continue;
          hasBegun = true;
          yield event;
          if (left.signal.aborted) return;
        }
      } catch (error) {
        if (left.signal.aborted) return;
        if (!(error instanceof StreamBroken) || !isPassing(error)) throw error;
        askedMs = error.retryAfterMs;
      }
      retryMs = parser.retryMs ?? retryMs;
      const leastMs = Math.min(longestRetryMs, Math.max(retryMs, askedMs));
      await sleep(backoffMs(failures++, Math.random(), leastMs), left.signal);
    }
  } finally {
    signal?.removeEventListener("abort", leave);
    leave();
  }
}

/** A stream outlives what a call does not: a server that fails now is asked again later. */
function isPassing(error: BourseError): boolean {
  return isRetryable(error) || error.code >= 500;
}

function isPlace(id: string): boolean {
  return /^\d{1,16}-\d{1,16}$/.test(id);
}

/** Undefined for a type that this version does not know. */
function readEvent({ type, id, data: text }: ServerSentEvent): MarketEvent | undefined {
  const isKnown = eventTypes.includes(type);
  const data = parseJson(text);
  if (!isPlace(id) || (isKnown && !isRecord(data)))
    throw errorOf(200, "unexpected_reply", "not an event of a market");
  return isKnown ? ({ type, id, data } as MarketEvent) : undefined;
}

function errorOf(code: number, reason: Reason, message: string): BourseError {
  return new BourseError({ code, reason, message });
}
