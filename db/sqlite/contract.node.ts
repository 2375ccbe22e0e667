// The contract suite under Node (22.18 or newer runs TypeScript as it is): node --test db/sqlite/contract.node.ts
import { test } from "node:test";
import { contractCases } from "./contract-cases.ts";
import { runtimeDriver } from "./runtime-driver.ts";

const driver = runtimeDriver();
for (const contractCase of contractCases) {
  void test(`${driver.name}: ${contractCase.name}`, () => contractCase.run(driver));
}
