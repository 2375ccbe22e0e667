// The part of the contract suite (contract-cases.ts) about databases in memory.
import assert from "node:assert/strict";
import { schemaVersion } from "./migrate.ts";
import { openMemory, openMemoryDatabase } from "./memory.ts";
import { currentVersion } from "./schemas.ts";
import type { ContractCase } from "./contract-fixture.ts";
import type { MemoryDatabase } from "./memory.ts";

function memoryCase(name: string, check: (database: MemoryDatabase) => void): ContractCase {
  return {
    name: `in memory: ${name}`,
    run(driver) {
      const database = openMemory(driver);
      try {
        database.writer.exec("CREATE TABLE items (id INTEGER PRIMARY KEY) STRICT");
        check(database);
      } finally {
        database.writer.close();
      }
    },
  };
}

const ids = ({ reader }: MemoryDatabase): unknown[] =>
  reader
    .prepare<{ id: number }>("SELECT id FROM items ORDER BY id")
    .all()
    .map(({ id }) => id);

export const memoryCases: readonly ContractCase[] = [
  memoryCase(
    "the reader sees what the writer has committed, and nothing that was rolled back",
    (database) => {
      const { writer } = database;
      const insert = writer.prepare("INSERT INTO items VALUES (?)");
      writer.immediate(() => insert.run(1));
      assert.throws(() =>
        writer.immediate(() => {
          insert.run(2);
          throw new Error("roll back");
        }),
      );
      assert.deepEqual(
        database.reader.snapshot(() => ids(database)),
        [1],
      );
      assert.equal(writer.checkpoint(), true);
    },
  ),

  memoryCase("foreign keys are kept", ({ writer }) => {
    writer.exec("CREATE TABLE parts (item INTEGER REFERENCES items (id)) STRICT");
    assert.throws(() => writer.prepare("INSERT INTO parts VALUES (?)").run(9), /FOREIGN KEY/);
  }),

  memoryCase("closing the reader leaves the database, closing the writer ends it", (database) => {
    database.reader.close();
    assert.deepEqual(ids(database), []);
    database.writer.close();
    assert.throws(() => ids(database));
  }),

  {
    name: "in memory: each database is migrated, and one of its own",
    run(driver) {
      for (const name of ["catalog", "order"] as const) {
        const [first, second] = [openMemoryDatabase(name, driver), openMemoryDatabase(name, driver)];
        assert.equal(schemaVersion(first.reader), currentVersion(name));
        first.writer.exec("CREATE TABLE extra (id INTEGER) STRICT");
        assert.throws(() => second.reader.prepare("SELECT * FROM extra"), /no such table/);
        first.writer.close();
        second.writer.close();
      }
    },
  },
];
