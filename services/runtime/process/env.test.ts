import { expect, test } from "bun:test";

import { isLoopback, originOf, readEnv } from "./env.ts";
import { StartRefused } from "./start-refused.ts";

test("the defaults serve one person on one machine", () => {
  expect(readEnv({})).toMatchObject({
    frontendHost: "127.0.0.1",
    frontendPort: 8080,
    catalogHost: "127.0.0.1",
    catalogPort: 8081,
    orderHost: "127.0.0.1",
    orderPort: 8082,
    catalogUrl: "http://127.0.0.1:8081",
    orderUrl: "http://127.0.0.1:8082",
    dataDir: "./data",
    stocksFile: undefined,
    isCacheOn: true,
    batchMax: 2_000,
    orderTimeoutMs: 5_000,
    hosts: [],
    corsOrigins: [],
    logLevel: "info",
  });
});

const variables = [
  ...["FRONTEND", "CATALOG", "ORDER"].flatMap((service) => [`${service}_HOST`, `${service}_PORT`]),
  ..."CATALOG_URL ORDER_URL BOURSE_DATA_DIR BOURSE_STOCKS_FILE BOURSE_CACHE BOURSE_BATCH_MAX".split(" "),
  ..."BOURSE_ORDER_TIMEOUT_MS BOURSE_LOG_LEVEL BOURSE_STORE_URL BOURSE_HOSTS BOURSE_CORS_ORIGINS".split(" "),
];

test.each(variables)("an empty %s counts as unset", (name) => {
  expect(readEnv({ [name]: "" })).toEqual(readEnv({}));
});

const good: [name: string, value: string, expected: object][] = [
  ["FRONTEND_HOST", "::1", { frontendHost: "::1" }],
  ["FRONTEND_PORT", "0", { frontendPort: 0 }],
  ["FRONTEND_PORT", "65535", { frontendPort: 65_535 }],
  ["CATALOG_HOST", "localhost", { catalogHost: "localhost", catalogUrl: "http://localhost:8081" }],
  ["CATALOG_HOST", "::1", { catalogUrl: "http://[::1]:8081" }],
  ["CATALOG_PORT", "9081", { catalogPort: 9081, catalogUrl: "http://127.0.0.1:9081" }],
  ["ORDER_HOST", "127.0.0.2", { orderHost: "127.0.0.2", orderUrl: "http://127.0.0.2:8082" }],
  ["ORDER_PORT", "9082", { orderPort: 9082, orderUrl: "http://127.0.0.1:9082" }],
  ["CATALOG_URL", "http://127.0.0.1:7000/", { catalogUrl: "http://127.0.0.1:7000" }],
  ["ORDER_URL", "http://[::1]:7000", { orderUrl: "http://[::1]:7000" }],
  ["BOURSE_DATA_DIR", "/var/lib/bourse", { dataDir: "/var/lib/bourse" }],
  ["BOURSE_STOCKS_FILE", "stocks.csv", { stocksFile: "stocks.csv" }],
  ["BOURSE_HOSTS", "market.example", { hosts: ["market.example"] }],
  [
    "BOURSE_HOSTS",
    "Market.example, my-desk ,192.0.2.7,[2001:db8::1]",
    {
      hosts: ["market.example", "my-desk", "192.0.2.7", "2001:db8::1"],
    },
  ],
  ["BOURSE_CORS_ORIGINS", "https://app.example", { corsOrigins: ["https://app.example"] }],
  [
    "BOURSE_CORS_ORIGINS",
    "https://App.example, http://localhost:5173,http://[::1]:8080",
    { corsOrigins: ["https://app.example", "http://localhost:5173", "http://[::1]:8080"] },
  ],
  ["BOURSE_CACHE", "off", { isCacheOn: false }],
  ["BOURSE_BATCH_MAX", "1", { batchMax: 1 }],
  ["BOURSE_BATCH_MAX", "10000", { batchMax: 10_000 }],
  ["BOURSE_ORDER_TIMEOUT_MS", "10", { orderTimeoutMs: 10 }],
  ["BOURSE_ORDER_TIMEOUT_MS", "240000", { orderTimeoutMs: 240_000 }],
  ...["trace", "debug", "info", "warn", "error", "silent"].map((level): [string, string, object] => [
    "BOURSE_LOG_LEVEL",
    level,
    { logLevel: level },
  ]),
];

