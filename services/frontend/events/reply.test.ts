import { expect, test } from "bun:test";
import { connect } from "node:net";

import { until } from "../../../testing/until.ts";
import { tradeLike } from "../../contract/trade.fixture.ts";
import { FakeLogs, eventsIn } from "./fake-logs.fixture.ts";
import { systemClock } from "../../runtime/flow/clock.ts";
import { parsePosition } from "./position.ts";
import { eventsReply } from "./reply.ts";

const logRows = 100_000;
const pageRows = 500;

/**
 * `/events` on two real sockets, over one long ledger. On `impatient` an idle connection is cut as soon as Bun can, on
 * `patient` no test is slow enough for that.
 */
function serveEvents() {
  const books = new FakeLogs(pageRows);
  books.grow(1);
  // One row many times, so that the log itself weighs nothing.
  const [row] = books.trades;
  books.trades = Array.from({ length: logRows }, (_, index) => ({ ...row!, number: index + 1 }));
  books.announce();
  let cuts = 0;
  let ends = 0;
  const serve = (idleTimeout: number) =>
    Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout,
      fetch(request) {
        request.signal.addEventListener("abort", () => (cuts += 1));
        const from = parsePosition(request.headers.get("last-event-id") ?? "");
        const { logs } = books;
        return eventsReply({ logs, clock: systemClock, from, signal: request.signal }, () => (ends += 1));
      },
    });
  const impatient = serve(1);
  const patient = serve(60);
  return {
    books,
    impatientPort: impatient.port ?? 0,
    patientUrl: `http://127.0.0.1:${patient.port}`,
    cuts: () => cuts,
    ends: () => ends,
    [Symbol.asyncDispose]: async () => {
      books.logs.close();
      await Promise.all([impatient.stop(true), patient.stop(true)]);
    },
  };
}

test("the reply is an event stream that no proxy may keep or change", async () => {
  await using served = serveEvents();
  const response = await fetch(served.patientUrl, { headers: { "last-event-id": `${logRows - 1}-0` } });
  expect(response.headers.get("content-type")).toStartWith("text/event-stream");
  expect([response.headers.get("cache-control"), response.headers.get("x-content-type-options")]).toEqual([
    "no-store",
    "nosniff",
  ]);
  await response.body?.cancel();
  // The end of a connection reaches the stream, which leaves nothing behind.
  await until(() => served.cuts() === 1 && served.ends() > 0, 5_000);
});

test("a slow reader costs no memory, is cut off when nothing moves, and resumes exactly from the id it saw last", async () => {
  await using served = serveEvents();
  let received = "";
  const socket = connect(served.impatientPort, "127.0.0.1");
  socket.setEncoding("latin1").on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 0-0\r\n\r\n");
  await new Promise<void>((resolve) =>
    socket.once("data", (chunk) => {
      received += String(chunk);
      socket.pause();
      resolve();
    }),
  );

  // What fits into the sockets between them is read from the ledger, and then nothing any more.
  await Bun.sleep(300);
  const pages = served.books.reads;
  expect(pages).toBeLessThan((logRows / pageRows) * 0.5);
  await Bun.sleep(300);
  expect(served.books.reads).toBe(pages);
  await until(() => served.cuts() === 1, 15_000);
  expect(served.books.reads).toBe(pages);

  socket.on("data", (chunk) => (received += String(chunk)));
  socket.resume();
  await closed;
  const seen = eventsIn(dechunked(received));
  const lastId = seen.at(-1)?.id ?? "";
  const response = await fetch(served.patientUrl, { headers: { "last-event-id": lastId } });
  const parts: string[] = [];
  let tail = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    const text = decoder.decode(chunk, { stream: true });
    parts.push(text);
    // Only the end: to search all of it each time makes this reader one that is cut off.
    tail = (tail + text).slice(-1_000);
    if (tail.includes(`id: ${logRows}-0\n`) && tail.endsWith("\n\n")) break;
  }
  const [hello, ...after] = eventsIn(parts.join(""));
  expect([hello?.event, hello?.id]).toEqual(["hello", lastId]);
  const numbers = [...seen.slice(1), ...after].map(({ data }) => data["number"]);
  expect(numbers.length).toBe(logRows);
  expect(numbers.every((number, index) => number === index + 1)).toBe(true);
}, 30_000);

/** A reply over logs of the longest rows that there can be, and what its stream has made so far. */
function longestRows() {
  const books = new FakeLogs(1_000);
  const name = "A".repeat(32);
  const most = 2 ** 50;
  const stock = {
    name,
    price_cents: most,
    quantity: most,
    volume: most,
    status: "halted" as const,
    version: most,
  };
  const trade = tradeLike({
    name,
    quantity: 1e9,
    price_cents: most,
    quantity_after: most,
    stock_version: most,
  });
  const base = 9e14;
  books.trades = Array.from({ length: 1_000 }, (_, index) => ({ ...trade, number: base + index + 1 }));
  books.changes = Array.from({ length: 1_000 }, (_, index) => ({
    number: base + index + 1,
    kind: "opening",
    at: 0,
    stock,
  }));
  books.firstNumber = base;
  books.logs.tradesReported(base + 1_000);
  books.logs.changesReported(base + 1_000, 1);
  return { books, from: { trade: base, change: base } };
}

test("a stream holds one piece of bounded size: nothing is made before it is read", async () => {
  const { books, from } = longestRows();
  const { signal } = new AbortController();
  const body = eventsReply({ logs: books.logs, clock: systemClock, from, signal }, () => undefined).body!;
  await Bun.sleep(20);
  expect(books.reads).toBe(0);

  const reader = body.getReader();
  const sizes: number[] = [];
  let text = "";
  while (!text.includes("id: 900000000001000-900000000001000\n")) {
    const { value } = await reader.read();
    sizes.push(value!.byteLength);
    text += new TextDecoder().decode(value);
    const { reads } = books;
    await Bun.sleep(1);
    expect(books.reads).toBe(reads);
  }
  expect(Math.max(...sizes)).toBeLessThan(80_000);
  expect(eventsIn(text)).toHaveLength(1 + 1_000 + 1_000);
  await reader.cancel();
});

test.each(["is cancelled", "is over", "fails", "has a client that is gone"])(
  "the end of a stream that %s is told",
  async (how) => {
    const { books, from } = longestRows();
    const gone = new AbortController();
    let ends = 0;
    const options = { logs: books.logs, clock: systemClock, from, signal: gone.signal };
    const reader = eventsReply(options, () => (ends += 1)).body!.getReader();
    await reader.read();
    expect(ends).toBe(0);
    if (how === "is cancelled") await reader.cancel();
    if (how === "has a client that is gone") gone.abort();
    if (how === "is over") {
      books.logs.close();
      while (!(await reader.read()).done);
    }
    if (how === "fails") {
      books.logs.trades.after = () => Promise.reject(new Error("broken"));
      while (
        await reader.read().then(
          ({ done }) => !done,
          () => false,
        )
      );
    }
    expect(ends).toBeGreaterThan(0);
  },
);

/** The part of a chunked reply's body that was received. */
function dechunked(reply: string): string {
  let rest = reply.slice(reply.indexOf("\r\n\r\n") + 4);
  let body = "";
  for (;;) {
    const end = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (end < 0 || !(size > 0)) return body;
    body += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
}
