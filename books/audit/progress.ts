import { createRequire } from "node:module";

import { counted } from "./checks.ts";
import type { OnProgress } from "./walk.ts";

export interface ProgressView {
  onProgress: OnProgress;
  /** Leaves the terminal as it was. */
  stop(): void;
}

interface Bar {
  start(total: number, done: number): void;
  setTotal(total: number): void;
  update(done: number): void;
  stop(): void;
}

interface BarLibrary {
  SingleBar: new (options: { format: string; stream: NodeJS.WriteStream; clearOnComplete: boolean }) => Bar;
}

const plainEveryMs = 2_000;

/** Shows on stderr how far the audit is: a bar on a terminal, elsewhere a line now and then. */
export function showProgress(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? barOn(stream) : linesOn(stream);
}

// The library comes without types: this names the part of it that is used.
function barOn(stream: NodeJS.WriteStream): ProgressView {
  const { SingleBar } = createRequire(import.meta.url)("cli-progress") as BarLibrary;
  const bar = new SingleBar({
    format: "{bar} {percentage}%  {value} of {total} trades",
    stream,
    clearOnComplete: true,
  });
  bar.start(0, 0);
  return {
    onProgress({ done, total }) {
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

function linesOn(stream: NodeJS.WriteStream): ProgressView {
  let saidAt = performance.now();
  return {
    onProgress({ done, total }) {
      if (done === total || performance.now() - saidAt < plainEveryMs) return;
      saidAt = performance.now();
      stream.write(`audit: ${Math.floor((100 * done) / total)} % of ${counted(total, "trade")}\n`);
    },
    stop() {},
  };
}