test.each(good)("%s=%s is accepted", (name, value, expected) => {
  expect(readEnv({ [name]: value })).toMatchObject(expected);
});

const ports = ["-1", "65536", "80a", "1e3", " ", "0x50", "8080 "];
const addresses = [
  "127.0.0.1:8081",
  "https://127.0.0.1:8081",
  "http://127.0.0.1/api",
  "http://h/?a=1",
  "http://",
];
const hosts = [
  "0.0.0.0",
  "::",
  "192.168.0.1",
  "10.0.0.1",
  "example.com",
  "127.0.0.1.example.com",
  "localhost.",
];

const bad: [name: string, value: string][] = [
  ...["FRONTEND", "CATALOG", "ORDER"].flatMap((service) =>
    ports.map((port): [string, string] => [`${service}_PORT`, port]),
  ),
  ...addresses.flatMap((address): [string, string][] => [
    ["CATALOG_URL", address],
    ["ORDER_URL", address],
  ]),
  ...[
    "*",
    "*.example",
    "a,,b",
    ",",
    "a:80",
    "http://a",
    "a/b",
    "a b",
    "a;b",
    "a@b",
    "a?b",
    "%61",
    "m\u00e4rkt",
  ].map((hosts): [string, string] => ["BOURSE_HOSTS", hosts]),
  ...[
    "*",
    "null",
    "app.example",
    "https://app.example/",
    "https://app.example/a",
    "https://*.example",
    "file://",
    "a,b",
  ].map((origins): [string, string] => ["BOURSE_CORS_ORIGINS", origins]),
  ["BOURSE_CACHE", "yes"],
  ["BOURSE_CACHE", "ON"],
  ["BOURSE_BATCH_MAX", "0"],
  ["BOURSE_BATCH_MAX", "10001"],
  ["BOURSE_BATCH_MAX", "1.5"],
  ["BOURSE_ORDER_TIMEOUT_MS", "9"],
  ["BOURSE_ORDER_TIMEOUT_MS", "240001"],
  ["BOURSE_ORDER_TIMEOUT_MS", "5s"],
  ["BOURSE_LOG_LEVEL", "loud"],
  ["BOURSE_LOG_LEVEL", "toString"],
  ["BOURSE_STORE_URL", "postgres://localhost/bourse"],
];

test.each(bad)("%s=%s is refused with its name", (name, value) => {
  expect(() => readEnv({ [name]: value })).toThrow(StartRefused);
  expect(() => readEnv({ [name]: value })).toThrow(new RegExp(`^${name} must be `));
});

const secret = "0123456789abcdef0123456789abcdef";

test.each([secret.slice(1), `${secret} `, `${secret}\n`, `ä${secret}`, "x".repeat(1_025)])(
  "BOURSE_SERVICE_SECRET=%j is refused, and not repeated",
  (value) => {
    const variables = { BOURSE_SERVICE_SECRET: value };
    expect(() => readEnv(variables)).toThrow(StartRefused);
    expect(() => readEnv(variables)).toThrow(/^BOURSE_SERVICE_SECRET must be [^0x]+32 [^0x]+$/);
  },
);

test("a service secret has 32 characters or more", () => {
  for (const value of [secret, secret.repeat(32)])
    expect(readEnv({ BOURSE_SERVICE_SECRET: value }).serviceSecret).toBe(value);
  expect(readEnv({ BOURSE_SERVICE_SECRET: "" }).serviceSecret).toBeUndefined();
});

test("loopback is localhost, 127.x.x.x and ::1", () => {
  expect(["localhost", "127.0.0.1", "127.1.2.3", "::1"].every(isLoopback)).toBe(true);
  expect([...hosts, "128.0.0.1", "127.0.0", "::ffff:127.0.0.1", ""].some(isLoopback)).toBe(false);
});

test("an IPv6 address stands in brackets in an origin", () => {
  expect(originOf("::1", 80)).toBe("http://[::1]:80");
  expect(originOf("127.0.0.1", 80)).toBe("http://127.0.0.1:80");
});
