import { expect, test } from "bun:test";

import { createClient, type ClientOptions } from "./client.ts";

test.each([
  { apiKey: "" },
  { apiKey: "two words" },
  { apiKey: null },
  { apiKey: 5 },
  { timeoutMs: 0 },
  { timeoutMs: Infinity },
  { timeoutMs: NaN },
  { timeoutMs: "5000" },
  { retries: -1 },
  { retries: 1.5 },
  { retries: null },
])("options that cannot work are refused, and named: %p", (options) => {
  const create = () => createClient(options as ClientOptions);
  expect(create).toThrow(RangeError);
  expect(create).toThrow(Object.keys(options)[0]!);
});

test.each<[unknown, string]>([
  [null, "options must be an object"],
  ["http://127.0.0.1:8080", "options must be an object"],
  [{ fetch: null }, "fetch must be a function"],
])("createClient(%p) is refused", (options, message) => {
  const create = () => createClient(options as ClientOptions);
  expect(create).toThrow(TypeError);
  expect(create).toThrow(message);
});

test.each<[unknown, string]>([
  ["", "must be a URL"],
  [null, "must be a URL"],
  ["localhost", "must be a URL"],
  ["/api", "must be a URL"],
  ["http://", "must be a URL"],
  ["http://127.0.0.1:99999", "must be a URL"],
  ["localhost:8080", "http:// or https://"],
  ["ftp://127.0.0.1", "http:// or https://"],
  ["file:///market", "http:// or https://"],
  ["http://h?x=1", "a query or a fragment"],
  ["http://h/?", "a query or a fragment"],
  ["http://h/#", "a query or a fragment"],
])("the base URL %p is refused at once, and named", (baseUrl, message) => {
  const create = () => createClient({ baseUrl } as ClientOptions);
  expect(create).toThrow(TypeError);
  expect(create).toThrow(`baseUrl ${JSON.stringify(String(baseUrl))}`);
  expect(create).toThrow(message);
});

test.each(["http://user:secret@h", "http://user@h", "http://:secret@h", "http://user:secret@h:99999"])(
  "the base URL %p is refused, and the error does not show its password",
  (baseUrl) => {
    const create = () => createClient({ baseUrl });
    expect(create).toThrow(TypeError);
    expect(create).toThrow(/^baseUrl must (?!.*secret)/);
  },
);

test.each([
  ["http://h", "http://h/stocks/A"],
  ["https://h:8443/", "https://h:8443/stocks/A"],
  ["HTTP://h/market//", "http://h/market/stocks/A"],
])("the base URL %p may have a path: %p", async (baseUrl, asked) => {
  const urls: string[] = [];
  const fetch = async (url: string) => {
    urls.push(url);
    return Response.json({}, { status: 404 });
  };
  await createClient({ baseUrl, fetch }).stocks.get("A");
  expect(urls).toEqual([asked]);
});

test("without a global fetch a client is refused, unless one is passed", () => {
  const { fetch } = globalThis;
  Object.assign(globalThis, { fetch: undefined });
  try {
    expect(() => createClient()).toThrow("there is no global fetch here: pass fetch");
    expect(createClient({ fetch })).toHaveProperty("orders");
  } finally {
    Object.assign(globalThis, { fetch });
  }
});
