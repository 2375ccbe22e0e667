/**
 * The server-sent events of another service: each is one line of `data:` with a JSON object, and an empty line. Anything
 * else between two empty lines is undefined; an event that is cut short by the end of the stream is left out. Rejects when
 * the transport fails. The caller ends the connection, by the signal that it opened it with.
 */
export async function* eventsIn(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ data: unknown } | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) yield eventOf(event);
  }
}

function eventOf(text: string): { data: unknown } | undefined {
  if (!text.startsWith("data: ")) return undefined;
  try {
    return { data: JSON.parse(text.slice("data: ".length)) };
  } catch {
    return undefined;
  }
}
