import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { atExit } from "../../testing/at-exit.ts";

/** What happens to a call, by the numbers that faults.c knows. */
export const actions = { pass: 0, killBefore: 1, killHalfway: 2, killAfter: 3, fail: 4, failOne: 5 } as const;
export type Action = keyof typeof actions;

/** Which calls count: bits. */
export const calls = { sync: 1, write: 2, any: 7 } as const;
export type Calls = keyof typeof calls;

/** What the kernel calls the errors of a disk. */
export const errnos = { EIO: 5, ENOSPC: 28 } as const;

export interface Fault {
  action: Action;
  calls: Calls;
  /** Base names, of those that the control was made for; all of them by default. */
  files?: readonly string[];
  error?: keyof typeof errnos;
  /** The call that it happens at, from 1, counted from now (`kill…` and `failOne`). */
  nth?: number;
}

/** Faults in the files of one service, switched while it runs. A restart of the service changes nothing. */
export class FaultControl {
  /** The environment of the service. */
  readonly variables: Record<string, string>;
  readonly #file: number;
  readonly #names: readonly string[];

  constructor(path: string, library: string, files: readonly string[], trace?: string) {
    this.#names = files;
    this.#file = openSync(path, "w+");
    writeSync(this.#file, new Uint8Array(4096), 0, 4096, 0);
    this.variables = {
      LD_PRELOAD: library,
      TORTURE_CONTROL: path,
      TORTURE_FILES: files.join(":"),
      ...(trace && { TORTURE_TRACE: trace }),
    };
  }

  set({ action, calls: which, files = this.#names, error = "EIO", nth = 0 }: Fault): void {
    const bits = this.#names.reduce((sum, name, index) => (files.includes(name) ? sum + 2 ** index : sum), 0);
    const fields = Int32Array.of(actions[action], calls[which], bits, errnos[error], nth);
    // The action comes last: until then the old one holds, and not half of the new.
    this.#write(Int32Array.of(actions.pass), 0);
    this.#write(fields.subarray(1), 4);
    this.#write(fields.subarray(0, 1), 0);
  }

  clear(): void {
    this.#write(Int32Array.of(actions.pass), 0);
  }

  /** Faults that happened by now. */
  get injected(): number {
    const field = new Int32Array(1);
    readSync(this.#file, field, 0, 4, 20);
    return field[0] ?? 0;
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(fields: Int32Array, at: number): void {
    writeSync(this.#file, fields, 0, fields.byteLength, at);
  }
}

export interface FaultLibrary extends Disposable {
  /** `files` are base names, such as `catalog.db-wal`. What is done to them is written down in `trace`, if given. */
  control(files: readonly string[], trace?: string): FaultControl;
}

/** Why there can be no faults in files here, or undefined. */
export function noFaultsBecause(): string | undefined {
  if (process.platform !== "linux") return "faults in files need Linux";
  return Bun.which("cc") ? undefined : "faults in files need a C compiler (cc)";
}

/** Builds faults.c into a folder of its own, which goes with it. Throws what the compiler said. */
export function buildFaults(): FaultLibrary {
  const folder = mkdtempSync(join(tmpdir(), "bourse-faults-"));
  const library = join(folder, "faults.so");
  const source = join(import.meta.dir, "faults.c");
  const built = Bun.spawnSync(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"]);
  if (!built.success) {
    rmSync(folder, { recursive: true });
    throw new Error(`faults.c does not build: ${built.stderr.toString()}`);
  }
  const controls: FaultControl[] = [];
  const remains = atExit(() => rmSync(folder, { recursive: true, force: true }));
  return {
    control(files, trace) {
      const control = new FaultControl(join(folder, `control-${controls.length}`), library, files, trace);
      controls.push(control);
      return control;
    },
    [Symbol.dispose]() {
      for (const control of controls) control.close();
      remains.leave();
    },
  };
}
