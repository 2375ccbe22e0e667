import { expect, test } from "bun:test";

import fc from "fast-check";

import { formatPosition, parsePosition } from "./position.ts";

test("every position reads back as it was written", () => {
  const Number = fc.maxSafeNat();
  fc.assert(
    fc.property(fc.record({ trade: Number, change: Number }), (position) => {
      expect(parsePosition(formatPosition(position))).toEqual(position);
    }),
  );
});

const noPositions = [
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

test.each(noPositions)("%j is no position", (text) => {
  expect(parsePosition(text)).toBeUndefined();
});
