import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { claimDatabase } from "../../db/sqlite/claim.ts";
import type { Writer } from "../../db/sqlite/driver.ts";
import type { DatabaseName } from "../../db/sqlite/schemas.ts";
import { StoreFailure } from "../../db/store-failure.ts";
import type { OpeningStock } from "../../services/catalog/opening.ts";
import { CatalogWriter } from "../../services/catalog/writer/store.ts";
import type { Random } from "../../testing/random.ts";

/** In memory where possible: what counts is the order of writes, not the speed of a disk. */
export const fastFolder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const opening: OpeningStock[] = [
  { name: "A", priceCents: 1_599, quantity: 60 },
  { name: "B", priceCents: 100, quantity: 1_000 },
  { name: "C", priceCents: 7, quantity: 0 },
];

/** The disks of the simulated machines: a folder for each database, and what a crash leaves of it. */
export class Disk implements Disposable {
  readonly #root: string;
  readonly #templates: string;
  #folders = 0;
  #schedule = 0;

  constructor(parent: string = fastFolder) {
    this.#root = mkdtempSync(join(parent, "bourse-simulation-"));
    this.#templates = join(this.#root, "templates");
    for (const name of ["catalog", "order"] as const) {
      const { writer, lock } = claimDatabase(join(this.#templates, name), name, "NORMAL");
      if (name === "catalog") new CatalogWriter(writer).open("simulation", () => opening, 1_000);
      writer.checkpoint();
      writer.close();
      lock.release();
    }
  }

  /** A folder with the database of a new market: migrated, and with its opening stocks if it is the catalog's. */
  newFolder(name: DatabaseName): string {
    const folder = this.#next();
    copyFileSync(join(this.#templates, name, `${name}.db`), join(folder, `${name}.db`));
    return folder;
  }

  /**
   * Moves the files of a killed process to a new folder: every byte that it had written. Must run before its connections
   * are closed: SQLite does not change a write-ahead log whose database is no longer at its path. After a power cut,
   * the end of a log that was never synced may be missing.
   */
  afterCrash(folder: string, name: DatabaseName, powerCut?: Random): string {
    return this.#copyFiles(renameSync, folder, name, powerCut);
  }

  /** A folder with what a power cut would leave of this one now; this one stays in use. */
  copyAfterPowerCut(folder: string, name: DatabaseName, powerCut: Random): string {
    return this.#copyFiles(copyFileSync, folder, name, powerCut);
  }

  /** Removes the folders of the schedule that ended. */
  clear(): void {
    rmSync(this.#scheduleFolder(), { recursive: true, force: true });
    this.#schedule += 1;
    this.#folders = 0;
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  #copyFiles(
    transfer: (from: string, to: string) => void,
    folder: string,
    name: DatabaseName,
    powerCut?: Random,
  ): string {
    const next = this.#next();
    const log = join(next, `${name}.db-wal`);
    transfer(join(folder, `${name}.db`), join(next, `${name}.db`));
    if (!existsSync(join(folder, `${name}.db-wal`))) return next;
    transfer(join(folder, `${name}.db-wal`), log);
    if (powerCut) truncateSync(log, powerCut.integer(0, statSync(log).size));
    return next;
  }

  #next(): string {
    this.#folders += 1;
    const folder = join(this.#scheduleFolder(), String(this.#folders));
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  #scheduleFolder(): string {
    return join(this.#root, String(this.#schedule));
  }
}

/** `full`: every write fails. `locked`: another process holds the lock, so every transaction fails. */
export type DiskState = "ok" | "full" | "locked";

/** A writer on a disk in this state. */
export function onDisk(writer: Writer, state: () => DiskState): Writer {
  const changes = writer.prepare<{ count: number }>("SELECT total_changes() AS count");
  const changed = (): number => changes.get()?.count ?? 0;
  return {
    ...writer,
    immediate(work) {
      if (state() === "locked") throw new StoreFailure("busy", "database is locked");
      if (state() === "ok") return writer.immediate(work);
      return writer.immediate(() => {
        const before = changed();
        const result = work();
        if (state() === "full" && changed() > before)
          throw new StoreFailure("full", "database or disk is full");
        return result;
      });
    },
  };
}
