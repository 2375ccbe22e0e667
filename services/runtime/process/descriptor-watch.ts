import { closeSync, openSync, readFileSync } from "node:fs";

import type { Log } from "./log.ts";

const periodMs = 1_000;
/** Descriptors that must stay free for the process itself: calls to other services, files. */
const reserve = 16;
/** A shortage that ended less than this ago is the same one: it has been logged. */
const calmPeriods = 60;

interface DescriptorWatchOptions {
  log: Pick<Log, "warn">;
  /** Frees descriptors: closes connections on which no request is under way. */
  closeIdle(): void;
  /** The lowest descriptor that is free; undefined when none is. */
  lowestFree?: () => number | undefined;
  /** How many descriptors this process may have; undefined where it cannot be read. */
  limit?: number | undefined;
}

/**
 * Notices that the process is short of file descriptors. Bun then goes on trying to accept the connections that wait, at
 * full load and without a message. A shortage is logged once, and connections without a request are closed while it
 * lasts, so that others are served.
 */
export class DescriptorWatch {
  readonly #options: Required<DescriptorWatchOptions>;
  #calm = calmPeriods;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DescriptorWatchOptions) {
    this.#options = { lowestFree: lowestFreeDescriptor, limit: descriptorLimit(), ...options };
  }

  /** Looks once a second from now on. It does not keep the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.check(), periodMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  check(): void {
    const { log, closeIdle, lowestFree, limit } = this.#options;
    const free = lowestFree();
    // A process gets the lowest descriptor that is free, so all below it are taken.
    if (free !== undefined && free < (limit ?? Infinity) - reserve) {
      this.#calm += 1;
      return;
    }
    if (this.#calm >= calmPeriods)
      log.warn({ limit }, "too few file descriptors: connections without a request are closed, others wait");
    this.#calm = 0;
    closeIdle();
  }
}

function lowestFreeDescriptor(): number | undefined {
  try {
    const descriptor = openSync("/dev/null", "r");
    closeSync(descriptor);
    return descriptor;
  } catch {
    return undefined;
  }
}

function descriptorLimit(): number | undefined {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
