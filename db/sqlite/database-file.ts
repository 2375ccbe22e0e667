import { statSync, type Stats } from "node:fs";

/**
 * The file of a database that is open: whether it is still the one at its path. A file that was deleted, moved or replaced
 * stays writable for the process that has it open, but the next start would not find what was written to it.
 */
export class DatabaseFile {
  readonly #path: string;
  readonly #opened: Stats;
  readonly #onChange: (problem: string | undefined) => void;
  #isLost = false;

  /** To be called with the database open. `onChange` gets the problem when it begins, and undefined when it is over. */
  constructor(path: string, onChange: (problem: string | undefined) => void) {
    this.#path = path;
    this.#opened = statSync(path);
    this.#onChange = onChange;
  }

  /** Why nothing may be acknowledged now, or undefined: looks at the path, which takes some microseconds. */
  problem(): string | undefined {
    const there = statAt(this.#path);
    const isLost = there?.ino !== this.#opened.ino || there.dev !== this.#opened.dev;
    const problem = isLost ? `${this.#path} was deleted, moved or replaced` : undefined;
    if (isLost !== this.#isLost) {
      this.#isLost = isLost;
      this.#onChange(problem);
    }
    return problem;
  }

  /** As `problem`, but looks only when the last look found one: costs nothing in normal operation. */
  lastingProblem(): string | undefined {
    return this.#isLost ? this.problem() : undefined;
  }
}

function statAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
