import { connect, type Socket } from "node:net";

/** An answer. Of an event stream, only the head: its body never ends. */
export interface Answer {
  status: number;
  /** By lower-case name; of a repeated one, the last. */
  headers: ReadonlyMap<string, string>;
  body: string;
  /** The connection ends after it, or cannot be reused. */
  isLast: boolean;
}

/** One connection to a service: sends any bytes, and reads answers one by one. */
export class Connection {
  readonly #socket: Socket;
  #text = "";
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true }).setEncoding("latin1");
    this.#socket.on("data", (chunk) => {
      this.#text += String(chunk);
      this.#wake();
    });
    this.#socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
    // A reset after an early refusal. `close` follows.
    this.#socket.on("error", () => undefined);
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Closes the sending side. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The next answer; "closed": the connection ended without one; "silent": none within `timeoutMs`. */
  async answer(timeoutMs: number, isHead: boolean): Promise<Answer | "closed" | "silent"> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const read = readAnswer(this.#text, isHead, this.#isClosed);
      if (read) {
        this.#text = read.rest;
        return read.answer;
      }
      if (this.#isClosed) return "closed";
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return "silent";
      await this.#nextEvent(leftMs);
    }
  }

  #nextEvent(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function readAnswer(
  text: string,
  isHead: boolean,
  isOver: boolean,
): { answer: Answer; rest: string } | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1] ?? Number.NaN);
  const after = text.slice(end + 4);
  if (status >= 100 && status < 200) return readAnswer(after, isHead, isOver);
  const headers = new Map(
    lines.map((one) => [
      one.slice(0, one.indexOf(":")).toLowerCase(),
      one.slice(one.indexOf(":") + 1).trim(),
    ]),
  );
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") === true;
  const isLast = isStream || headers.get("connection")?.toLowerCase() === "close";
  const made = (body: string, rest: string) => ({ answer: { status, headers, body, isLast }, rest });
  if (isHead || isStream) return made("", isStream ? "" : after);
  const length = headers.get("content-length");
  if (length !== undefined) {
    const isThere = after.length >= Number(length);
    return isThere || isOver ? made(after.slice(0, Number(length)), after.slice(Number(length))) : undefined;
  }
  if (headers.get("transfer-encoding") === "chunked") {
    const last = after.indexOf("\r\n0\r\n\r\n");
    if (last < 0) return isOver ? made(after, "") : undefined;
    return made(dechunked(after.slice(0, last + 2)), after.slice(last + 7));
  }
  return made("", after);
}

function dechunked(text: string): string {
  let body = "";
  for (let from = 0; from < text.length;) {
    const lineEnd = text.indexOf("\r\n", from);
    const size = Number.parseInt(text.slice(from, lineEnd), 16);
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    from = lineEnd + 4 + size;
  }
  return body;
}
