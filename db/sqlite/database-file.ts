import { realpathSync, statSync, type BigIntStats } from "node:fs";

/**
 * The files of a database that is open, itself and its write-ahead log: whether they are still the ones at their paths. A file
 * that was deleted, moved or replaced stays writable for the process that has it open, but the next start would not find what
 * was written to it.
 */
export class DatabaseFile {
  readonly #path: string;
  readonly #opened: BigIntStats;
  /** SQLite keeps it beside the file itself, not beside a link to it. */
  readonly #walPath: string;
  /** Noted at the first look that finds one: from then on it stays for as long as a connection is open. */
  #openedWal: BigIntStats | undefined;
  readonly #onChange: (problem: string | undefined) => void;
  #isLost = false;

  /** To be called with the database open. `onChange` gets the problem when it begins, and undefined when it is over. */
  constructor(path: string, onChange: (problem: string | undefined) => void) {
    this.#path = path;
    this.#opened = statSync(path, { bigint: true });
    this.#walPath = `${realpathSync(path)}-wal`;
    this.#onChange = onChange;
  }

  /** Why nothing may be acknowledged now, or undefined: looks at the path, which takes some microseconds. */
  problem(): string | undefined {
    const lost = this.#lostFile();
    const isLost = lost !== undefined;
    const problem = isLost ? `${lost} was deleted, moved or replaced` : undefined;
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

  #lostFile(): string | undefined {
    if (!isSame(this.#opened, statAt(this.#path))) return this.#path;
    const wal = statAt(this.#walPath);
    this.#openedWal ??= wal;
    return this.#openedWal && !isSame(this.#openedWal, wal) ? this.#walPath : undefined;
  }
}

function isSame(one: BigIntStats, other: BigIntStats | undefined): boolean {
  return other !== undefined && other.ino === one.ino && other.dev === one.dev;
}

function statAt(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false, bigint: true });
  } catch {
    return undefined;
  }
}
