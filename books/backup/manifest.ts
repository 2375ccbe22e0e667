import { readFileSync } from "node:fs";

import { Type, type Static } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

import { currentVersion, type DatabaseName } from "../../db/sqlite/schemas.ts";
import { LogHead } from "../../services/contract/trade.ts";
import { BackupRefused } from "./refused.ts";

/** In the order in which they are copied: the ledger first, so that the copy is never ahead of the catalog's. */
export const databases = ["order", "catalog"] as const satisfies readonly DatabaseName[];

export const format = 1;

const Size = Type.Integer({ minimum: 0 });
const Part = <Name extends string>(name: Name) =>
  Type.Object({ name: Type.Literal(name), bytes: Size, sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) });

/** Describes a backup. `created_at` is ISO 8601; the parts stand in the file in this order. */
export const Manifest = Type.Object({
  format: Type.Literal(format),
  market_id: Type.String(),
  incarnation: Type.Integer(),
  created_at: Type.String(),
  versions: Type.Object({
    bourse: Type.String(),
    sqlite: Type.String(),
    catalog_schema: Type.Integer(),
    order_schema: Type.Integer(),
  }),
  trades: LogHead,
  changes: LogHead,
  ledger: LogHead,
  parts: Type.Tuple([Part("order.db"), Part("catalog.db")]),
});
export type Manifest = Static<typeof Manifest>;

const schema = TypeCompiler.Compile(Manifest);

/** Throws BackupRefused for a text that is not a manifest of this format. */
export function parseManifest(text: string): Manifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new BackupRefused("the backup is damaged: its manifest is no JSON", { cause });
  }
  if (schema.Check(manifest)) return manifest;
  const where = schema.Errors(manifest).First()?.path ?? "";
  throw new BackupRefused(`the backup's manifest is not one of format ${format}: ${where}`);
}

/** Throws BackupRefused for databases whose schema only a newer Bourse has. */
export function assertKnown({ versions }: Manifest): void {
  for (const name of databases) {
    const [theirs, ours] = [versions[`${name}_schema`], currentVersion(name)];
    if (theirs > ours)
      throw new BackupRefused(
        `the backup's ${name}.db is of version ${theirs}, this Bourse knows up to ${ours}: restore it with Bourse ${versions.bourse}`,
      );
  }
}

/** The version of this Bourse, as in its package.json. */
export function bourseVersion(): string {
  const path = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { version?: unknown };
  if (typeof version !== "string") throw new Error("package.json has no version");
  return version;
}
