import { drainMicrotasks } from "bun:jsc";

import { EventQueue, type Scheduled } from "./event-queue.ts";

/**
 * A process of the simulated market. Each of its effects (a call, a reply, a write) is one step, and it can be made to
 * crash at any step: nothing that its code does after that has an effect.
 */
export class SimProcess {
  readonly name: string;
  readonly #onCrash: () => void;
  isAlive = true;
  /** No event of this process runs before this time. */
  frozenUntilMs = 0;
  #stepsLeft = Infinity;

  constructor(name: string, onCrash: () => void = () => undefined) {
    this.name = name;
    this.#onCrash = onCrash;
  }

  /** `order` for the process `order.2`. */
  get role(): string {
    return this.name.slice(0, this.name.indexOf("."));
  }

  crashAfter(steps: number): void {
    this.#stepsLeft = steps;
  }

  /** Counts one step. False: the process has ended, and the step must not happen. */
  step(): boolean {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft <= 0) this.crash();
    return this.isAlive;
  }

  crash(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#onCrash();
  }
}

const maxUnhashedChars = 1 << 16;

/** The time of a simulation, and its one queue of events. */
export class Scheduler {
  readonly #queue = new EventQueue();
  readonly #trace = new Bun.CryptoHasher("sha256");
  /** Lines that are not in the hash yet: many at once cost less. */
  #unhashed = "";
  #stamp = { atMs: 0, text: "0.000" };
  readonly #onLine: ((line: string) => void) | undefined;
  /** The process whose code runs now. */
  current: SimProcess;
  /** Owns the events that belong to no service and no client: network, faults, restarts. */
  readonly world = new SimProcess("world");
  nowMs = 0;
  /** Uncaught errors: each would end a real process. */
  readonly uncaught: string[] = [];

  constructor(onLine?: (line: string) => void) {
    this.current = this.world;
    this.#onLine = onLine;
  }

  /** Adds a line to the trace. Its hash identifies the run: two runs of one seed must have the same. */
  note(line: string): void {
    if (this.#stamp.atMs !== this.nowMs) this.#stamp = { atMs: this.nowMs, text: this.nowMs.toFixed(3) };
    const text = `${this.#stamp.text} ${this.current.name} ${line}\n`;
    this.#unhashed += text;
    if (this.#unhashed.length > maxUnhashedChars) this.#hashLines();
    this.#onLine?.(text);
  }

  get traceHash(): string {
    this.#hashLines();
    return this.#trace.copy().digest("hex");
  }

  #hashLines(): void {
    this.#trace.update(this.#unhashed);
    this.#unhashed = "";
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

  /** Runs events in order until `isOver`, the queue is empty, or the next one is later than `untilMs`. */
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

  /** Settles what code still waits for, by `release`, without an effect: otherwise it would never be collected. */
  end(release: () => void): void {
    const ended = new SimProcess("ended");
    ended.crash();
    this.current = ended;
    release();
    drainMicrotasks();
  }

  // One event, and all promise callbacks that follow from it.
  #perform(event: Scheduled): void {
    this.current = event.owner;
    this.note(event.label);
    try {
      event.run();
      drainMicrotasks();
    } catch (error) {
      this.uncaught.push(`${event.owner.name}: ${String(error)}`);
      event.owner.crash();
    }
    this.current = this.world;
  }
}
