import { createRequire } from "node:module";

/** What is used of cli-progress, which brings no types. */
interface CliProgress {
  MultiBar: new (options: {
    format: string;
    stream: NodeJS.WriteStream;
    hideCursor: boolean;
    clearOnComplete: boolean;
    gracefulExit: boolean;
  }) => {
    create(total: number, start: number): { update(value: number): void };
    log(text: string): void;
    update(): void;
    stop(): void;
  };
}

export interface ProgressOptions {
  /** How far it is, as of now, from 0 to `total`. */
  value: () => number;
  total: number;
  /** What is counted: `lookups`, `s`. */
  unit: string;
  /** Whether `say` prints, to standard output. */
  isTalking: boolean;
}

/** Shows on standard error how far the run is, and on standard output what is said. */
export interface Progress {
  say(line: string): void;
  stop(): void;
}

const redrawMs = 200;
const lineMs = 5_000;

/**
 * A bar on a terminal; elsewhere a plain line every few seconds, or none where the lines that are said show the
 * progress themselves.
 */
export function startProgress(options: ProgressOptions): Progress {
  if (process.stderr.isTTY) return startBar(options);
  if (options.isTalking) return { say: print, stop: () => {} };
  const { value, total, unit } = options;
  const timer = setInterval(() => {
    process.stderr.write(`${Math.floor(value())} of ${total} ${unit}\n`);
  }, lineMs);
  return { say: () => {}, stop: () => clearInterval(timer) };
}

function startBar({ value, total, unit, isTalking }: ProgressOptions): Progress {
  const { MultiBar } = createRequire(import.meta.url)("cli-progress") as CliProgress;
  const bars = new MultiBar({
    format: `{bar} {percentage} %, {value} of {total} ${unit}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is the simulator's to handle.
    gracefulExit: false,
  });
  const bar = bars.create(total, 0);
  const timer = setInterval(() => bar.update(Math.min(total, Math.floor(value()))), redrawMs);
  // Above the bar where both are on the terminal, or they would overwrite each other.
  const printAbove = process.stdout.isTTY ? (line: string) => bars.log(`${line}\n`) : print;
  return {
    say: isTalking ? printAbove : () => {},
    stop() {
      clearInterval(timer);
      bars.update();
      bars.stop();
    },
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
