import { describe, test } from "bun:test";
import { betterDriver } from "./better-driver.ts";
import { bunDriver } from "./bun-driver.ts";
import { contractCases } from "./contract-cases.ts";

for (const driver of [bunDriver, betterDriver]) {
  describe(driver.name, () => {
    for (const contractCase of contractCases) test(contractCase.name, () => contractCase.run(driver));
  });
}
