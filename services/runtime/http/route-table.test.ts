import { expect, test } from "bun:test";

import { methodsAt, shadowedRoutes } from "./route-table.ts";

const routes = [
  { method: "POST", path: "/orders" },
  { method: "GET", path: "/orders" },
  { method: "GET", path: "/orders/:number" },
  { method: "POST", path: "/orders/batch" },
  { method: "GET", path: "/" },
  { method: "GET", path: "/orders" },
  { method: "PUT", path: "/stocks/:name" },
  { method: "POST", path: "/stocks/:name/price" },
];

const table: [path: string, methods: string[]][] = [
  ["/", ["GET", "HEAD"]],
  ["/orders", ["GET", "HEAD", "POST"]],
  ["/orders/7", ["GET", "HEAD"]],
  ["/orders/batch", ["POST"]],
  ["/orders/", []],
  ["/orders/7/8", []],
  ["/Orders", []],
  ["/order", []],
  ["orders", []],
  ["", []],
  ["/stocks/A", ["PUT"]],
  ["/stocks/A/price", ["POST"]],
  ["/stocks//price", []],
  ["/stocks/:name", ["PUT"]],
];

test.each(table)("at %j the methods are %j", (path, methods) => {
  expect(methodsAt(routes, path)).toEqual(methods);
});

test("a path that is written out is not a value of a pattern, for any method", () => {
  expect(shadowedRoutes(routes)).toEqual([{ method: "GET", path: "/orders/batch" }]);
  const more = [
    { method: "PUT", path: "/stocks/:name" },
    { method: "DELETE", path: "/stocks/:name" },
    { method: "GET", path: "/stocks/:name/history" },
    { method: "GET", path: "/stocks/all" },
    { method: "POST", path: "/stocks/all/history" },
  ];
  expect(shadowedRoutes(more)).toEqual([
    { method: "PUT", path: "/stocks/all" },
    { method: "DELETE", path: "/stocks/all" },
    { method: "GET", path: "/stocks/all/history" },
  ]);
});
