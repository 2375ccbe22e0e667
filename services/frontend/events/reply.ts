import type { Cursor } from "./cursor.ts";
import type { MarketLogs } from "./market-logs.ts";
import { eventStream } from "./stream.ts";
import { defaultHeaders } from "../default-headers.ts";

/**
 * An event stream as a reply. It is pulled: text is made only as fast as the client reads it, and a client that reads
 * nothing for the listener's idle timeout is cut off; the id it saw last is where it resumes.
 */
export function eventsReply(
  hub: MarketLogs,
  heads: Cursor,
  from: Cursor | undefined,
  signal: AbortSignal,
): Response {
  const events = eventStream(hub, heads, from, signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await events.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await events.return(undefined);
    },
  });
  return new Response(body, {
    headers: {
      ...defaultHeaders,
      "content-type": "text/event-stream;charset=utf-8",
      "x-accel-buffering": "no",
    },
  });
}
