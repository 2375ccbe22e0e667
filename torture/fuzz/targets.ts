import fc from "fast-check";

import { openingPriceCents, type Call } from "./contract.ts";
import { badNames } from "./odd-values.ts";

const names = [...openingPriceCents.keys()];
const encodedNames = badNames
  .map(([, name]) => name)
  .filter((name) => name.isWellFormed() && name !== "")
  .map(encodeURIComponent);
const oddParts = [
  ...encodedNames,
  ..."%00 %zz %E0%A4%A ..%2f..%2fetc GameStart%0d%0aX:y %47ameStart GameStart%20 a+b \xe9 %ff%fe * ~ - . .. %2e".split(
    " ",
  ),
  "a".repeat(33),
  "a".repeat(3_000),
  "../".repeat(40),
];
const oddNumbers =
  "0 -1 1.5 1e3 0x10 01 9007199254740991 9007199254740992 9007199254740993 99999999999999999999 abc %31 +1 %00 NaN".split(
    " ",
  );

const stockNames = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "NoSuchCo",
      "gamestart",
      "a.b",
      "iron_ore",
      "A".repeat(32),
      "toString",
      "__proto__",
    ),
  },
  { weight: 4, arbitrary: fc.constantFrom(...oddParts) },
);
const numbers = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 60 }).map(String) },
  { weight: 3, arbitrary: fc.constantFrom(...oddNumbers) },
);

/** Paths of no call, and unusual forms of paths of calls. */
const oddPaths =
  "//stocks /stocks// /nowhere /stocks/a/b /orders/1/2 /STOCKS /./stocks /stocks/../orders /stocks/%2e%2e/healthz /.git/config /stocks;x=1 /healthz/ /orders/ /stocks/BoarCo/ /%73tocks /orders/batch /orders/batch/ /stocks/.. /stocks/%2e /constructor /__proto__ /stocks/..\\healthz".split(
    " ",
  );

/** Targets for requests of this call: mostly its own. */
export function targetsOf({ path }: Call): fc.Arbitrary<string> {
  const start = path.slice(0, path.indexOf(":"));
  const usual = path.endsWith(":name")
    ? stockNames.map((name) => start + name)
    : path.endsWith(":number")
      ? numbers.map((number) => start + number)
      : fc.constant(path);
  const far = fc
    .constantFrom("http://elsewhere.example", "http://a:1")
    .chain((origin) => usual.map((target) => origin + target));
  return fc.oneof(
    { weight: 30, arbitrary: usual },
    { weight: 1, arbitrary: fc.constantFrom(...oddPaths) },
    { weight: 1, arbitrary: far },
  );
}

const texts = [
  "",
  "Zq9xMark",
  "%00",
  "%zz",
  "%E0%A4%A",
  "a%0d%0ab",
  "[object Object]".replace(" ", "+"),
  "null",
  "\xe9",
];
const limits = fc.constantFrom("1", "2", "10", "100", "1000", "0", "1001", ...oddNumbers, ...texts);
const afters = fc.constantFrom("0", "1", "7", "5", ...names, "3-10", "0-0", ...oddNumbers, ...texts);
const parameters = fc.oneof(
  { weight: 3, arbitrary: limits.map((value) => `limit=${value}`) },
  { weight: 3, arbitrary: afters.map((value) => `after=${value}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("buy", "sell", "steal", "BUY", ...texts).map((value) => `type=${value}`),
  },
  { weight: 2, arbitrary: stockNames.map((value) => `name=${value}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("client=alice", "unknown=1", "__proto__=1", "limit", "=", "&&", "after[]=1"),
  },
);
/** Queries of pages between services, valid and just beyond the bounds. */
const pages = fc
  .tuple(
    fc.constantFrom("0", "0", "1", "5", "-1", "9007199254740991", "9007199254740992"),
    fc.constantFrom("1", "10", "10", "100", "1000", "0", "1001"),
  )
  .map(([after, limit]) => `after=${after}&limit=${limit}`);

/** A query with its question mark, or an empty text. */
export const queries: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 2, arbitrary: pages.map((page) => `?${page}`) },
  {
    weight: 5,
    arbitrary: fc.array(parameters, { minLength: 1, maxLength: 3 }).map((all) => `?${all.join("&")}`),
  },
);
