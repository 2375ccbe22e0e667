import { expect, test } from "bun:test";

import fc from "fast-check";

import { formatCursor, parseCursor } from "./cursor.ts";

test("every place reads back as it was written", () => {
  const Number = fc.maxSafeNat();
  fc.assert(
    fc.property(fc.record({ trade: Number, change: Number }), (cursor) => {
      expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
    }),
  );
});

const noPlaces = [
  "",
  "-",
  "1",
  "1-",
  "-1",
  "1-2-3",
  "1--2",
  "a-1",
  "1-b",
  " 1-2",
  "1-2 ",
  "1-2\n",
  "1.0-2",
  "+1-2",
  "1e3-2",
  "0x1-2",
  "9007199254740992-1",
  "1-9007199254740992",
  "99999999999999999-1",
];

test.each(noPlaces)("%j is no place", (text) => {
  expect(parseCursor(text)).toBeUndefined();
});
