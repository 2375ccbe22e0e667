import { expect, test } from "bun:test";

import { methodsAt } from "./route-table.ts";

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
  ["/", ["GET"]],
  ["/orders", ["GET", "POST"]],
  ["/orders/7", ["GET"]],
  ["/orders/batch", ["GET", "POST"]],
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
