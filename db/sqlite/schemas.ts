import { newestVersion } from "./migrate.ts";

export type DatabaseName = "catalog" | "order";

/** The folder with each database's migrations. */
export const migrations: Readonly<Record<DatabaseName, URL>> = {
  catalog: new URL("../catalog/", import.meta.url),
  order: new URL("../order/", import.meta.url),
};

/** The version (`user_version`) that this Bourse writes. */
export function currentVersion(name: DatabaseName): number {
  return newestVersion(migrations[name]);
}
