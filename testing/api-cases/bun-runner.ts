import { afterAll, beforeAll, test } from "bun:test";

import type { TestRunner } from "./suite.ts";

const timeoutMs = 60_000;

export const bunRunner: TestRunner = {
  before: (run) => beforeAll(run, timeoutMs),
  after: (run) => afterAll(run, timeoutMs),
  test: (name, run) => test(name, run, timeoutMs),
};
