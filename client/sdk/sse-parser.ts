/** One server-sent event. `id` is the last id in the stream up to this event, "" when there was none. */
export interface ServerSentEvent {
  type: string;
  data: string;
  id: string;
}

/**
 * Parses a server-sent event stream as the HTML standard defines it. A chunk may end anywhere: inside a line, between
 * CR and LF, inside a character. An incomplete event at the end of the stream is dropped.
 */
export class SseParser {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #endedInCr = false;
  #type = "";
  #data: string[] = [];
  #dataChars = 0;
  #id = "";
  #retryMs: number | undefined;

  /** The wait before a reconnection that the server asked for last. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** The characters of the event that has not ended yet. */
  get pendingChars(): number {
    return this.#dataChars + this.#rest.length;
  }

  /** The events that end in this chunk. */
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
    // A line with an empty field name is a comment and matches none of these.
    if (field === "data") this.#addData(value);
    else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.#retryMs = Number(value);
    return undefined;
  }

  #addData(value: string): void {
    this.#data.push(value);
    // One for the newline, so that lines of data without a character count too.
    this.#dataChars += value.length + 1;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.#id };
    const isEmpty = this.#data.length === 0;
    this.#type = "";
    this.#data = [];
    this.#dataChars = 0;
    return isEmpty ? undefined : event;
  }
}
