import { writeSync } from "node:fs";

import pino from "pino";

export type Log = pino.Logger;

/** One JSON line on standard output for each event; line breaks in values are escaped. */
export function createLog(service: string): Log {
  return pino({ base: { service } }, new LogOutput((bytes) => writeSync(1, bytes)));
}

/** How long one line waits for a reader that does not keep up, when the pipe does not block by itself. */
const longestWaitMs = 1_000;
const waitStepMs = 10;

/**
 * Writes log lines, each before `write` returns. A line that cannot be written (the disk is full, the terminal or the
 * reader is gone) is lost, and the service goes on. The first line that can be written again follows one with the
 * number of lines that were lost.
 *
 * Invariant: `#isMidLine` while the last byte that was written is not a line end.
 */
export class LogOutput {
  readonly #writeSome: (bytes: Uint8Array) => number;
  #lost = 0;
  #isMidLine = false;

  /** `writeSome` writes a part of the bytes, at least one, and returns how many; it throws a system error. */
  constructor(writeSome: (bytes: Uint8Array) => number) {
    this.#writeSome = writeSome;
  }

  write(line: string): void {
    try {
      if (this.#isMidLine) this.#writeAll("\n");
      if (this.#lost > 0) this.#writeAll(lostLine(this.#lost));
      this.#lost = 0;
      this.#writeAll(line);
    } catch {
      this.#lost += 1;
    }
  }

  #writeAll(text: string): void {
    let rest = Buffer.from(text);
    for (let waitedMs = 0; rest.length > 0;) {
      try {
        rest = rest.subarray(this.#writeSome(rest));
        this.#isMidLine = rest.length > 0 || !text.endsWith("\n");
      } catch (error) {
        if (!isFullPipe(error) || waitedMs >= longestWaitMs) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitStepMs);
        waitedMs += waitStepMs;
      }
    }
  }
}

function lostLine(lost: number): string {
  return `${JSON.stringify({ level: 40, time: Date.now(), lost, msg: "log lines could not be written" })}\n`;
}

function isFullPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
