import { defaultHeaders } from "../default-headers.ts";
import { eventStream, type EventStreamOptions } from "./stream.ts";

export const eventsHeaders = {
  ...defaultHeaders,
  "content-type": "text/event-stream;charset=utf-8",
  "x-accel-buffering": "no",
};

/**
 * An event stream as a reply. It is pulled: the next piece of text is made when the connection has taken the piece before,
 * so a client that does not read costs one piece. If it reads nothing for the listener's idle timeout, it is cut off; it
 * resumes at the last id that it saw. `onEnd` is called when the stream has ended, however it did, at least once.
 */
export function eventsReply(options: EventStreamOptions, onEnd: () => void): Response {
  const events = eventStream(options);
  const encoder = new TextEncoder();
  // Of a client that is gone and had not read, the body is neither pulled nor cancelled.
  options.signal.addEventListener("abort", onEnd, { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await events.next().catch((error: unknown) => {
          onEnd();
          throw error;
        });
        if (next.done) {
          onEnd();
          controller.close();
        } else controller.enqueue(encoder.encode(next.value));
      },
      async cancel() {
        onEnd();
        await events.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: eventsHeaders });
}
