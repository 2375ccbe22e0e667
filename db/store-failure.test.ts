import { expect, test } from "bun:test";

import { StoreFailure, storeFailureIn } from "./store-failure.ts";

const full = new StoreFailure("full", "no room", new Error("from the engine"));

test.each<[what: string, error: unknown, found: StoreFailure | undefined]>([
  ["the failure itself", full, full],
  ["a cause", new Error("cannot open", { cause: full }), full],
  ["a cause of a cause", new Error("a", { cause: new Error("b", { cause: full }) }), full],
  ["another error", new Error("no room"), undefined],
  ["an object that looks like one", { kind: "full" }, undefined],
  ["nothing", undefined, undefined],
])("the store failure in %s is found", (_what, error, found) => {
  expect(storeFailureIn(error)).toBe(found);
});

test("a store failure keeps its kind and the engine's own error", () => {
  expect(full).toMatchObject({ name: "StoreFailure", kind: "full", message: "no room" });
  expect(String(full.cause)).toContain("from the engine");
});
