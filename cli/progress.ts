import { createRequire } from "node:module";

import { systemClock, type Clock } from "../services/runtime/flow/clock.ts";

/** Shows the progress of a command on standard error. */
export interface Progress {
  /** `share` is from 0 to 1; `text` is shown next to it. */
  update(share: number, text: string): void;
  /** Prints a line on standard output; above the bar when both are on the same terminal. */
  print(line: string): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

export interface ProgressOptions {
  /** Whether plain lines are printed where there is no terminal; false when `print` shows the progress by itself. */
  showsLines?: boolean;
  stream?: NodeJS.WriteStream;
  out?: NodeJS.WriteStream;
  clock?: Clock;
}

/** The part of cli-progress that is used: it has no types of its own. */
interface CliProgress {
  MultiBar: new (options: {
    format: string;
    stream: NodeJS.WriteStream;
    clearOnComplete: boolean;
    gracefulExit: boolean;
  }) => {
    create(total: number, value: number, payload: { text: string }): Bar;
    log(text: string): void;
    update(): void;
    stop(): void;
  };
}

interface Bar {
  update(value: number, payload: { text: string }): void;
}

const lineEveryMs = 5_000;
/** The value of a full bar. */
const barTotal = 1_000;

/** A bar on a terminal, elsewhere a plain line every 5 seconds. `label` is the name of the command or of its part. */
export function startProgress(label: string, options: ProgressOptions = {}): Progress {
  const { showsLines = true, stream = process.stderr, out = process.stdout, clock = systemClock } = options;
  return stream.isTTY ? barOn(label, stream, out) : linesOn(label, stream, out, showsLines, clock);
}

function barOn(label: string, stream: NodeJS.WriteStream, out: NodeJS.WriteStream): Progress {
  const { MultiBar } = createRequire(import.meta.url)("cli-progress") as CliProgress;
  const bars = new MultiBar({
    format: `${label} {bar} {percentage} %  {text}`,
    stream,
    clearOnComplete: true,
    // SIGINT and SIGTERM belong to the command.
    gracefulExit: false,
  });
  const bar = bars.create(barTotal, 0, { text: "" });
  const stop = (): void => {
    process.off("exit", stop);
    // Writes the lines that are still in the buffer of `log`.
    bars.update();
    bars.stop();
  };
  process.on("exit", stop);
  return {
    update: (share, text) => bar.update(Math.floor(Math.min(1, share) * barTotal), { text }),
    print: (line) => (out.isTTY ? bars.log(`${line}\n`) : void out.write(`${line}\n`)),
    stop,
  };
}

function linesOn(
  label: string,
  stream: NodeJS.WriteStream,
  out: NodeJS.WriteStream,
  showsLines: boolean,
  clock: Clock,
): Progress {
  let lastLineAtMs = clock.now();
  return {
    update(share, text) {
      if (!showsLines || clock.now() - lastLineAtMs < lineEveryMs) return;
      lastLineAtMs = clock.now();
      stream.write(`${label}: ${Math.floor(Math.min(1, share) * 100)} %, ${text}\n`);
    },
    print: (line) => void out.write(`${line}\n`),
    stop() {},
  };
}
