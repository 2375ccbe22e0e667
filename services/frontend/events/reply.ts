import { defaultHeaders } from "../default-headers.ts";
import { eventStream, type EventStreamOptions } from "./stream.ts";

/**
 * An event stream as a reply. It is pulled: text is made only as fast as the client reads it. A client that reads
 * nothing for the listener's idle timeout is cut off; it resumes at the last id that it saw.
 */
export function eventsReply(options: EventStreamOptions): Response {
  const events = eventStream(options);
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
