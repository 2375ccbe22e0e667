// What both drivers must do alike, as cases for any test runner: contract.test.ts runs them under Bun,
// contract.node.ts under Node.
import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failureCases } from "./contract-failure-cases.ts";
import { assertFailure, contractCase, count, insert, pragma, thrownBy } from "./contract-fixture.ts";
import { memoryCases } from "./contract-memory-cases.ts";
import { valueCases } from "./contract-value-cases.ts";
import { storeFailureIn } from "../store-failure.ts";
import { DatabaseOpenError } from "./errors.ts";
import type { ContractCase } from "./contract-fixture.ts";

export const contractCases: readonly ContractCase[] = [
  ...valueCases,
  ...memoryCases,
  ...failureCases,

  contractCase("a writer is durable, in WAL mode, waits for a lock and keeps foreign keys", ({ writer }) => {
    assert.equal(pragma(writer, "journal_mode"), "wal");
    assert.equal(pragma(writer, "synchronous"), 2);
    assert.equal(pragma(writer, "busy_timeout"), 5000);
    assert.equal(pragma(writer, "foreign_keys"), 1);
    assert.equal(pragma(writer, "fullfsync"), 1);
    assert.equal(pragma(writer, "checkpoint_fullfsync"), 1);
    writer.exec("CREATE TABLE parts (item INTEGER REFERENCES items (id)) STRICT");
    const orphan = thrownBy(() => writer.prepare("INSERT INTO parts VALUES (?)").run(1));
    assertFailure(orphan, "constraint");
  }),

  contractCase("a reader waits for a lock and cannot write", ({ writer, openReader: open }) => {
    const reader = open();
    assert.equal(pragma(reader, "busy_timeout"), 5000);
    const refused = thrownBy(() => reader.prepare("INSERT INTO items VALUES (?, ?, ?)").run(1, 1, null));
    assertFailure(refused, "in_doubt");
    assert.match(String(refused), /readonly/);
    assert.equal(count(writer), 0);
  }),

  contractCase(
    "a reader of a missing file gets a clear error and makes no file",
    ({ folder, openReader: open }) => {
      const path = join(folder, "missing.db");
      const error = thrownBy(() => open(path));
      assert.ok(error instanceof DatabaseOpenError);
      assert.match(error.message, /missing\.db: there is no such file/);
      assert.equal(existsSync(path), false);
    },
  ),

  contractCase("a writer in a missing folder gets a clear error", ({ folder, openWriter: open }) => {
    const error = thrownBy(() => open(join(folder, "nowhere", "test.db")));
    assert.ok(error instanceof DatabaseOpenError);
    assert.match(error.message, /there is no folder .*nowhere/);
  }),

  contractCase("a file that is no database gets a clear error", ({ folder, ...open }) => {
    const path = join(folder, "text.db");
    writeFileSync(path, "no database ".repeat(500));
    for (const error of [thrownBy(() => open.openReader(path)), thrownBy(() => open.openWriter(path))]) {
      assert.ok(error instanceof DatabaseOpenError);
      assert.match(error.message, /text\.db: file is not a database/);
      assert.equal(storeFailureIn(error)?.kind, "damaged");
    }
  }),

  contractCase("a reader opens a database that no writer has open", ({ path, writer, openReader: open }) => {
    insert(writer, 1, 1, null);
    writer.close();
    assert.equal(existsSync(`${path}-wal`), false);
    assert.equal(count(open()), 1);
  }),

  contractCase("a reader sees the committed state while a write transaction is open", (fixture) => {
    const reader = fixture.openReader();
    insert(fixture.writer, 1, 1, null);
    fixture.writer.immediate(() => {
      insert(fixture.writer, 2, 1, null);
      assert.equal(count(reader), 1);
    });
    assert.equal(count(reader), 2);
  }),

  contractCase("the reads of a snapshot see one state", ({ writer, openReader: open }) => {
    const reader = open();
    const counts = reader.snapshot(() => {
      const before = count(reader);
      insert(writer, 1, 1, null);
      return [before, count(reader)];
    });
    assert.deepEqual(counts, [0, 0]);
    assert.equal(count(reader), 1);
  }),

  contractCase("finished reads hold no checkpoint back", ({ path, writer, openReader: open }) => {
    const reader = open();
    const everything = reader.prepare("SELECT * FROM items");
    for (const id of [1, 2, 3]) insert(writer, id, 1, null);
    everything.get();
    reader.snapshot(() => everything.get());
    assert.equal(writer.checkpoint(), true);
    assert.equal(statSync(`${path}-wal`).size, 0);
  }),

  contractCase(
    "the room that a WAL took during a long snapshot is given back when it starts over",
    ({ path, writer, ...fixture }) => {
      const reader = fixture.openReader();
      const walBytes = (): number => statSync(`${path}-wal`).size;
      reader.snapshot(() => {
        count(reader);
        for (let id = 1; id <= 5; id += 1)
          writer.exec("CREATE TABLE large AS SELECT zeroblob(10000000) AS room; DROP TABLE large;");
      });
      assert.ok(walBytes() > 48e6);
      insert(writer, 1, 1, null);
      insert(writer, 2, 1, null);
      assert.ok(walBytes() < 34e6);
    },
  ),

  contractCase(
    "a checkpoint that a snapshot holds back says so and loses nothing",
    ({ writer, ...fixture }) => {
      const reader = fixture.openReader();
      reader.snapshot(() => {
        count(reader);
        insert(writer, 1, 1, null);
        writer.exec("PRAGMA busy_timeout = 0");
        assert.equal(writer.checkpoint(), false);
      });
      assert.equal(writer.checkpoint(), true);
      assert.equal(count(reader), 1);
    },
  ),

  contractCase("immediate commits and gives the result of its work", ({ writer, openReader: open }) => {
    const result = writer.immediate(() => {
      insert(writer, 1, 5, null);
      return "done";
    });
    assert.equal(result, "done");
    assert.equal(count(open()), 1);
  }),

  contractCase("immediate rolls everything back when its work throws", ({ writer }) => {
    const reason = new Error("the reason");
    const work = (): void => {
      insert(writer, 1, 5, null);
      throw reason;
    };
    assert.equal(
      thrownBy(() => writer.immediate(work)),
      reason,
    );
    assert.equal(count(writer), 0);
    writer.immediate(() => insert(writer, 2, 5, null));
    assert.equal(count(writer), 1);
  }),

  contractCase("an async transaction is refused and rolled back", ({ writer, openReader: open }) => {
    const reader = open();
    const work = async (): Promise<void> => insert(writer, 1, 5, null);
    // @ts-expect-error refused by the compiler as well
    const refused = thrownBy(() => writer.immediate(work));
    assert.ok(refused instanceof TypeError);
    assert.match(refused.message, /async/);
    assert.equal(count(writer), 0);
    // @ts-expect-error refused by the compiler as well
    assert.ok(thrownBy(() => reader.snapshot(async () => 1)) instanceof TypeError);
    reader.snapshot(() => count(reader));
  }),

  contractCase("a transaction inside a transaction is refused and both are rolled back", ({ writer }) => {
    const nested = (): void => {
      insert(writer, 1, 5, null);
      writer.immediate(() => insert(writer, 2, 5, null));
    };
    assertFailure(
      thrownBy(() => writer.immediate(nested)),
      "in_doubt",
    );
    assert.equal(count(writer), 0);
  }),

  contractCase(
    "get gives the first row or undefined, all gives every row, run counts changes",
    ({ writer }) => {
      const add = writer.prepare("INSERT INTO items VALUES (?, ?, ?)");
      for (const id of [1, 2]) assert.deepEqual(add.run(id, 1, null), { changes: 1 });
      assert.equal(writer.prepare("SELECT id FROM items WHERE id = 9").get(), undefined);
      assert.deepEqual({ ...(writer.prepare("SELECT id FROM items").get() as object) }, { id: 1 });
      const returned = writer.prepare<{ id: number }>("UPDATE items SET amount = 7 RETURNING id").all();
      assert.deepEqual(
        returned.map((row) => row.id),
        [1, 2],
      );
      assert.deepEqual(writer.prepare("DELETE FROM items").run(), { changes: 2 });
      assert.throws(() => add.get(3, 1, null), TypeError);
      assert.throws(() => add.all(3, 1, null), TypeError);
      assert.equal(count(writer), 0);
    },
  ),

  contractCase("a closed connection answers nothing more and may be closed twice", ({ writer }) => {
    const statement = writer.prepare("SELECT 1 AS one");
    writer.close();
    writer.close();
    assert.throws(() => statement.get());
    assert.throws(() => writer.prepare("SELECT 1"));
    assert.throws(() => writer.immediate(() => 1));
  }),
];
