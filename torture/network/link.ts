import { connect, createServer, type Server, type Socket } from "node:net";

import type { Random } from "../../testing/random.ts";
import { Passage } from "./passage.ts";
import type { HttpRequest } from "./requests.ts";
import { ReverseLine } from "./reverse-line.ts";
import { meetsRequests, type Weather } from "./weather.ts";

export interface LinkOptions {
  /** Where it listens; it must be free. */
  port: number;
  targetPort: number;
  random: Random;
  /** How long what is to be reordered waits for more of it. */
  reorderMs?: number;
  /** A copy of this request was made, which will arrive as well. */
  onCopy(request: HttpRequest): void;
}

const answerWithinMs = 5_000;
const keptMax = 20;

/** A proxy between a pair that passes everything on, but for what the weather does to it. */
export class Link {
  readonly random: Random;
  readonly line: ReverseLine;
  readonly #options: LinkOptions;
  readonly #passages = new Set<Passage>();
  readonly #delayed = new Set<() => void>();
  readonly #deliveries = new Set<Socket>();
  #targetPort: number;
  #kept: HttpRequest[] = [];
  #weather: Weather | undefined;
  #met = 0;
  #server: Server | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#targetPort = options.targetPort;
    this.random = options.random;
    this.line = new ReverseLine(options.reorderMs ?? 80);
    this.#server = this.#listen();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  /** The port of the peer. */
  get targetPort(): number {
    return this.#targetPort;
  }

  /** New connections go to another peer; without a port, to the one of the beginning. */
  aim(port: number = this.#options.targetPort): void {
    this.#targetPort = port;
  }

  begin(weather: Weather): void {
    this.#weather = weather;
    this.#met = 0;
    if (weather.kind !== "refuse") return;
    this.#met = 1;
    this.#server?.close();
    this.#server = undefined;
    for (const passage of this.#passages) passage.cut();
  }

  /** Mends what the weather did, and returns how many messages it met. */
  async clear(): Promise<number> {
    this.#weather = undefined;
    for (const go of this.#delayed) go();
    this.line.release();
    for (const passage of this.#passages) if (passage.isLost) passage.cut();
    if (!this.#server) {
      this.#server = this.#listen();
      await new Promise((resolve) => this.#server?.once("listening", resolve));
    }
    return this.#met;
  }

  meetRequest({ method }: HttpRequest): Weather | undefined {
    const kind = this.#weather?.kind;
    if (kind === undefined || !meetsRequests(kind)) return undefined;
    const isCopying = kind === "duplicate" || kind === "stale-copy";
    return isCopying && method === "GET" ? undefined : this.#meet();
  }

  meetReply(): Weather | undefined {
    const kind = this.#weather?.kind;
    if (kind === undefined || (meetsRequests(kind) && kind !== "half-open")) return undefined;
    return this.#meet();
  }

  #meet(): Weather | undefined {
    if (!this.random.chance(this.#weather?.share ?? 0)) return undefined;
    this.#met += 1;
    return this.#weather;
  }

  /** Until then, or until the weather clears. */
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

  /** Sends a request on a connection of its own; nobody hears the answer. */
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
    for (const passage of this.#passages) passage.cut();
    for (const socket of this.#deliveries) socket.destroy();
  }

  #listen(): Server {
    const server = createServer((socket) => {
      const passage = new Passage(this, socket);
      this.#passages.add(passage);
      socket.on("close", () => this.#passages.delete(passage));
    });
    return server.listen(this.#options.port, "127.0.0.1");
  }
}
