import { expect, test } from "bun:test";

import { HttpFailure } from "../../runtime/http/http-failure.ts";
import { formatPosition } from "../events/position.ts";
import {
  queryOf,
  readAfter,
  readEventPosition,
  readLimit,
  readNameFilter,
  readPositiveInteger,
  readStockName,
  readTypeFilter,
  refuseUnknownParameters,
} from "./query.ts";

const refused = Symbol("refused as invalid_request");

/** What a reader makes of a query, or `refused`. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof HttpFailure && error.reason === "invalid_request") return refused;
    throw error;
  }
}

const twice = ["1", "2"];
const absurd = ["", " ", "x", "-1", "+1", "01", "1.0", "1.5", "1e3", "0x1", "١", "1 ", "NaN", "Infinity"];

const integers: [text: string, value: unknown][] = [
  ["1", 1],
  ["42", 42],
  ["9007199254740991", 2 ** 53 - 1],
  ["9007199254740992", refused],
  ["99999999999999999999", refused],
  ["0", refused],
  ...absurd.map((text): [string, unknown] => [text, refused]),
];

test.each(integers)("the positive integer in %j is %p", (text, value) => {
  expect(outcome(() => readPositiveInteger(text, "number"))).toBe(value);
});

const limits: [limit: unknown, value: unknown][] = [
  [undefined, 100],
  ["1", 1],
  ["1000", 1_000],
  ["1001", refused],
  ["0", refused],
  [twice, refused],
  ...absurd.map((text): [string, unknown] => [text, refused]),
];

test.each(limits)("the limit %j is %p", (limit, value) => {
  expect(outcome(() => readLimit({ limit }, 100))).toBe(value);
});

const cursors: [after: unknown, value: unknown][] = [
  [undefined, 0],
  ["0", 0],
  ["7", 7],
  ["00", refused],
  ["9007199254740992", refused],
  [twice, refused],
  ...absurd.map((text): [string, unknown] => [text, refused]),
];

test.each(cursors)("the number before a page in %j is %p", (after, value) => {
  expect(outcome(() => readAfter({ after }))).toBe(value);
});

const names: [name: unknown, value: unknown][] = [
  [undefined, undefined],
  ["BoarCo", "BoarCo"],
  ["", refused],
  ["a b", refused],
  [["A", "B"], refused],
];

test.each(names)("the name filter %j is %p", (name, value) => {
  expect(outcome(() => readNameFilter({ name }, "name"))).toBe(value);
});

const types: [type: unknown, value: unknown][] = [
  [undefined, undefined],
  ["buy", "buy"],
  ["sell", "sell"],
  ["", refused],
  ["Buy", refused],
  ["toString", refused],
  [["buy", "sell"], refused],
];

test.each(types)("the type filter %j is %p", (type, value) => {
  expect(outcome(() => readTypeFilter({ type }))).toBe(value);
});

test("a path parameter that could not be decoded is no stock name, not the stock `null`", () => {
  const undecodable = null as unknown as string;
  expect(outcome(() => readStockName(undecodable))).toBe(refused);
  expect(readStockName("null")).toBe("null");
});

const queries: [address: string, query: Record<string, unknown>][] = [
  ["/orders", {}],
  ["/orders?", {}],
  ["/orders?after=1&limit=2", { after: "1", limit: "2" }],
  ["/orders?after=1&after=2&after=3", { after: ["1", "2", "3"] }],
  ["/orders?name=A%20B+C&x", { name: "A B C", x: "" }],
  ["/orders?a=b?c=d", { a: "b?c=d" }],
];

test.each(queries)("the query of %s is %j", (address, query) => {
  expect(queryOf(`http://localhost${address}`)).toEqual(query);
});

test("a parameter called __proto__ is a parameter like any other", () => {
  const query = queryOf("http://localhost/orders?__proto__=x&limit=5");
  expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
  expect(readLimit(query, 100)).toBe(5);
});

const positions: [
  header: string | undefined,
  query: Record<string, unknown>,
  position: string | typeof refused | undefined,
][] = [
  [undefined, {}, undefined],
  ["5-2", {}, "5-2"],
  ["", {}, undefined],
  ["", { after: "0-0" }, "0-0"],
  [undefined, { after: "0-0" }, "0-0"],
  [undefined, { lastEventId: "5-2" }, "5-2"],
  [undefined, { lastEventId: "" }, undefined],
  [undefined, { lastEventId: "", after: "0-0" }, "0-0"],
  [undefined, { lastEventId: "5-2", after: "0-0" }, "5-2"],
  ["7-3", { lastEventId: "5-2", after: "0-0" }, "7-3"],
  ["x", {}, refused],
  ["x", { after: "0-0" }, refused],
  ["5-2", { after: "x" }, refused],
  [undefined, { lastEventId: "5" }, refused],
  [undefined, { lastEventId: twice }, refused],
  [undefined, { after: "" }, refused],
  [undefined, { after: twice }, refused],
];

test.each(positions)(
  "the event position in the header %p and the query %j is %p",
  (header, query, position) => {
    const headers = new Headers(header === undefined ? {} : { "last-event-id": header });
    const read = outcome(() => {
      const found = readEventPosition(headers, query);
      return found && formatPosition(found);
    });
    expect(read).toBe(position);
  },
);

const unknown: [query: string, known: string[], isTaken: boolean][] = [
  ["", [], true],
  ["?", [], true],
  ["?limit=1", ["limit"], true],
  ["?limit=1&limit=2", ["limit"], true],
  ["?limt=1", ["limit"], false],
  ["?limit=1&Limit=2", ["limit"], false],
  ["?x", [], false],
  ["?=", [], false],
  ["?__proto__=1", ["limit"], false],
  ["?li%6dit=1", ["limit"], true],
];

test.each(unknown)("the query %j is taken by a call with the parameters %j: %p", (query, known, isTaken) => {
  const read = outcome(() => refuseUnknownParameters(`http://localhost/orders${query}`, known));
  expect(read === refused).toBe(!isTaken);
});
