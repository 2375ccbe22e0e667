import { connect, type Socket } from "node:net";

import type { Link } from "./link.ts";
import { RequestReader, type HttpRequest } from "./requests.ts";
import type { Weather } from "./weather.ts";

/** For bytes that are to arrive before the connection is reset, which would take them back. */
const onTheWireMs = 5;

/** One connection to a link's peer, and all that is said on it. */
export class Passage {
  readonly #link: Link;
  readonly #inner: Socket;
  #outer: Socket | undefined;
  readonly #reader = new RequestReader();
  #outgoing: Promise<void> | undefined;
  #isLost = false;

  constructor(link: Link, inner: Socket) {
    this.#link = link;
    this.#inner = inner;
    inner.setNoDelay(true);
    // A connection ends as a connection may: `close` follows.
    inner.on("error", () => undefined);
    inner.on("close", () => this.#outer?.destroy());
    inner.on("data", (bytes: Buffer) => {
      for (const request of this.#reader.push(bytes)) void this.#forward(request);
    });
  }

  /** Bytes of it were swallowed: it can only be cut. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Both ends see a broken connection. */
  cut(): void {
    this.#isLost = true;
    if (this.#link.random.chance(0.5)) this.#inner.resetAndDestroy();
    else this.#inner.destroy();
    this.#outer?.destroy();
  }

  async #forward(request: HttpRequest): Promise<void> {
    const link = this.#link;
    const weather = link.meetRequest(request);
    switch (weather?.kind) {
      case "delay-request":
        await link.delay(weather.delayMs);
        break;
      case "reorder-requests":
        await link.line.wait();
        break;
      case "cut-before":
        return this.cut();
      case "cut-request":
        this.#toPeer(request.bytes.subarray(0, link.random.integer(1, request.bytes.length - 1)));
        await Bun.sleep(onTheWireMs);
        return this.cut();
      case "cut-after":
        link.deliver(request);
        return this.cut();
      case "lose-requests":
      case "half-open":
        this.#isLost = true;
        return;
      case "duplicate":
        link.copy(request);
        link.deliver(request);
        break;
      case "stale-copy":
        link.copy(request);
        link.keep(request);
        break;
      default:
    }
    // What was held back arrives also when its sender has given up on it.
    if (this.#inner.destroyed) link.deliver(request);
    else this.#toPeer(request.bytes);
  }

  #toPeer(bytes: Buffer): void {
    this.#outer ??= this.#connect();
    this.#outer.write(bytes);
  }

  #connect(): Socket {
    const outer = connect(this.#link.targetPort, "127.0.0.1").setNoDelay(true);
    outer.on("error", () => undefined);
    outer.on("data", (bytes: Buffer) => this.#fromPeer(bytes));
    outer.on("close", () => {
      if (!this.#isLost) void this.#afterAll(() => this.#inner.destroy());
    });
    return outer;
  }

  #fromPeer(bytes: Buffer): void {
    if (this.#isLost) return;
    const link = this.#link;
    const weather = link.meetReply();
    switch (weather?.kind) {
      case "delay-reply":
        return this.#passBack(bytes, link.delay(weather.delayMs));
      case "reorder-replies":
        return this.#passBack(bytes, link.line.wait());
      case "cut-reply":
        this.#passBack(bytes.subarray(0, link.random.integer(leastOf(bytes, weather), bytes.length - 1)));
        this.#isLost = true;
        return void this.#afterAll(() => setTimeout(() => this.cut(), onTheWireMs));
      case "lose-replies":
      case "half-open":
        this.#isLost = true;
        return;
      default:
        this.#passBack(bytes);
    }
  }

  // In the order in which it came, however long the first of it is held back.
  #passBack(bytes: Buffer, held?: Promise<void>): void {
    if (!held && !this.#outgoing) return void this.#inner.write(bytes);
    const passed = Promise.all([this.#outgoing, held]).then(() => {
      this.#inner.write(bytes);
      if (this.#outgoing === passed) this.#outgoing = undefined;
    });
    this.#outgoing = passed;
  }

  async #afterAll(work: () => void): Promise<void> {
    await this.#outgoing;
    work();
  }
}

/** How many bytes of a reply that is cut go through at least. */
function leastOf(bytes: Buffer, { inBody }: Weather): number {
  const headersEnd = inBody ? bytes.indexOf("\r\n\r\n") : -1;
  return headersEnd < 0 ? 1 : Math.min(headersEnd + 4, bytes.length - 1);
}
