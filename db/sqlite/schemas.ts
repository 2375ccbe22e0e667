import { fileURLToPath } from "node:url";

import { newestVersion } from "./migrate.ts";

export type DatabaseName = "catalog" | "order";

/** The path of the folder with each database's migrations. */
export const migrations: Readonly<Record<DatabaseName, string>> = {
  catalog: fileURLToPath(new URL("../catalog/", import.meta.url)),
  order: fileURLToPath(new URL("../order/", import.meta.url)),
};

/** The version (`user_version`) that this Bourse writes. */
export function currentVersion(name: DatabaseName): number {
  return newestVersion(migrations[name]);
}
