// The part of the contract suite (contract-cases.ts) about the values that a statement takes and returns.
import assert from "node:assert/strict";
import { contractCase, count, insert, thrownBy } from "./contract-fixture.ts";
import type { ContractCase } from "./contract-fixture.ts";
import type { Value } from "./driver.ts";

export const valueCases: readonly ContractCase[] = [
  contractCase("a statement takes exactly its parameters", ({ writer }) => {
    const statement = writer.prepare("INSERT INTO items VALUES (?, ?, NULL)");
    assert.throws(() => statement.run(1));
    assert.throws(() => statement.run(1, 2, 3));
    assert.equal(count(writer), 0);
    assert.equal(statement.run(1, 2).changes, 1);
  }),

  contractCase("what SQLite would store as something else is refused", ({ writer }) => {
    const echo = writer.prepare("SELECT ? AS value");
    const wrong: [value: unknown, error: new () => Error][] = [
      [undefined, TypeError],
      [true, TypeError],
      [{}, TypeError],
      [new Date(0), TypeError],
      [Number.NaN, RangeError],
      [Number.POSITIVE_INFINITY, RangeError],
      [2 ** 53, RangeError],
      [2n ** 63n, RangeError],
    ];
    for (const [value, error] of wrong) {
      assert.ok(thrownBy(() => echo.get(value as Value)) instanceof error, String(value));
      assert.ok(thrownBy(() => echo.all(value as Value)) instanceof error, String(value));
      assert.ok(thrownBy(() => echo.run(value as Value)) instanceof error, String(value));
    }
  }),

  contractCase("numbered and named parameters and a second statement are refused", ({ writer }) => {
    for (const sql of ["SELECT ?1", "SELECT :a", "SELECT $a", "SELECT @a", "SELECT 1; SELECT 2"]) {
      assert.ok(thrownBy(() => writer.prepare(sql)) instanceof SyntaxError, sql);
    }
    const row = writer.prepare<{ text: string }>("SELECT ':a ?1; ' AS text; -- it's fine").get();
    assert.equal(row?.text, ":a ?1; ");
  }),

  contractCase("whole numbers are bound as integers", ({ writer }) => {
    const kind = writer.prepare<{ kind: string }>("SELECT typeof(?) AS kind");
    for (const value of [1, 2 ** 31, -(2 ** 52), Number.MAX_SAFE_INTEGER, 1n, 2n ** 60n]) {
      assert.deepEqual({ ...kind.get(value) }, { kind: "integer" }, String(value));
    }
    assert.deepEqual({ ...kind.get(0.5) }, { kind: "real" });
  }),

  contractCase("integers up to 2^53 - 1 come back exactly, larger ones never rounded", ({ writer }) => {
    const amount = writer.prepare<{ amount: number }>("SELECT amount FROM items WHERE id = ?");
    insert(writer, 1, Number.MAX_SAFE_INTEGER, null);
    insert(writer, 2, 2n ** 53n, null);
    insert(writer, 3, 2n ** 63n - 1n, null);
    assert.equal(amount.get(1)?.amount, Number.MAX_SAFE_INTEGER);
    assert.throws(() => amount.get(2), RangeError);
    assert.throws(() => amount.all(3), RangeError);
    const capped = writer.prepare<{ amount: number }>(
      "SELECT min(amount, ?) AS amount FROM items WHERE id = 3",
    );
    assert.equal(capped.get(Number.MAX_SAFE_INTEGER)?.amount, Number.MAX_SAFE_INTEGER);
  }),

  contractCase("blobs, text and nulls come back as they went in", ({ writer }) => {
    const echo = writer.prepare<{ value: Value }>("SELECT ? AS value");
    const bytes = new Uint8Array([9, 0, 1, 255, 9]).subarray(1, 4);
    const blob = echo.get(bytes)?.value;
    assert.ok(blob instanceof Uint8Array);
    assert.deepEqual([...blob], [0, 1, 255]);
    const fromBuffer = echo.get(Buffer.from("ab"))?.value;
    assert.ok(fromBuffer instanceof Uint8Array);
    assert.deepEqual([...fromBuffer], [97, 98]);
    const empty = echo.get(new Uint8Array())?.value;
    assert.ok(empty instanceof Uint8Array && empty.length === 0);
    for (const value of ["", "Ünï😀", "a\0b", null, 0, -1.5]) assert.equal(echo.get(value)?.value, value);
  }),
];
