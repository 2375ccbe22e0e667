/**
 * The server-sent events of one of our services: each is one line of `data:` with a JSON object, and an empty line. What
 * is no such event comes as undefined; one that is cut short does not come. Rejects when the transport fails. The
 * connection is its caller's to end, by the signal that it was opened with.
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
