import { expect, test } from "bun:test";

import { eventsIn } from "./event-stream.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function read(...chunks: Uint8Array[]): Promise<unknown[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  return Array.fromAsync(eventsIn(body));
}

test("events come whole and in order, however the stream is cut into chunks", async () => {
  const stream = bytes('data: {"name":"é\\n","n":1}\n\ndata: {"n":2}\n\n');
  for (let cut = 1; cut < stream.length; cut += 1)
    expect(await read(stream.subarray(0, cut), stream.subarray(cut))).toEqual([
      { data: { name: "é\n", n: 1 } },
      { data: { n: 2 } },
    ]);
});

test("an event that is cut short never comes", async () => {
  expect(await read(bytes('data: {"n":1}\n\ndata: {"n":2}\n'))).toEqual([{ data: { n: 1 } }]);
});

test("anything else between events is undefined, and the events after it are read", async () => {
  const stream = 'event: x\ndata: {"n":1}\n\ndata: {"n":\n\n: a comment\n\ndata: {"n":2}\n\n';
  expect(await read(bytes(stream))).toEqual([undefined, undefined, undefined, { data: { n: 2 } }]);
});
