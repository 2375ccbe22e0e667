import { connect, type Socket } from "node:net";

import type { Link } from "./link.ts";
import { RequestReader, type HttpRequest } from "./requests.ts";
import type { NetworkFault } from "./network-fault.ts";

/** Time for bytes to arrive before the connection is reset: a reset discards bytes that were not read. */
const transferMs = 5;

/** One connection through a link. */
export class ProxiedConnection {
  readonly #link: Link;
  readonly #client: Socket;
  #server: Socket | undefined;
  readonly #reader = new RequestReader();
  #outgoing: Promise<void> | undefined;
  #isLost = false;

  constructor(link: Link, client: Socket) {
    this.#link = link;
    this.#client = client;
    client.setNoDelay(true);
    // `close` follows.
    client.on("error", () => undefined);
    client.on("close", () => this.#server?.destroy());
    client.on("data", (bytes: Buffer) => {
      for (const request of this.#reader.push(bytes)) void this.#forward(request);
    });
  }

  /** Whether bytes were dropped: such a connection can only be cut. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Breaks the connection at both ends. */
  cut(): void {
    this.#isLost = true;
    if (this.#link.random.chance(0.5)) this.#client.resetAndDestroy();
    else this.#client.destroy();
    this.#server?.destroy();
  }

  async #forward(request: HttpRequest): Promise<void> {
    const link = this.#link;
    const fault = link.faultOfRequest(request);
    switch (fault?.kind) {
      case "delay-request":
        await link.delay(fault.delayMs);
        break;
      case "reorder-requests":
        await link.reorderBuffer.wait();
        break;
      case "cut-before":
        return this.cut();
      case "cut-request":
        this.#toServer(request.bytes.subarray(0, link.random.integer(1, request.bytes.length - 1)));
        await Bun.sleep(transferMs);
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
    // A request that was held back arrives also when its sender has given up.
    if (this.#client.destroyed) link.deliver(request);
    else this.#toServer(request.bytes);
  }

  #toServer(bytes: Buffer): void {
    this.#server ??= this.#connect();
    this.#server.write(bytes);
  }

  #connect(): Socket {
    const server = connect(this.#link.targetPort, "127.0.0.1").setNoDelay(true);
    server.on("error", () => undefined);
    server.on("data", (bytes: Buffer) => this.#fromServer(bytes));
    server.on("close", () => {
      if (!this.#isLost) void this.#afterOutgoing(() => this.#client.destroy());
    });
    return server;
  }

  #fromServer(bytes: Buffer): void {
    if (this.#isLost) return;
    const link = this.#link;
    const fault = link.faultOfReply();
    switch (fault?.kind) {
      case "delay-reply":
        return this.#toClient(bytes, link.delay(fault.delayMs));
      case "reorder-replies":
        return this.#toClient(bytes, link.reorderBuffer.wait());
      case "cut-reply":
        this.#toClient(bytes.subarray(0, link.random.integer(minPassed(bytes, fault), bytes.length - 1)));
        this.#isLost = true;
        return void this.#afterOutgoing(() => setTimeout(() => this.cut(), transferMs));
      case "lose-replies":
      case "half-open":
        this.#isLost = true;
        return;
      default:
        this.#toClient(bytes);
    }
  }

  // In the original order, however long the first part is held back.
  #toClient(bytes: Buffer, held?: Promise<void>): void {
    if (!held && !this.#outgoing) return void this.#client.write(bytes);
    const passed = Promise.all([this.#outgoing, held]).then(() => {
      this.#client.write(bytes);
      if (this.#outgoing === passed) this.#outgoing = undefined;
    });
    this.#outgoing = passed;
  }

  async #afterOutgoing(work: () => void): Promise<void> {
    await this.#outgoing;
    work();
  }
}

/** The least number of bytes that pass of a reply that is cut. */
function minPassed(bytes: Buffer, { inBody }: NetworkFault): number {
  const headersEnd = inBody ? bytes.indexOf("\r\n\r\n") : -1;
  return headersEnd < 0 ? 1 : Math.min(headersEnd + 4, bytes.length - 1);
}
