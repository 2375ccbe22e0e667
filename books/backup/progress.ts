import { createRequire } from "node:module";

/** Shows on stderr which step is under way and how far it is. One step at a time. */
export interface Progress {
  /** `total` is bytes or rows, whatever `add` and `reach` count. */
  begin(step: string, total: number): void;
  add(done: number): void;
  reach(done: number): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

/** Shows nothing. */
export const silent: Progress = { begin() {}, add() {}, reach() {}, stop() {} };

interface Bar {
  start(total: number, done: number, payload: { step: string }): void;
  update(done: number): void;
  increment(done: number): void;
  stop(): void;
}

interface BarLibrary {
  SingleBar: new (options: { format: string; stream: NodeJS.WriteStream; clearOnComplete: boolean }) => Bar;
}

const plainEveryMs = 2_000;

/** A bar on a terminal; elsewhere a line for a step that takes longer. */
export function showProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? barOn(stream) : linesOn(stream);
}

// The library comes without types: this names the part of it that is used.
function barOn(stream: NodeJS.WriteStream): Progress {
  const { SingleBar } = createRequire(import.meta.url)("cli-progress") as BarLibrary;
  const bar = new SingleBar({ format: "{bar} {percentage}%  {step}", stream, clearOnComplete: true });
  return {
    begin(step, total) {
      bar.stop();
      bar.start(total, 0, { step });
    },
    add: (done) => bar.increment(done),
    reach: (done) => bar.update(done),
    stop: () => bar.stop(),
  };
}

function linesOn(stream: NodeJS.WriteStream): Progress {
  let [step, total, done, saidAt] = ["", 0, 0, 0];
  const reach = (now: number): void => {
    done = now;
    if (performance.now() - saidAt < plainEveryMs || total === 0) return;
    saidAt = performance.now();
    stream.write(`${step}: ${Math.min(100, Math.floor((100 * done) / total))} %\n`);
  };
  return {
    begin(name, of) {
      [step, total, done, saidAt] = [name, of, 0, performance.now()];
    },
    add: (more) => reach(done + more),
    reach,
    stop() {},
  };
}
