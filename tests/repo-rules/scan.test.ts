import { expect, test } from "bun:test";
import { scan } from "./scan.ts";

test("code keeps its length and its lines, and loses comments and text", () => {
  const text = 'const a = "x"; // y\nconst b = /* z\n */ 1;';
  const { code } = scan(text);
  expect(code).toBe('const a = " ";     \nconst b =     \n    1;');
  expect(code).toHaveLength(text.length);
});

test.each([
  ["a quote in a regular expression opens no string", 'f(/["`]/g); g("a");', ["a"]],
  ["a slash that divides opens no regular expression", 'const r = a / b; f("a"); c / d;', ["a"]],
  ["a slash after a closing bracket divides", 'const r = (a) / 2 + f("a") / 3;', ["a"]],
  ["a comment in a string is text", 'f("// a", "/* b");', ["// a", "/* b"]],
  ["an escaped quote does not close a string", String.raw`f("a\"b", 'c');`, [String.raw`a\"b`, "c"]],
  ["a template is one literal around its code", "f(`a${g(`b${1}`)}c`);", ["a${}c", "b${}"]],
  [
    "braces inside of a template's code do not close it",
    'f(`a${g({ x: { y: "b" } })}c`, "d");',
    ["a${}c", "b", "d"],
  ],
])("%s", (_, text, literals) => {
  expect(scan(text).literals.map(({ value }) => value)).toEqual(literals);
});
