/** One server-sent event. `id` is the last one that the stream has named, "" before the first. */
export interface ServerSentEvent {
  type: string;
  data: string;
  id: string;
}

/**
 * Reads a server-sent event stream as the HTML standard has it, in chunks that may end anywhere: inside a line, between
 * CR and LF, inside a character. An event that the stream's end cuts off is never given out.
 */
export class SseParser {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #endedInCr = false;
  #type = "";
  #data: string[] = [];
  #id = "";
  #retryMs: number | undefined;

  /** How long the server last asked to wait before reconnecting. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** The events that the chunk completes. */
  push(chunk: Uint8Array): ServerSentEvent[] {
    const lines = this.#linesOf(this.#decoder.decode(chunk, { stream: true }));
    return lines.map((line) => this.#take(line)).filter((event) => event !== undefined);
  }

  #linesOf(decoded: string): string[] {
    if (decoded === "") return [];
    const text = this.#endedInCr && decoded.startsWith("\n") ? decoded.slice(1) : decoded;
    this.#endedInCr = decoded.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  #take(line: string): ServerSentEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    // An empty field's name is a comment's.
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.#retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.#id };
    const isEmpty = this.#data.length === 0;
    this.#type = "";
    this.#data = [];
    return isEmpty ? undefined : event;
  }
}
