import { connect, createServer, type Server, type Socket } from "node:net";

import type { Random } from "../../testing/random.ts";
import { ProxiedConnection } from "./proxied-connection.ts";
import type { HttpRequest } from "./requests.ts";
import { ReorderBuffer } from "./reorder-buffer.ts";
import { affectsRequests, type NetworkFault } from "./network-fault.ts";

export interface LinkOptions {
  /** Where it listens; it must be free. */
  port: number;
  targetPort: number;
  random: Random;
  /** How long messages that are to be reordered wait for others. */
  reorderMs?: number;
  /** Called when a copy of this request was made, which will arrive too. */
  onCopy(request: HttpRequest): void;
}

const answerWithinMs = 5_000;
const keptMax = 20;

/** A proxy between two processes. It forwards everything, except for what its fault affects. */
export class Link {
  readonly random: Random;
  readonly reorderBuffer: ReorderBuffer;
  readonly #options: LinkOptions;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #delayed = new Set<() => void>();
  readonly #deliveries = new Set<Socket>();
  #targetPort: number;
  #kept: HttpRequest[] = [];
  #fault: NetworkFault | undefined;
  #affected = 0;
  #server: Server | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#targetPort = options.targetPort;
    this.random = options.random;
    this.reorderBuffer = new ReorderBuffer(options.reorderMs ?? 80);
    this.#server = this.#listen();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  /** The port of the peer. */
  get targetPort(): number {
    return this.#targetPort;
  }

  /** New connections go to another port; by default to the original one. */
  setTarget(port: number = this.#options.targetPort): void {
    this.#targetPort = port;
  }

  startFault(fault: NetworkFault): void {
    this.#fault = fault;
    this.#affected = 0;
    if (fault.kind !== "refuse") return;
    this.#affected = 1;
    this.#server?.close();
    this.#server = undefined;
    for (const connection of this.#connections) connection.cut();
  }

  /** Ends the fault, heals the connections, and returns how many messages it affected. */
  async endFault(): Promise<number> {
    this.#fault = undefined;
    for (const go of this.#delayed) go();
    this.reorderBuffer.release();
    for (const connection of this.#connections) if (connection.isLost) connection.cut();
    if (!this.#server) {
      this.#server = this.#listen();
      await new Promise((resolve) => this.#server?.once("listening", resolve));
    }
    return this.#affected;
  }

  faultOfRequest({ method }: HttpRequest): NetworkFault | undefined {
    const kind = this.#fault?.kind;
    if (kind === undefined || !affectsRequests(kind)) return undefined;
    const isCopying = kind === "duplicate" || kind === "stale-copy";
    return isCopying && method === "GET" ? undefined : this.#affect();
  }

  faultOfReply(): NetworkFault | undefined {
    const kind = this.#fault?.kind;
    if (kind === undefined || (affectsRequests(kind) && kind !== "half-open")) return undefined;
    return this.#affect();
  }

  #affect(): NetworkFault | undefined {
    if (!this.random.chance(this.#fault?.share ?? 0)) return undefined;
    this.#affected += 1;
    return this.#fault;
  }

  /** Resolves after `delayMs`, or when the fault ends. */
  delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.#delayed.delete(go);
        resolve();
      };
      const timer = setTimeout(go, delayMs);
      this.#delayed.add(go);
    });
  }

  copy(request: HttpRequest): void {
    this.#options.onCopy(request);
  }

  /** Sends a request on a connection of its own, and drops the answer. */
  deliver({ bytes }: HttpRequest): void {
    const socket = connect(this.targetPort, "127.0.0.1");
    const timer = setTimeout(() => socket.destroy(), answerWithinMs);
    this.#deliveries.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      this.#deliveries.delete(socket);
    });
    socket.write(bytes);
  }

  /** Keeps a copy for `deliverKept`. */
  keep(request: HttpRequest): void {
    if (this.#kept.length < keptMax) this.#kept.push(request);
  }

  /** Delivers the copies that were kept, the last first, and returns their number. */
  deliverKept(): number {
    const kept = this.#kept.toReversed();
    this.#kept = [];
    for (const request of kept) this.deliver(request);
    return kept.length;
  }

  close(): void {
    this.#server?.close();
    for (const connection of this.#connections) connection.cut();
    for (const socket of this.#deliveries) socket.destroy();
  }

  #listen(): Server {
    const server = createServer((socket) => {
      const connection = new ProxiedConnection(this, socket);
      this.#connections.add(connection);
      socket.on("close", () => this.#connections.delete(connection));
    });
    return server.listen(this.#options.port, "127.0.0.1");
  }
}
