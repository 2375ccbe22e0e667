import { marker } from "./check-answer.ts";

const words = (text: string): string[] => text.split(" ");

/** Invalid quantities, some of them invalid JSON. */
export const oddQuantities: readonly string[] = words(
  '0 -1 1.5 1e21 1e400 -1e400 9007199254740992 9007199254740993 1000000001 -0 "1" "5" "" true null [1] {} {"valueOf":1}',
);

/** Invalid prices. */
export const oddPrices: readonly string[] = words('15.999 -1 1e400 "15.99" null true 11258999068426.25');

/** Texts that are no JSON value. */
export const noValues: readonly string[] = words("NaN Infinity undefined +1 01 .5 1. 0x1 'a' nul tru");

export const deepNesting = "[".repeat(2_000) + "]".repeat(2_000);

/** Valid JSON strings that often break parsers or pages. */
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

/** Invalid names of stocks. */
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
  ["a full-width underscore", "Game\uff3fStart"],
  ["an invisible character", "GameStart\u200b"],
  ["half a surrogate pair", "GameStart\ud800"],
  ["SQL", `' OR 1=1 --${marker}`],
  ["HTML", `<b>${marker}</b>`],
];

/** Content types other than `application/json` in UTF-8. */
export const badTypes: readonly string[] = [
  "text/plain",
  "text/json",
  "application/jsonx",
  "application/json; charset=latin1",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  `${marker}/x`,
];
