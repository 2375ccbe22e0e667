import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";

import { StartRefused } from "../runtime/process/start-refused.ts";
import { parseOpening } from "./opening.ts";

const header = "name,price,quantity";

test("the list in the repository opens ten stocks, 100 shares of each", () => {
  const stocks = parseOpening(readFileSync(new URL("../../db/stocks.csv", import.meta.url), "utf8"));
  expect(stocks.length).toBe(10);
  expect(stocks[0]).toEqual({ name: "GameStart", priceCents: 1599, quantity: 100 });
  expect(stocks.every((stock) => stock.quantity === 100)).toBe(true);
});

test("a byte-order mark, CRLF, spaces and empty lines are accepted", () => {
  const csv = `\uFEFF${header}\r\nA, 1.5 ,3\r\n\r\n  B.-9,0,0  \r\nC,11258999068426.24,1125899906842624\r\n\r\n`;
  expect(parseOpening(csv)).toEqual([
    { name: "A", priceCents: 150, quantity: 3 },
    { name: "B.-9", priceCents: 0, quantity: 0 },
    { name: "C", priceCents: 2 ** 50, quantity: 2 ** 50 },
  ]);
});

test.each<[what: string, csv: string]>([
  ["every field quoted", `"name","price","quantity"\n"iron_ore","1.50","3"\n`],
  ["only the name quoted", `${header}\n"iron_ore",1.50,3\n`],
  ["empty columns at the end", `${header},,\niron_ore,1.50,3,,\n`],
  ["empty columns and rows at the end, with CRLF", `${header},\r\niron_ore,1.50,3,\r\n,,,\r\n,,,\r\n`],
  ["a row of quoted empty fields", `${header}\niron_ore,1.50,3\n"","",""\n`],
  ["quotes and a byte-order mark", `\uFEFF"name","price","quantity"\r\n"iron_ore","1.50","3"\r\n`],
  ["carriage returns alone", `${header}\riron_ore,1.50,3\r`],
  ["spaces inside the quotes", `${header}\n" iron_ore ",1.50,3`],
])("a list with %s is read as spreadsheets mean it", (_what, csv) => {
  expect(parseOpening(csv)).toEqual([{ name: "iron_ore", priceCents: 150, quantity: 3 }]);
});

const badLists: [what: string, csv: string, line: number][] = [
  ["no header", "A,1,1", 1],
  ["another header", "price,name,quantity\nA,1,1", 1],
  ["nothing at all", "", 1],
  ["no stock", `${header}\n\n`, 2],
  ["a name twice", `${header}\nA,1,1\nB,1,1\nA,2,2`, 4],
  ["two fields", `${header}\nA,1`, 2],
  ["four fields", `${header}\nA,1,1,1`, 2],
  ["an empty name", `${header}\n,1,1`, 2],
  ["a name with a space", `${header}\nA,1,1\nA B,1,1`, 3],
  ["a name of 33", `${header}\n${"A".repeat(33)},1,1`, 2],
  ["a name no URL can address", `${header}\n..,1,1`, 2],
  ["a look-alike name", `${header}\nА,1,1`, 2],
  ["a quote that is not closed", `${header}\nB,1,1\n"A,1,1\nC,1,1`, 3],
  ["a quote inside a name", `${header}\nB,1,1\nA"B,1,1`, 3],
  ["a quoted name with a comma", `${header}\n"A,B",1,1`, 2],
  ["a fourth field after an empty one", `${header}\nA,1,1,,x`, 2],
  ["an empty column in front", `,${header}\n,A,1,1`, 1],
  ["a header that is one quoted field", `"${header}"\nA,1,1`, 1],
  ["an empty line before the header", `\n${header}\nA,1,1`, 1],
  ["a thousands separator", `${header}\nA,1,"1,000"`, 2],
  ["an empty price", `${header}\nA,,1`, 2],
  ["a negative price", `${header}\nA,-1,1`, 2],
  ["three decimals", `${header}\nA,15.999,1`, 2],
  ["a decimal comma", `${header}\nA,15,99,1`, 2],
  ["an exponent", `${header}\nA,1e3,1`, 2],
  ["a currency", `${header}\nA,$1,1`, 2],
  ["NaN", `${header}\nA,NaN,1`, 2],
  ["Infinity", `${header}\nA,Infinity,1`, 2],
  ["a price past 2^50", `${header}\nA,11258999068426.25,1`, 2],
  ["an empty quantity", `${header}\nA,1,`, 2],
  ["a negative quantity", `${header}\nA,1,-1`, 2],
  ["half a share", `${header}\nA,1,1.5`, 2],
  ["a hexadecimal quantity", `${header}\nA,1,0x10`, 2],
  ["a quantity past 2^50", `${header}\nA,1,1125899906842625`, 2],
  ["an empty line before it", `${header}\n\nA,1,1\n\nB,1`, 5],
];

test.each(badLists)("a list with %s is refused with the number of its line", (_what, csv, line) => {
  expect(() => parseOpening(csv)).toThrow(StartRefused);
  expect(() => parseOpening(csv)).toThrow(new RegExp(`: line ${line} `));
});
