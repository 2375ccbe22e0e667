import { expect, test } from "bun:test";

import { residentMb } from "../../testing/load/memory.ts";
import type { StockState } from "../../services/contract/stock.ts";
import { StockNames } from "./stock-names.ts";
import { StockTable } from "./stock-table.ts";

function stateOf(name: string, version = 1): StockState {
  return { name, price_cents: 1_599, quantity: 2 ** 50, volume: 2 ** 53 - 1, status: "open", version };
}

test.each([
  ["in order", ["A", "AB", "B", "a", "a-1", "a.1"]],
  ["in no order", ["B", "A", "a", "AB", "C", "."]],
  ["in order but for one", ["A", "C", "B", "D", "E"]],
  ["that no market would have", ["", "A", "Ä", "B", "名", "\u{1F4C8}", "Z"]],
])("names that come %s have each their own place, and are found there", (_, names) => {
  const table = new StockNames();
  expect(names.map((name) => table.add(name))).toEqual(names.map((_name, place) => place));
  expect(names.map((name) => table.add(name))).toEqual(names.map((_name, place) => place));
  expect(names.map((name) => table.indexOf(name))).toEqual(names.map((_name, place) => place));
  expect(names.map((_name, place) => table.nameAt(place))).toEqual(names);
  expect(table.size).toBe(names.length);
  for (const other of ["AA", "b", "AB\0", "\u{1F4C9}"]) expect(table.indexOf(other)).toBeUndefined();
});

test("a table gives back each state as it was last set, whatever status it has", () => {
  const names = new StockNames();
  const [table, other] = [new StockTable(names), new StockTable(names)];
  const states = Array.from({ length: 1_000 }, (_, index) => stateOf(`S${index}`, index));
  for (const state of states) table.set(state);
  const halted: StockState = { ...stateOf("S7", 8), status: "halted", quantity: -3 };
  const forged = { ...stateOf("S8", 9), status: "shut" as StockState["status"] };
  for (const state of [halted, forged, halted]) table.set(state);
  other.set(stateOf("S999"));

  const due = states.with(7, halted).with(8, forged);
  expect([...table.values()]).toEqual(due);
  expect(due.map(({ name }) => table.get(name))).toEqual(due);
  expect(table.size).toBe(1_000);
  expect([other.get("S7"), other.get("X"), [...other.values()]]).toEqual([
    undefined,
    undefined,
    [stateOf("S999")],
  ]);
});

// As objects in maps they take 600 MB.
test.skipIf(process.platform !== "linux")(
  "a million stocks, as seen and as replayed, are kept in 400 MB",
  () => {
    const before = residentMb(process.pid);
    const names = new StockNames();
    const tables = [new StockTable(names), new StockTable(names)];
    for (let index = 0; index < 1_000_000; index += 1)
      for (const table of tables) table.set(stateOf(`Stock-${String(index).padStart(8, "0")}`));
    expect(tables.map(({ size }) => size)).toEqual([1_000_000, 1_000_000]);
    expect(residentMb(process.pid) - before).toBeLessThan(400);
  },
  30_000,
);
