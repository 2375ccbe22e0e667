// The part of the contract suite (contract-cases.ts) about the failures of an engine.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { assertFailure, contractCase, count, insert, thrownBy } from "./contract-fixture.ts";
import type { ContractCase } from "./contract-fixture.ts";
import type { Value } from "./driver.ts";

export const failureCases: readonly ContractCase[] = [
  contractCase(
    "a COMMIT that breaks a constraint writes nothing, and no transaction stays open",
    ({ writer }) => {
      writer.exec(`CREATE TABLE parts (
      item INTEGER REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED
    ) STRICT`);
      const error = thrownBy(() =>
        writer.immediate(() => writer.prepare("INSERT INTO parts VALUES (?)").run(9)),
      );
      assertFailure(error, "constraint");
      assert.match(String(error), /COMMIT failed/);
      writer.immediate(() => insert(writer, 1, 1, null));
      assert.equal(count(writer), 1);
    },
  ),

  contractCase("a second writer's transaction fails as busy", ({ writer, openWriter: open }) => {
    const second = open();
    second.exec("PRAGMA busy_timeout = 0");
    writer.immediate(() => {
      assertFailure(
        thrownBy(() => second.immediate(() => 1)),
        "busy",
      );
    });
    assert.equal(
      second.immediate(() => 1),
      1,
    );
  }),

  contractCase("a broken constraint undoes only its own statement", ({ writer }) => {
    insert(writer, 1, 5, null);
    const conflicts: [id: Value, amount: Value][] = [
      [1, 5],
      [2, -1],
      [3, "seven"],
    ];
    for (const [id, amount] of conflicts) {
      assertFailure(
        thrownBy(() => insert(writer, id, amount, null)),
        "constraint",
      );
    }
    assert.equal(count(writer), 1);
  }),

  contractCase("a full database rolls back, and takes writes again once there is room", (fixture) => {
    const { writer } = fixture;
    const reader = fixture.openReader();
    insert(writer, 1, 1, null);
    writer.exec("PRAGMA max_page_count = 8");
    const fill = (): void => {
      for (let id = 2; id < 100; id += 1) insert(writer, id, 1, new Uint8Array(4000));
    };
    assertFailure(
      thrownBy(() => writer.immediate(fill)),
      "full",
    );
    assert.equal(count(reader), 1);
    writer.exec("PRAGMA max_page_count = 1000");
    writer.immediate(fill);
    assert.equal(count(reader), 99);
  }),

  contractCase(
    "an unknown table or a syntax error is a store failure, its cause the library's error",
    (fixture) => {
      for (const sql of ["SELECT 1 FROM nowhere", "SELECT"]) {
        const failure = thrownBy(() => fixture.writer.prepare(sql));
        assertFailure(failure, "in_doubt");
        assert.ok(failure instanceof Error && failure.cause instanceof Error);
        assertFailure(
          thrownBy(() => fixture.writer.exec(sql)),
          "in_doubt",
        );
      }
    },
  ),

  contractCase("a damaged page is found when it is read", ({ path, writer, openReader: open }) => {
    writer.immediate(() => {
      for (let id = 1; id <= 50; id += 1) insert(writer, id, 1, new Uint8Array(2000));
    });
    writer.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0x5a, 2 * 4096));
    assertFailure(
      thrownBy(() => open().prepare("SELECT * FROM items").all()),
      "damaged",
    );
  }),
];
