// What the cases of the driver contract suite share.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StoreFailure, type StoreFailureKind } from "../store-failure.ts";
import { openReader, openWriter } from "./open.ts";
import type { Driver, Reader, Value, Writer } from "./driver.ts";

export interface ContractCase {
  name: string;
  run: (driver: Driver) => void;
}

interface Fixture {
  folder: string;
  path: string;
  /** Holds `items (id INTEGER PRIMARY KEY, amount INTEGER CHECK (amount >= 0), payload BLOB)`, empty. */
  writer: Writer;
  openReader: (path?: string) => Reader;
  openWriter: (path?: string) => Writer;
}

/** A case with a new folder, a writer in it, and everything closed and removed afterwards. */
export function contractCase(name: string, check: (fixture: Fixture) => void): ContractCase {
  return {
    name,
    run(driver) {
      const folder = mkdtempSync(join(tmpdir(), "bourse-db-"));
      const path = join(folder, "test.db");
      const opened: Reader[] = [];
      const keep = <T extends Reader>(connection: T): T => {
        opened.push(connection);
        return connection;
      };
      const fixture = {
        openReader: (other = path) => keep(openReader(other, driver)),
        openWriter: (other = path) => keep(openWriter(other, { synchronous: "FULL" }, driver)),
      };
      try {
        const writer = fixture.openWriter();
        writer.exec(`CREATE TABLE items (
          id INTEGER PRIMARY KEY, amount INTEGER CHECK (amount >= 0), payload BLOB
        ) STRICT`);
        check({ folder, path, writer, ...fixture });
      } finally {
        for (const connection of opened) connection.close();
        rmSync(folder, { recursive: true });
      }
    },
  };
}

export function pragma(connection: Reader, name: string): unknown {
  return Object.values(connection.prepare<Record<string, unknown>>(`PRAGMA ${name}`).get() ?? {})[0];
}

export function count(connection: Reader): number | undefined {
  return connection.prepare<{ n: number }>("SELECT count(*) AS n FROM items").get()?.n;
}

export function insert(writer: Writer, ...row: [id: Value, amount: Value, payload: Value]): void {
  writer.prepare("INSERT INTO items VALUES (?, ?, ?)").run(...row);
}

/** The error that `action` throws. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was thrown");
}

export function assertFailure(error: unknown, kind: StoreFailureKind): void {
  assert.ok(error instanceof StoreFailure, String(error));
  assert.equal(error.kind, kind);
}
