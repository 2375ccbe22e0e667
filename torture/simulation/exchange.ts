import type { Listener, Network } from "./network.ts";
import type { SimProcess } from "./scheduler.ts";

interface Call {
  network: Network;
  caller: SimProcess;
  url: string;
  init: RequestInit;
}

/** One call over the network: its request, and as much of its reply as reaches the caller. */
export class Exchange {
  readonly reply: Promise<Response>;
  readonly #network: Network;
  readonly #caller: SimProcess;
  readonly #url: string;
  readonly #host: string;
  readonly #path: string;
  readonly #init: RequestInit;
  #hangUp: AbortController | undefined;
  readonly #onClosed: () => void;
  #server: SimProcess | undefined;
  #settle: { resolve: (response: Response) => void; reject: (error: unknown) => void };
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isClosed = false;
  /** When the last part of the reply arrives: no later part arrives earlier. */
  #lastAtMs = 0;

  constructor({ network, caller, url, init }: Call, onClosed: () => void) {
    this.#network = network;
    this.#caller = caller;
    const host = url.indexOf("//") + 2;
    const path = url.indexOf("/", host);
    this.#url = url;
    this.#host = url.slice(host, path);
    this.#path = url.slice(path).split("?", 1)[0] ?? "";
    this.#init = init;
    this.#onClosed = onClosed;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.reply = promise;
    this.#settle = { resolve, reject };
    if (init.signal?.aborted) this.#fail(init.signal.reason);
    else if (this.#caller.step()) this.#send();
  }

  /** A process ended: if it was one end of this connection, the other end is informed. */
  processEnded(process: SimProcess): void {
    if (process === this.#caller) this.#hangUpLater();
    else if (process === this.#server) this.#breakLater();
  }

  /** Settles what waits at either end, at the end of a simulation. */
  drop(): void {
    this.#hangUp?.abort();
    this.#close();
  }

  #send(): void {
    const { random, counts, faultRates, duplicated, scheduler } = this.#network;
    const host = this.#host;
    const { signal, body } = this.#init;
    signal?.addEventListener("abort", this.#onAbort);
    counts.messages += 1;
    if (this.#network.isCut(this.#caller, host) || random.chance(faultRates.loss)) {
      counts.lost += 1;
      this.#breakLater();
      return;
    }
    if (random.chance(faultRates.silence)) {
      counts.silent += 1;
      return;
    }
    this.#deliver(this.#network.delayMs(), true);
    if (typeof body !== "string" || !random.chance(faultRates.duplicate)) return;
    counts.duplicated += 1;
    duplicated.push(JSON.stringify(this.#init.headers) + body);
    this.#deliver(this.#network.delayMs() + random.next() * 1_000, false);
    scheduler.note(`sends twice to ${host}`);
  }

  #deliver(delayMs: number, isFirst: boolean): void {
    const { scheduler } = this.#network;
    const host = this.#host;
    const { method = "GET" } = this.#init;
    this.#network.requestsUnderWay += 1;
    scheduler.schedule(scheduler.world, delayMs, `${this.#caller.name} reaches ${host}`, () => {
      this.#network.requestsUnderWay -= 1;
      const listener = this.#network.listenerAt(host);
      if (!listener) {
        if (isFirst) this.#breakLater("ECONNREFUSED");
        return;
      }
      if (isFirst) this.#server = listener.process;
      scheduler.schedule(listener.process, 0, `${method} ${this.#path}`, () =>
        this.#serve(listener, isFirst),
      );
    });
  }

  #serve({ process, handle }: Listener, isFirst: boolean): void {
    // The caller of a read has given up before it arrived.
    if (isFirst && this.#isClosed && this.#init.method === "GET") return;
    void Promise.resolve(handle(this.#request(isFirst))).then((response) =>
      this.#answer(process, response, isFirst),
    );
  }

  #request(isFirst: boolean): Request {
    const { method = "GET", body } = this.#init;
    const headers = new Headers(this.#init.headers);
    if (typeof body === "string") headers.set("content-length", String(Buffer.byteLength(body)));
    // Services look at the signal of a read only.
    if (method !== "GET") return new Request(this.#url, { method, headers, body: body ?? null });
    const hangUp = new AbortController();
    if (isFirst) this.#hangUp = hangUp;
    return new Request(this.#url, { headers, signal: hangUp.signal });
  }

  async #answer(process: SimProcess, response: Response, isFirst: boolean): Promise<void> {
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    const head = { status: response.status, headers: response.headers };
    if (isStream && response.body) {
      if (isFirst) await this.#answerStream(process, response.body, head);
      return;
    }
    const text = await response.text();
    if (!process.step()) return;
    const { scheduler, random, faultRates, counts } = this.#network;
    scheduler.note(`answers ${response.status} ${text}`);
    this.#network.onAnswer(process, this.#path, text);
    if (!isFirst || this.#isClosed) return;
    if (this.#network.isCut(process, this.#caller.role) || random.chance(faultRates.loss)) {
      counts.lost += 1;
      this.#breakLater();
    } else if (random.chance(faultRates.silence)) counts.silent += 1;
    else this.#toCaller("reply", () => this.#settle.resolve(new Response(text, head)), true);
  }

  async #answerStream(
    process: SimProcess,
    body: ReadableStream<Uint8Array | string>,
    head: ResponseInit,
  ): Promise<void> {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
      },
    });
    this.#toCaller("stream", () => this.#settle.resolve(new Response(stream, head)), false);
    const { random, faultRates } = this.#network;
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (!process.step() || this.#isClosed) return;
      if (random.chance(faultRates.silence)) return;
      if (done || random.chance(faultRates.loss)) {
        this.#breakLater();
        return;
      }
      // Elysia's handle() gives a stream of strings; over a network there are only bytes.
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      this.#toCaller("chunk", () => this.#stream?.enqueue(bytes), false);
    }
  }

  /** Runs at the caller, after everything that was sent to it before. */
  #toCaller(label: string, run: () => void, isLast: boolean): void {
    const { scheduler } = this.#network;
    this.#lastAtMs = Math.max(this.#lastAtMs, scheduler.nowMs + this.#network.delayMs());
    scheduler.schedule(this.#caller, this.#lastAtMs - scheduler.nowMs, label, () => {
      if (this.#isClosed) return;
      if (isLast) this.#close();
      run();
    });
  }

  #breakLater(code = "ECONNRESET"): void {
    const error = Object.assign(new Error("the connection broke"), { code });
    this.#toCaller(code, () => this.#fail(error), true);
  }

  #fail(error: unknown): void {
    this.#close();
    if (this.#stream) this.#stream.error(error);
    else this.#settle.reject(error);
  }

  // The caller gives up: it is informed at once, the server a little later.
  #onAbort = (): void => {
    if (this.#isClosed) return;
    this.#hangUpLater();
    this.#fail(this.#init.signal?.reason);
  };

  #hangUpLater(): void {
    const { scheduler } = this.#network;
    if (this.#server)
      scheduler.schedule(this.#server, this.#network.delayMs(), "hung up", () => this.#hangUp?.abort());
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}
