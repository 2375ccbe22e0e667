import { marker } from "./judge-answer.ts";

const words = (text: string): string[] => text.split(" ");

/** What is no quantity, as JSON words it, or fails to. */
export const oddQuantities: readonly string[] = words(
  '0 -1 1.5 1e21 1e400 -1e400 9007199254740992 9007199254740993 1000000001 -0 "1" "5" "" true null [1] {} {"valueOf":1}',
);

/** What is no price. */
export const oddPrices: readonly string[] = words('15.999 -1 1e400 "15.99" null true 11258999068426.25');

/** What is no JSON at all, and yet gets written where a value is due. */
export const noValues: readonly string[] = words("NaN Infinity undefined +1 01 .5 1. 0x1 'a' nul tru");

export const deepNesting = "[".repeat(2_000) + "]".repeat(2_000);

/** Texts as JSON has them, that have broken a parser or a page somewhere. */
export const oddTexts: readonly string[] = [
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\\u202e"',
  '"\\ufeff"',
  '"\\u212a"',
  '"e\\u0301"',
  `"${marker}"`,
  `"${"A".repeat(3_000)}"`,
  '"__proto__"',
  '"constructor"',
  '"\\r\\nX: y"',
  '"../../x"',
];

/** What is no name of a stock. */
export const badNames: readonly (readonly [what: string, name: string])[] = [
  ["nothing", ""],
  ["33 characters", "A".repeat(33)],
  ["a NUL", `Game\0${marker}`],
  ["a line break", `GameStart\r\nSet-Cookie: ${marker}`],
  ["a path", `../../${marker}`],
  ["a dot", "."],
  ["two dots", ".."],
  ["a space", "Game Start"],
  ["a Cyrillic look-alike", "G\u0430meStart"],
  ["a full-width look-alike", "\uff27ameStart"],
  ["an invisible character", "GameStart\u200b"],
  ["half a surrogate pair", "GameStart\ud800"],
  ["SQL", `' OR 1=1 --${marker}`],
  ["HTML", `<b>${marker}</b>`],
];

/** What is no `application/json` of UTF-8. */
export const badTypes: readonly string[] = [
  "text/plain",
  "text/json",
  "application/jsonx",
  "application/json; charset=latin1",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  `${marker}/x`,
];
