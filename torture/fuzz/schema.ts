import { TypeGuard, type TSchema } from "@sinclair/typebox";
import fc from "fast-check";

import type { Json } from "./json.ts";

/** Useful values for fields of this name, as JSON text. */
export type Hints = Readonly<Record<string, readonly string[]>>;

/** Values of a schema as JSON text: mostly valid, often at a bound, sometimes just beyond one. Throws for unknown kinds. */
export function jsonOf(schema: TSchema, hints: Hints = {}, field = ""): fc.Arbitrary<Json> {
  const plain = plainJsonOf(schema, hints);
  const hinted = hints[field];
  return hinted ? fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...hinted) }, plain) : plain;
}

function plainJsonOf(schema: TSchema, hints: Hints): fc.Arbitrary<Json> {
  if (TypeGuard.IsObject(schema)) return objectOf(schema.properties, hints);
  if (TypeGuard.IsArray(schema))
    return fc.array(jsonOf(schema.items, hints), { maxLength: 4 }).map((items) => ({ items }));
  if (TypeGuard.IsUnion(schema)) return fc.oneof(...schema.anyOf.map((one) => jsonOf(one, hints)));
  if (TypeGuard.IsLiteral(schema)) return fc.constant(JSON.stringify(schema.const));
  if (TypeGuard.IsNull(schema)) return fc.constant("null");
  if (TypeGuard.IsInteger(schema)) return wholeNumbers(schema.minimum, schema.maximum);
  if (TypeGuard.IsNumber(schema)) return numbers(schema.minimum, schema.maximum);
  if (TypeGuard.IsString(schema)) return texts(schema.pattern);
  throw new Error(`no values are known for ${JSON.stringify(schema)}`);
}

function objectOf(properties: Readonly<Record<string, TSchema>>, hints: Hints): fc.Arbitrary<Json> {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const entry = jsonOf(schema, hints, name).map((value): [string, Json] => [JSON.stringify(name), value]);
    return TypeGuard.IsOptional(schema) ? fc.option(entry, { nil: undefined, freq: 1 }) : entry;
  });
  return fc.tuple(...fields).map((entries) => ({ entries: entries.filter((entry) => entry !== undefined) }));
}

const past = ["-0", "-1", "9007199254740991", "9007199254740992", "1e21", "1.5"];

function wholeNumbers(least = -(2 ** 53), most = 2 ** 53): fc.Arbitrary<string> {
  const within = fc.integer({ min: Math.max(least, 1), max: Math.min(most, 30) }).map(String);
  const bounds = [least, least + 1, most - 1, most].map(String);
  const outside = [String(least - 1), String(most + 1), ...past];
  return fc.oneof(
    { weight: 12, arbitrary: within },
    { weight: 2, arbitrary: fc.constantFrom(...bounds) },
    { weight: 1, arbitrary: fc.constantFrom(...outside) },
  );
}

function numbers(least = 0, most = 1e6): fc.Arbitrary<string> {
  const cents = fc.integer({ min: 0, max: 3_000 }).map((value) => String(value / 100));
  const odd = fc.double({ min: least, max: most, noNaN: true }).map((value) => JSON.stringify(value));
  const bounds = fc.constantFrom(String(least), String(most), String(least - 1), String(most + 1), ...past);
  return fc.oneof(
    { weight: 6, arbitrary: cents },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: bounds },
  );
}

/** Including halves of surrogate pairs. */
const characters = fc
  .oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0x10ffff }))
  .map((codePoint) => String.fromCodePoint(codePoint));
const letters = "ABCxyz019.-_".split("");

function texts(pattern: string | undefined): fc.Arbitrary<string> {
  const odd = fc.array(characters, { maxLength: 40 }).map((all) => all.join(""));
  if (pattern === undefined) return odd.map((text) => JSON.stringify(text));
  const wanted = new RegExp(pattern);
  const plain = fc
    .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 32 })
    .map((all) => all.join(""))
    .filter((text) => wanted.test(text));
  const long = fc.constantFrom(31, 32, 33, 64, 65, 255, 256).map((length) => "A".repeat(length));
  return fc
    .oneof({ weight: 6, arbitrary: plain }, { weight: 1, arbitrary: long }, { weight: 1, arbitrary: odd })
    .map((text) => JSON.stringify(text));
}
