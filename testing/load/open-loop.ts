import { once } from "node:events";

import { stockNames } from "./plenty.ts";

/**
 * A load generator in a process of its own: `startLoad` runs this file as a program. It speaks HTTP on raw sockets,
 * one request at a time on each, with ready-made bytes, so that it takes little of the processors it shares with
 * the services.
 */
export interface LoadOptions {
  url: string;
  connections: number;
  seconds: number;
  /**
   * Orders per second, independent of the answers (open loop). Undefined: each connection sends on an answer
   * (closed).
   */
  ratePerSecond?: number;
}

export interface LoadReport {
  seconds: number;
  /** When the last order was sent, in ms since 1970. */
  overAt: number;
  /** Requests that went out. */
  sent: number;
  /** Orders that were due while every connection was busy. */
  noConnection: number;
  /** Orders that were sent, and whose connection ended without an answer. */
  lost: number;
  /** Answers by `<status> <reason>`. */
  answers: Record<string, number>;
  /** Refusals without Retry-After; an answer that the outcome is unknown does not count. */
  withoutRetryAfter: number;
  /** Of the accepted, from the moment when each was due to be sent, in ms, ascending. */
  latenciesMs: number[];
  /** The transaction numbers of the accepted. */
  numbers: number[];
}

/** Runs a load in a process of its own. Rejects when that process fails. */
export async function startLoad(options: LoadOptions): Promise<LoadReport> {
  const child = Bun.spawn([process.execPath, import.meta.path, JSON.stringify(options)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error("the load generator failed");
  return JSON.parse(text) as LoadReport;
}

/** The loads of several processes as one. */
export function mergeReports(reports: readonly LoadReport[]): LoadReport {
  const sum = (read: (report: LoadReport) => number) => reports.reduce((total, one) => total + read(one), 0);
  const kinds = [...new Set(reports.flatMap((one) => Object.keys(one.answers)))];
  return {
    seconds: Math.max(...reports.map((one) => one.seconds)),
    overAt: Math.max(...reports.map((one) => one.overAt)),
    sent: sum((one) => one.sent),
    noConnection: sum((one) => one.noConnection),
    lost: sum((one) => one.lost),
    answers: Object.fromEntries(kinds.map((kind) => [kind, sum((one) => one.answers[kind] ?? 0)])),
    withoutRetryAfter: sum((one) => one.withoutRetryAfter),
    latenciesMs: reports.flatMap((one) => one.latenciesMs).toSorted((left, right) => left - right),
    numbers: reports.flatMap((one) => one.numbers),
  };
}

/** One keep-alive connection and the request that it waits for. */
interface Wire {
  socket: Bun.Socket<Wire> | undefined;
  /** When the request under way was due; undefined while idle. */
  dueAt: number | undefined;
  read: Buffer;
}

const drainMs = 8_000;
const tickMs = 1;
const headEnd = Buffer.from("\r\n\r\n");

class Load {
  readonly #options: LoadOptions;
  readonly #requests: Buffer[];
  readonly #idle: Wire[] = [];
  #next = 0;
  #isOver = false;
  readonly #report: Omit<LoadReport, "seconds" | "overAt"> = {
    sent: 0,
    noConnection: 0,
    lost: 0,
    answers: {},
    withoutRetryAfter: 0,
    latenciesMs: [],
    numbers: [],
  };

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#requests = requestsFor(options.url);
  }

  async run(): Promise<LoadReport> {
    await this.#connectAll();
    const startedAt = performance.now();
    const { ratePerSecond, seconds, connections } = this.#options;
    if (ratePerSecond === undefined) {
      for (const wire of this.#idle.splice(0)) this.#send(wire, performance.now());
      await Bun.sleep(seconds * 1_000);
    } else await this.#arrive(startedAt, ratePerSecond / 1_000, seconds * 1_000);
    this.#isOver = true;
    const overAt = Date.now();
    const took = (performance.now() - startedAt) / 1_000;
    const giveUpAt = performance.now() + drainMs;
    while (this.#idle.length < connections && performance.now() < giveUpAt) await Bun.sleep(20);
    this.#report.lost += connections - this.#idle.length;
    return { ...this.#report, seconds: took, overAt };
  }

  async #connectAll(): Promise<void> {
    const atOnce = 100;
    for (let open = 0; open < this.#options.connections; open += atOnce)
      await Promise.all(
        Array.from({ length: Math.min(atOnce, this.#options.connections - open) }, async () => {
          const wire: Wire = { socket: undefined, dueAt: undefined, read: Buffer.alloc(0) };
          await this.#connect(wire);
          this.#idle.push(wire);
        }),
      );
  }

  async #connect(wire: Wire): Promise<void> {
    const { hostname, port } = new URL(this.#options.url);
    await Bun.connect<Wire>({
      hostname,
      port: Number(port),
      data: wire,
      socket: {
        open: (socket) => void (wire.socket = socket),
        data: (_, bytes) => this.#received(wire, bytes),
        close: () => void this.#closed(wire),
        error: () => undefined,
      },
    });
  }

  // Arrivals keep their own time: one that is late is measured from when it was due.
  async #arrive(startedAt: number, perMs: number, durationMs: number): Promise<void> {
    let arrived = 0;
    for (let elapsed = 0; elapsed < durationMs; elapsed = performance.now() - startedAt) {
      for (const due = Math.floor(elapsed * perMs); arrived < due; arrived += 1) {
        const wire = this.#idle.pop();
        if (wire) this.#send(wire, startedAt + arrived / perMs);
        else this.#report.noConnection += 1;
      }
      await Bun.sleep(tickMs);
    }
  }

  #send(wire: Wire, dueAt: number): void {
    wire.dueAt = dueAt;
    this.#report.sent += 1;
    this.#next = (this.#next + 1) % this.#requests.length;
    wire.socket?.write(this.#requests[this.#next] ?? "");
  }

  #received(wire: Wire, bytes: Uint8Array): void {
    const answer = wire.read.length === 0 ? Buffer.from(bytes) : Buffer.concat([wire.read, bytes]);
    const bodyAt = answer.indexOf(headEnd) + headEnd.length;
    const head = answer.toString("latin1", 0, Math.max(0, bodyAt - headEnd.length));
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (!(answer.length >= bodyAt + length)) {
      wire.read = answer;
      return;
    }
    wire.read = Buffer.alloc(0);
    this.#count(Number(head.slice(9, 12)), head, answer.toString("latin1", bodyAt), wire.dueAt ?? 0);
    wire.dueAt = undefined;
    if (this.#options.ratePerSecond === undefined && !this.#isOver) this.#send(wire, performance.now());
    else this.#idle.push(wire);
  }

  #count(status: number, head: string, body: string, dueAt: number): void {
    const { answers, latenciesMs, numbers } = this.#report;
    const reason = status === 200 ? "traded" : (/"reason":"(\w+)"/.exec(body)?.[1] ?? "");
    const kind = `${status} ${reason}`;
    answers[kind] = (answers[kind] ?? 0) + 1;
    if (status === 200) {
      latenciesMs.push(performance.now() - dueAt);
      numbers.push(Number(/"transaction_number":(\d+)/.exec(body)?.[1]));
    } else if (reason !== "outcome_unknown" && !/^retry-after: \d+/im.test(head))
      this.#report.withoutRetryAfter += 1;
  }

  async #closed(wire: Wire): Promise<void> {
    if (this.#isOver) return;
    if (wire.dueAt !== undefined) this.#report.lost += 1;
    else this.#idle.splice(this.#idle.indexOf(wire), 1);
    wire.dueAt = undefined;
    wire.read = Buffer.alloc(0);
    await this.#connect(wire);
    this.#idle.push(wire);
  }
}

/** Buys and sells of one share in turn, of several stocks. */
function requestsFor(url: string): Buffer[] {
  const { host } = new URL(url);
  return stockNames.flatMap((name) =>
    ["sell", "buy"].map((type) => {
      const body = JSON.stringify({ name, type, quantity: 1 });
      const head = `POST /orders HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
      return Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    }),
  );
}

if (import.meta.main) {
  const report = await new Load(JSON.parse(process.argv[2] ?? "{}") as LoadOptions).run();
  if (!process.stdout.write(JSON.stringify(report))) await once(process.stdout, "drain");
  process.exit(0);
}
