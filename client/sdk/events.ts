import { sleep } from "./attempts.ts";
import { invalid, wrongOptions } from "./arguments.ts";
import { BourseError } from "./errors.ts";
import { eventStream, StreamBroken } from "./event-stream.ts";
import { parseJson, unexpected } from "./reply.ts";
import { backoffMs, isRetryable } from "./retry.ts";
import { isPlace, isStockChange, isTrade } from "./shapes.ts";
import { SseParser, type ServerSentEvent } from "./sse-parser.ts";
import type { Transport } from "./transport.ts";
import type { EventsOptions, MarketEvent, Place } from "./types.ts";

/** The server sends a heartbeat every 3 s, so a connection that is silent for much longer is broken. */
const longestSilenceMs = 10_000;
const firstRetryMs = 500;
const longestRetryMs = 60_000;

/** By event type: whether this is the data of such an event, when the event's id is this place. */
const isDataOf: Record<MarketEvent["type"], (data: unknown, id: Place) => boolean> = {
  hello: (data) => isPlace(data),
  reset: (data) => isPlace(data),
  trade: (data, { trades }) => isTrade(data) && data.number === trades,
  stock: (data, { changes }) => isStockChange(data) && data.change === changes,
};

/** The market's events. Reconnects when a connection breaks; see `Client.events`. */
export function events(
  transport: Transport,
  options?: EventsOptions,
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
  options: EventsOptions | undefined,
  left: AbortController,
  silenceMs: number,
): AsyncGenerator<MarketEvent, undefined> {
  const wrong = wrongOptions(options);
  if (wrong !== undefined) throw new BourseError(invalid(wrong).error);
  const { after, signal } = options ?? {};
  const leave = () => left.abort();
  signal?.addEventListener("abort", leave);
  if (signal?.aborted) leave();
  try {
    if (after !== undefined && !placeOf(after))
      throw new BourseError(invalid("after must be written such as 17-10").error);
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

/** The place that is written as `17-10`. Undefined for anything else. */
function placeOf(id: unknown): Place | undefined {
  const [, trades, changes] = (typeof id === "string" && /^(\d{1,16})-(\d{1,16})$/.exec(id)) || [];
  return trades === undefined ? undefined : { trades: Number(trades), changes: Number(changes) };
}

/** Undefined for an event type that this version does not know. */
function readEvent({ type, id, data: text }: ServerSentEvent): MarketEvent | undefined {
  const place = placeOf(id);
  if (place && !isKnown(type)) return undefined;
  const data = parseJson(text);
  if (place && isKnown(type) && isDataOf[type](data, place)) return { type, id, data } as MarketEvent;
  throw new BourseError(unexpected(200, "not an event of a market"));
}

function isKnown(type: string): type is MarketEvent["type"] {
  return Object.hasOwn(isDataOf, type);
}
