import { noValues, oddPrices, oddQuantities, oddTexts, deepNesting } from "./odd-values.ts";

/** JSON whose keys and plain values are JSON text, so that it can also be invalid. */
export type Json = string | { items: Json[] } | { entries: [key: string, value: Json][] };

export function textOf(json: Json): string {
  if (typeof json === "string") return json;
  if ("items" in json) return `[${json.items.map(textOf).join(",")}]`;
  return `{${json.entries.map(([key, value]) => `${key}:${textOf(value)}`).join(",")}}`;
}

/** A change that makes a value invalid. `at` and `pick` choose where and how, modulo the number of choices. */
export interface Corruption {
  kind: (typeof corruptions)[number];
  at: number;
  pick: number;
}

export const corruptions = ["replace", "repeat", "drop", "add", "rename", "nest"] as const;

const replacements = [...oddQuantities, ...oddPrices, ...oddTexts, ...noValues, deepNesting];
const additions: readonly [string, string][] = [
  ['"__proto__"', '{"quantity":2}'],
  ['"constructor"', '{"prototype":{}}'],
  ['"Zq9xMark"', "1"],
  ['"Name"', '"GameStart"'],
  ['""', "null"],
  ['"\\u0000"', "1"],
  ['"quantit\\u0079"', "1"],
  ['"toString"', "1"],
];

/** The same value with one change somewhere in it. */
export function corrupt(json: Json, { kind, at, pick }: Corruption): Json {
  const addresses = placesIn(json);
  const place = addresses[at % addresses.length] ?? [];
  const replacement = choose(replacements, pick) ?? "null";
  return changeAt(json, place, (value) => {
    if (kind === "replace") return replacement;
    if (kind === "nest") return pick % 2 === 0 ? { items: [value] } : { entries: [['"a"', value]] };
    if (typeof value === "string") return replacement;
    if ("items" in value)
      return { items: kind === "drop" ? value.items.slice(1) : [...value.items, replacement] };
    return { entries: entriesAfter(kind, value.entries, pick) };
  });
}

function entriesAfter(
  kind: "repeat" | "drop" | "add" | "rename",
  entries: readonly [string, Json][],
  pick: number,
): [string, Json][] {
  const chosen = choose(entries, pick);
  if (kind === "add" || !chosen) return [...entries, choose(additions, pick) ?? ["null", "null"]];
  if (kind === "repeat") return [...entries, chosen];
  if (kind === "drop") return entries.filter((entry) => entry !== chosen);
  return entries.map((entry) => (entry === chosen ? [chosen[0].toUpperCase(), chosen[1]] : entry));
}

function choose<T>(from: readonly T[], pick: number): T | undefined {
  return from[pick % Math.max(1, from.length)];
}

/** The path to every value inside, the whole value first. */
function placesIn(json: Json): number[][] {
  const inner =
    typeof json === "string" ? [] : "items" in json ? json.items : json.entries.map(([, value]) => value);
  return [[], ...inner.flatMap((value, index) => placesIn(value).map((place) => [index, ...place]))];
}

function changeAt(json: Json, [index, ...rest]: readonly number[], change: (value: Json) => Json): Json {
  if (index === undefined || typeof json === "string") return change(json);
  const inside = (value: Json, here: number): Json =>
    here === index ? changeAt(value, rest, change) : value;
  if ("items" in json) return { items: json.items.map(inside) };
  return { entries: json.entries.map(([key, value], here) => [key, inside(value, here)]) };
}
