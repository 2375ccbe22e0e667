// The suite under Node (22.18 or newer runs TypeScript as it is): node --test testing/store-contract/sqlite.node.ts
import { test } from "node:test";

import { runtimeDriver } from "../../db/sqlite/runtime-driver.ts";
import { sqliteInFiles, sqliteInMemory } from "./sqlite-engine.ts";
import { storeCases } from "./store-cases.ts";

const driver = runtimeDriver();
for (const engine of [sqliteInFiles(driver), sqliteInMemory(driver)])
  for (const storeCase of storeCases)
    void test(`${engine.name}: ${storeCase.name}`, () => storeCase.run(engine));
