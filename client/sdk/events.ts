import { sleep } from "./attempts.ts";
import { BourseError } from "./errors.ts";
import { eventStream, StreamBroken } from "./event-stream.ts";
import { isRecord, parseJson } from "./reply.ts";
import { backoffMs, isRetryable } from "./retry.ts";
import { SseParser, type ServerSentEvent } from "./sse-parser.ts";
import type { Transport } from "./transport.ts";
import type { EventsOptions, MarketEvent, Reason } from "./types.ts";

/** The server sends a heartbeat every 3 s, so a connection that is silent for much longer is broken. */
const longestSilenceMs = 10_000;
const firstRetryMs = 500;
const longestRetryMs = 60_000;
const eventTypes: readonly string[] = ["hello", "reset", "trade", "stock"] satisfies MarketEvent["type"][];

/** The market's events. Reconnects when a connection breaks; see `Client.events`. */
export function events(
  transport: Transport,
  options: EventsOptions = {},
  silenceMs = longestSilenceMs,
): AsyncIterableIterator<MarketEvent> {
  const left = new AbortController();
  const following = follow(transport, options, left, silenceMs);
  return {
    next: () => following.next(),
    // `return` of a generator waits until a pending `next` has its event; the abort ends that wait.
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
          // Set before the event is yielded: the caller then has it, and a new connection continues after it.
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

/** Whether to reconnect after this error. A stream, unlike a call, also reconnects after every 5xx. */
function isPassing(error: BourseError): boolean {
  return isRetryable(error) || error.code >= 500;
}

function isPlace(id: string): boolean {
  return /^\d{1,16}-\d{1,16}$/.test(id);
}

/** Undefined for an event type that this version does not know. */
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
