import { expect, test } from "bun:test";
import { Elysia } from "elysia";

import { keptLog } from "../../../testing/kept-log.ts";
import { systemClock } from "../../runtime/flow/clock.ts";
import { errorsPlugin } from "../../runtime/http/errors-plugin.ts";
import { strictJson } from "../../runtime/http/json-body.ts";
import { Access } from "../access/access.ts";
import { issueKey } from "../access/key.fixture.ts";
import { admitting } from "./caller.ts";

const alice = issueKey({ role: "trader", client: "alice" });
const bob = issueKey({ role: "trader", client: "bob" });
const reader = issueKey({ role: "reader", client: "carol" });
const slow = issueKey({ role: "trader", client: "slow", rate: 1 });

function appOf() {
  const access = new Access(
    [alice, bob, reader, slow].map(({ record }) => record),
    systemClock,
  );
  let parsed = 0;
  const strict = strictJson(64);
  const routes = new Elysia({ normalize: false })
    .use(
      new Elysia({ normalize: false })
        .use(admitting(access, "trader"))
        .post("/trade", ({ caller, body }) => ({ client: caller.client, body }), {
          parse: [
            async (context) => {
              parsed += 1;
              return strict(context);
            },
            "json",
          ],
        })
        .post("/halt", ({ caller }) => ({ client: caller.client })),
    )
    .use(
      new Elysia({ normalize: false })
        .use(admitting(access, "reader"))
        .get("/read", ({ caller }) => ({ client: caller.client })),
    )
    .get("/open", () => "open");
  const app = new Elysia({ normalize: false }).use(errorsPlugin(keptLog().log, routes.routes)).use(routes);
  const ask = async (method: string, path: string, key?: string, body?: string) => {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (key !== undefined) headers["authorization"] = `Bearer ${key}`;
    const init: RequestInit = { method, headers, ...(body !== undefined && { body }) };
    const response = await app.handle(new Request(`http://localhost${path}`, init));
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { ask, parsed: () => parsed };
}

test("every handler gets the caller of its own request", async () => {
  const { ask } = appOf();
  const keys = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? alice : bob));
  const replies = await Promise.all(
    keys.map(({ key }, index) => ask("POST", "/trade", key, `{"n":${index}}`)),
  );
  for (const [index, { text }] of replies.entries())
    expect(JSON.parse(text)).toEqual({ client: keys[index]?.record.client, body: { n: index } });
  expect(JSON.parse((await ask("GET", "/read", reader.key)).text)).toEqual({ client: "carol" });
  expect(JSON.parse((await ask("POST", "/halt", alice.key)).text)).toEqual({ client: "alice" });
});

test("without a good key, or with too small a role, the body is not read", async () => {
  const { ask, parsed } = appOf();
  for (const [key, status] of [
    [undefined, 401],
    ["nonsense", 401],
    [reader.key, 403],
  ] as const)
    for (const body of ["{", "{}", " ".repeat(100)])
      expect((await ask("POST", "/trade", key, body)).status).toBe(status);
  expect(parsed()).toBe(0);
  expect((await ask("POST", "/trade", alice.key, "{")).status).toBe(422);
  expect(parsed()).toBe(1);
});

test.each([
  ["POST", "/trade", "{}"],
  ["POST", "/halt", undefined],
  ["GET", "/read", undefined],
])("%s %s takes one call from the rate, and the answer has its state", async (method, path, body) => {
  const { ask } = appOf();
  const replies = [await ask(method, path, slow.key, body), await ask(method, path, slow.key, body)];
  expect(replies.map(({ headers }) => headers.get("ratelimit-remaining"))).toEqual(["1", "0"]);
  expect((await ask(method, path, slow.key, body)).status).toBe(429);
});

test("a parser's failure has the state of the rate limit", async () => {
  const { headers } = await appOf().ask("POST", "/trade", slow.key, "{");
  expect(headers.get("ratelimit-remaining")).toBe("1");
});

test("routes of other plugins need no key", async () => {
  expect((await appOf().ask("GET", "/open")).text).toBe("open");
});
