import { expect, test } from "bun:test";

import { readEnv } from "./env.ts";
import { refuseExposure } from "./exposure.ts";
import { StartRefused } from "./start-refused.ts";

const withSecret = { BOURSE_SERVICE_SECRET: "0123456789abcdef0123456789abcdef" };
const withKeys = { BOURSE_API_KEYS_FILE: "keys.json" };
const hosts = [
  "0.0.0.0",
  "::",
  "192.168.0.1",
  "10.0.0.1",
  "example.com",
  "127.0.0.1.example.com",
  "localhost.",
];

const startServices = (variables: Record<string, string>) => () =>
  refuseExposure(readEnv(variables), { hasInternalPorts: true });
const startWholeMarket = (variables: Record<string, string>) => () =>
  refuseExposure(readEnv(variables), { hasInternalPorts: false });

test.each<[host: string, given: Record<string, string>, isTaken: boolean]>([
  ["FRONTEND_HOST", {}, false],
  ["FRONTEND_HOST", withSecret, false],
  ["FRONTEND_HOST", withKeys, false],
  ["FRONTEND_HOST", { ...withSecret, BOURSE_API_KEYS_FILE: "" }, false],
  ["FRONTEND_HOST", { ...withSecret, ...withKeys }, true],
  ...["CATALOG_HOST", "ORDER_HOST"].flatMap((name): [string, Record<string, string>, boolean][] => [
    [name, {}, false],
    [name, withKeys, false],
    [name, withSecret, true],
  ]),
])("services: %s that others can reach, with %j: %p", (name, given, isTaken) => {
  for (const host of hosts) {
    const start = startServices({ ...given, [name]: host });
    if (isTaken) expect(start).not.toThrow();
    else expect(start).toThrow(new RegExp(`^${name} must be a loopback address: without API keys and `));
  }
});

test.each<[given: Record<string, string>, isTaken: boolean]>([
  [{}, false],
  [withSecret, false],
  [withKeys, true],
  [{ ...withSecret, ...withKeys }, true],
])("one process: a FRONTEND_HOST that others can reach, with %j: %p", (given, isTaken) => {
  for (const host of hosts) {
    const start = startWholeMarket({ ...given, FRONTEND_HOST: host });
    if (isTaken) expect(start).not.toThrow();
    else expect(start).toThrow(/^FRONTEND_HOST must be a loopback address: without API keys the market /);
  }
});

test("in one process the hosts of the other services are listened on by nobody", () => {
  expect(startWholeMarket({ CATALOG_HOST: "0.0.0.0", ORDER_HOST: "0.0.0.0" })).not.toThrow();
});

test("keys without a secret are refused where there are internal ports, and not in one process", () => {
  expect(startServices(withKeys)).toThrow(StartRefused);
  expect(startServices(withKeys)).toThrow(
    /^BOURSE_SERVICE_SECRET must be set where BOURSE_API_KEYS_FILE is[^\n]+$/,
  );
  expect(startServices({ ...withKeys, BOURSE_SERVICE_SECRET: "" })).toThrow(StartRefused);
  expect(startWholeMarket(withKeys)).not.toThrow();
  for (const given of [{}, withSecret, { ...withKeys, ...withSecret }, { BOURSE_API_KEYS_FILE: "" }])
    expect(startServices(given)).not.toThrow();
});
