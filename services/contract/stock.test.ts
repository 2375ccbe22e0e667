import { expect, test } from "bun:test";
import fc from "fast-check";

import { isStockName, stockOf } from "./stock.ts";

const names = [
  "A",
  "z",
  "0",
  "-",
  "...",
  ".a",
  "a.",
  "..-",
  "GameStart",
  "BRK.B",
  "-9.",
  "iron_ore",
  "_",
  "A".repeat(32),
];

test.each(names)("%j is a name", (name) => {
  expect(isStockName(name)).toBe(true);
});

const noNames: [what: string, name: unknown][] = [
  ["nothing", ""],
  ["33 characters", "A".repeat(33)],
  ["a dot, which is this folder", "."],
  ["two dots, which are the folder above", ".."],
  ["a path", "../A"],
  ["a slash", "A/B"],
  ["a backslash", "A\\B"],
  ["a space before", " A"],
  ["a space behind", "A "],
  ["a line feed behind", "A\n"],
  ["CRLF", "A\r\nSet-Cookie: x"],
  ["a zero byte", "A\0"],
  ["a zero byte, encoded", "A%00"],
  ["a Cyrillic А", "\u0410"],
  ["a Greek Ο", "C\u039F"],
  ["a full-width A", "\uFF21"],
  ["an A with a combining accent", "A\u0301"],
  ["a Kelvin sign", "\u212A"],
  ["a full-width underscore", "A\uFF3FB"],
  ["a dotless i", "\u0131"],
  ["an Arabic digit", "\u0661"],
  ["a hyphen that is none", "A\u2010B"],
  ["a zero-width space", "A\u200B"],
  ["half an emoji", "\uD83D"],
  ["null", null],
  ["undefined", undefined],
  ["a number", 1],
  ["a list", ["A"]],
];

test.each(noNames)("%s is no name", (_what, name) => {
  expect(isStockName(name)).toBe(false);
});

test("a name comes through a URL's path as it is", () => {
  const anyName = fc.stringMatching(/^[A-Za-z0-9._-]{1,32}$/).filter((name) => isStockName(name));
  fc.assert(
    fc.property(anyName, (name) => new URL(`http://localhost/stocks/${name}`).pathname === `/stocks/${name}`),
  );
});

test("a stock is shown with its price in units, and nothing internal beside it", () => {
  const state = {
    name: "A",
    price_cents: 1599,
    quantity: 3,
    volume: 4,
    status: "halted" as const,
    version: 5,
    secret: "x",
  };
  expect(stockOf(state)).toEqual({
    name: "A",
    price: 15.99,
    quantity: 3,
    volume: 4,
    status: "halted",
    version: 5,
  });
});
