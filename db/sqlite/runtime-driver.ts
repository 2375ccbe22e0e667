import { betterDriver } from "./better-driver.ts";
import { bunDriver } from "./bun-driver.ts";
import type { Driver } from "./driver.ts";

/** bun:sqlite under Bun, better-sqlite3 under Node. */
export function runtimeDriver(): Driver {
  return "bun" in process.versions ? bunDriver : betterDriver;
}
