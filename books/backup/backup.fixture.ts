import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Value } from "../../db/sqlite/driver.ts";
import { openReader } from "../../db/sqlite/open.ts";
import { makeMarketFiles, type MarketFiles } from "../audit/market-files.fixture.ts";
import { runAudit, type AuditReport } from "../audit/run.ts";
import { FileSource } from "../audit/store.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { writeBackup } from "./backup.ts";
import type { Manifest } from "./manifest.ts";

/** A stopped market, a backup of it, and a path to restore to. */
export class BackedUp implements Disposable {
  readonly books: MarketFiles;
  readonly #folder = temporaryFolder();
  manifest!: Manifest;

  private constructor(books: MarketFiles) {
    this.books = books;
  }

  static async of(rounds: number): Promise<BackedUp> {
    const backedUp = new BackedUp(await makeMarketFiles(rounds));
    const { file, books } = backedUp;
    backedUp.manifest = await writeBackup({ dataDir: books.folder, file, force: false });
    return backedUp;
  }

  get file(): string {
    return this.path("market.backup");
  }

  get target(): string {
    return this.path("target");
  }

  path(name: string): string {
    return join(this.#folder.path, name);
  }

  /** A copy of the market's folder: the data before a restoration. */
  dataLike(name: string): string {
    cpSync(this.books.folder, this.path(name), { recursive: true });
    return this.path(name);
  }

  [Symbol.dispose](): void {
    this.books[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }
}

/** The SHA-256 of each file in a folder, by name. */
export function contentsOf(folder: string): Record<string, string> | undefined {
  if (!existsSync(folder)) return undefined;
  const digest = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  return Object.fromEntries(
    readdirSync(folder, { recursive: false }).map((name) => [String(name), digest(String(name))]),
  );
}

export function rowsOf(folder: string, file: "catalog" | "order", table: string): Record<string, Value>[] {
  const db = openReader(join(folder, `${file}.db`));
  try {
    return db.prepare<Record<string, Value>>(`SELECT * FROM ${table} ORDER BY 1`).all();
  } finally {
    db.close();
  }
}

/** The checks that fail in a folder's books: none is []. */
export async function failedChecks(folder: string): Promise<AuditReport["checks"]> {
  const source = new FileSource(folder);
  const { checks } = await runAudit(source).finally(() => source.close());
  return checks.filter(({ ok }) => !ok);
}
