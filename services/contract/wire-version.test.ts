import { expect, test } from "bun:test";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";

import { Change } from "./change.ts";
import { EpochRequest, Market } from "./market.ts";
import { BatchRequest, SubmitRequest } from "./order.ts";
import { StockState } from "./stock.ts";
import { LogHead, Trade } from "./trade.ts";
import { wireVersion } from "./wire-version.ts";

const schemas = { BatchRequest, Change, EpochRequest, LogHead, Market, StockState, SubmitRequest, Trade };

/** Shapes that are sent, too, and have no schema: the text of their declarations counts. */
const declared: Record<string, readonly string[]> = {
  "batch-reply.ts": ["BatchReply", "CompactTrade"],
  "feed.ts": ["CatalogEvent", "LedgerEvent", "StockChange"],
  "heads.ts": ["CatalogHeads", "LedgerHead"],
  "order.ts": ["Decision", "OrderOutcome", "SubmitReply"],
  "order-service.ts": ["LedgerQuery", "LedgerPage"],
  "trade.ts": ["Fill"],
};

/** A type's declaration, without comments and white space. */
function declarationOf(file: string, name: string): string {
  const text = readFileSync(new URL(file, import.meta.url), "utf8");
  const found = new RegExp(`^export (?:interface ${name} \\{.*?^\\}|type ${name} =.*?;$)`, "ms").exec(text);
  if (!found) throw new Error(`${file} declares no ${name}: name the shape here as it is named there`);
  return found[0].replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, "").replace(/\s+/g, "");
}

test("the wire version is the hash of everything that services send each other", () => {
  const declarations = Object.entries(declared).flatMap(([file, names]) =>
    names.map((name) => declarationOf(file, name)),
  );
  // Elysia adds this key to the schemas of its routes when another test of the same run has made an app.
  const isPlain = (key: string, value: unknown) => (key === "additionalProperties" ? undefined : value);
  const shapes = JSON.stringify([schemas, declarations], isPlain);
  expect(wireVersion).toBe(hash("sha256", shapes, "hex").slice(0, 12));
});
