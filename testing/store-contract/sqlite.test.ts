import { describe, test } from "bun:test";

import { betterDriver } from "../../db/sqlite/better-driver.ts";
import { bunDriver } from "../../db/sqlite/bun-driver.ts";
import { sqliteInFiles, sqliteInMemory } from "./sqlite-engine.ts";
import { storeCases } from "./store-cases.ts";

for (const driver of [bunDriver, betterDriver])
  for (const engine of [sqliteInFiles(driver), sqliteInMemory(driver)])
    describe(engine.name, () => {
      for (const storeCase of storeCases) test(storeCase.name, () => storeCase.run(engine));
    });
