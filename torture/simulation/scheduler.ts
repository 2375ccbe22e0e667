import { drainMicrotasks } from "bun:jsc";

import { EventQueue, type Scheduled } from "./event-queue.ts";

/** Why a process ended. Whoever is fenced off stays down. */
export type End = "crashed" | "fenced";

/**
 * A process of the simulated market. Whatever leaves it (a call, a reply, a timer, a write) is one step, and it can be
 * made to die at any step: what it does after that has no effect any more.
 */
export class SimProcess {
  readonly name: string;
  readonly #onEnd: (process: SimProcess, end: End) => void;
  isAlive = true;
  /** It runs nothing before this moment. */
  frozenUntilMs = 0;
  frozenMs = 0;
  #stepsLeft = Infinity;

  constructor(name: string, onEnd: (process: SimProcess, end: End) => void = () => undefined) {
    this.name = name;
    this.#onEnd = onEnd;
  }

  /** `order` for the process `order.2`. */
  get role(): string {
    return this.name.slice(0, this.name.indexOf("."));
  }

  dieAfter(steps: number): void {
    this.#stepsLeft = steps;
  }

  /** Takes one step. False: it is dead, and the step does not happen. */
  step(): boolean {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft <= 0) this.end("crashed");
    return this.isAlive;
  }

  end(end: End): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#onEnd(this, end);
  }
}

const maxUntaken = 1 << 16;

/** The clock of a simulation, and the one list of all that is going to happen in it. */
export class Scheduler {
  readonly #queue = new EventQueue();
  readonly #trace = new Bun.CryptoHasher("sha256");
  /** Lines that the hash has not yet taken in, because many at once cost less. */
  #untaken = "";
  #stamp = { atMs: 0, text: "0.000" };
  readonly #onLine: ((line: string) => void) | undefined;
  /** The process whose code runs now. */
  current: SimProcess;
  /** What belongs to no process: the network, and whoever breaks things. */
  readonly world = new SimProcess("world");
  nowMs = 0;
  /** Errors that nothing caught: in a real process each one is a crash. */
  readonly uncaught: string[] = [];

  constructor(onLine?: (line: string) => void) {
    this.current = this.world;
    this.#onLine = onLine;
  }

  /** One line of what this run did. The hash over all of them is the run's identity. */
  note(line: string): void {
    if (this.#stamp.atMs !== this.nowMs) this.#stamp = { atMs: this.nowMs, text: this.nowMs.toFixed(3) };
    const text = `${this.#stamp.text} ${this.current.name} ${line}\n`;
    this.#untaken += text;
    if (this.#untaken.length > maxUntaken) this.#takeIn();
    this.#onLine?.(text);
  }

  get traceHash(): string {
    this.#takeIn();
    return this.#trace.copy().digest("hex");
  }

  #takeIn(): void {
    this.#trace.update(this.#untaken);
    this.#untaken = "";
  }

  schedule(owner: SimProcess, delayMs: number, label: string, run: () => void): Scheduled {
    return this.#queue.push({
      atMs: this.nowMs + Math.max(0, delayMs),
      owner,
      label,
      run,
      isCancelled: false,
    });
  }

  /** Runs what is due, in order, until `isOver` or nothing is left or `untilMs` has come. */
  run(untilMs: number, isOver: () => boolean): void {
    while (!isOver()) {
      const event = this.#queue.pop();
      if (!event || event.atMs > untilMs) return;
      if (event.isCancelled || !event.owner.isAlive) continue;
      this.nowMs = event.atMs;
      const { frozenUntilMs } = event.owner;
      if (frozenUntilMs > this.nowMs) {
        event.atMs = frozenUntilMs;
        this.#queue.push(event);
      } else this.#perform(event);
    }
  }

  /** Lets what still waits come to its end without an effect, so that nothing of it is kept. */
  end(letGo: () => void): void {
    const nobody = new SimProcess("nobody");
    nobody.end("crashed");
    this.current = nobody;
    letGo();
    drainMicrotasks();
  }

  // One event, and everything that follows from it at once: promises that it settles, and those that they settle.
  #perform(event: Scheduled): void {
    this.current = event.owner;
    this.note(event.label);
    try {
      event.run();
      drainMicrotasks();
    } catch (error) {
      this.uncaught.push(`${event.owner.name}: ${String(error)}`);
      event.owner.end("crashed");
    }
    this.current = this.world;
  }
}
