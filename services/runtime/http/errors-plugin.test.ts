import { expect, test } from "bun:test";
import { Elysia, status, t } from "elysia";

import { errorsPlugin } from "./errors-plugin.ts";
import { HttpFailure } from "./http-failure.ts";
import { strictJson } from "./json-body.ts";
import { keptLog } from "../../../testing/kept-log.ts";

const secret = "s3cret /srv/bourse.db SELECT * FROM meta";

class Coded extends Error {
  code = "ENGINE_IOERR";
}

function appOf() {
  const routes = new Elysia({ normalize: false })
    .get("/throws", () => {
      throw new Error(secret);
    })
    .get("/throws-coded", () => {
      throw new Coded(secret);
    })
    .get("/throws-not-found", () => {
      throw Object.assign(new Error(secret), { status: 404 });
    })
    .get("/throws-text", () => {
      // oxlint-disable-next-line typescript/only-throw-error -- what a careless library may do
      throw secret;
    })
    .get("/rejects", () => Promise.reject(new TypeError(secret)))
    // A reply that is not of its schema: the handler's fault, and the reply would be shown in the error.
    .get("/bad-reply", () => ({ secret }) as unknown as { number: number }, {
      response: t.Object({ number: t.Number() }),
    })
    .get("/fails", () => {
      throw new HttpFailure("overloaded", undefined, { "x-fails": "yes" });
    })
    .get("/limited", () => {
      throw new HttpFailure("rate_limited", undefined, { "retry-after": "7" });
    })
    .get("/details", () => {
      throw new HttpFailure("invalid_request", "limit must be from 1 to 1000");
    })
    .get("/checked/:number", ({ params }) => params, { params: t.Object({ number: t.Numeric() }) })
    .get("/answers", () => status(503, { deliberate: true }))
    .post("/json", ({ body }) => ({ body }), {
      parse: strictJson(64),
      body: t.Object({ a: t.Number() }),
    })
    .post("/loose", ({ body }) => ({ body }), { parse: "json", body: t.Object({ a: t.Number() }) });
  const { log, lines } = keptLog();
  const app = new Elysia({ normalize: false }).use(errorsPlugin(log, routes.routes)).use(routes);
  const ask = async (path: string, init?: RequestInit) => {
    const response = await app.handle(new Request(`http://localhost${path}`, init));
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { ask, lines };
}

const internals = ["/throws", "/throws-coded", "/throws-not-found", "/throws-text", "/rejects", "/bad-reply"];

test.each(internals)("an error of %s never reaches the client, and is logged in one line", async (path) => {
  const { ask, lines } = appOf();
  const reply = await ask(path);
  expect(reply.status).toBe(500);
  expect(JSON.parse(reply.text)).toEqual({
    error: { code: 500, reason: "internal_error", message: "something went wrong on our side" },
  });
  expect(JSON.stringify([...reply.headers])).not.toContain("s3cret");
  expect(lines.length).toBe(1);
  expect(lines[0]?.trimEnd()).not.toContain("\n");
  expect(JSON.parse(lines[0]!)).toMatchObject({ msg: "unexpected error", method: "GET", path });
});

test("a failure answers with its status, its reason and its headers, and is not logged", async () => {
  const { ask, lines } = appOf();
  const reply = await ask("/fails");
  expect(reply.status).toBe(503);
  expect(reply.headers.get("x-fails")).toBe("yes");
  expect(JSON.parse(reply.text).error.reason).toBe("overloaded");
  expect(JSON.parse((await ask("/details")).text)).toEqual({
    error: { code: 422, reason: "invalid_request", message: "limit must be from 1 to 1000" },
  });
  expect(lines).toEqual([]);
});

test("a reason's Retry-After goes with it, unless the failure brings its own", async () => {
  const { ask } = appOf();
  expect((await ask("/fails")).headers.get("retry-after")).toBe("1");
  expect((await ask("/limited")).headers.get("retry-after")).toBe("7");
  expect((await ask("/details")).headers.has("retry-after")).toBe(false);
});

test("an unknown path is 404 route_not_found", async () => {
  const { ask } = appOf();
  for (const path of ["/nowhere", "/Throws", "/checked", "/checked/1/2", "/%00"]) {
    const reply = await ask(path);
    expect([path, reply.status]).toEqual([path, 404]);
    expect(JSON.parse(reply.text).error.reason).toBe("route_not_found");
    expect(reply.text).not.toContain(path);
  }
});

test("a wrong method is 405 with the methods of the path in Allow", async () => {
  const { ask } = appOf();
  for (const [method, path, allow] of [
    ["POST", "/throws", "GET, HEAD"],
    ["DELETE", "/checked/7", "GET, HEAD"],
    ["GET", "/json", "POST"],
    ["PUT", "/json", "POST"],
  ] as const) {
    const reply = await ask(path, { method });
    expect(reply.status).toBe(405);
    expect(reply.headers.get("allow")).toBe(allow);
    expect(JSON.parse(reply.text).error.reason).toBe("method_not_allowed");
  }
});

test("input that its schema refuses is 422, and the answer has nothing of the input or the schema", async () => {
  const { ask, lines } = appOf();
  const json = { "content-type": "application/json" };
  for (const reply of [
    await ask(`/checked/${encodeURIComponent(secret)}`),
    await ask("/json", { method: "POST", headers: json, body: JSON.stringify({ a: "s3cret" }) }),
    await ask("/loose", { method: "POST", headers: json, body: JSON.stringify({ a: secret }) }),
    await ask("/loose", { method: "POST", headers: json, body: `{${secret}` }),
  ]) {
    expect(reply.status).toBe(422);
    expect(JSON.parse(reply.text)).toEqual({
      error: { code: 422, reason: "invalid_request", message: "the request is not valid" },
    });
  }
  expect(lines).toEqual([]);
});

test("a failure of a parser is answered with its own reason, although Elysia wraps it", async () => {
  const { ask } = appOf();
  const reasonOf = async (body: string, type = "application/json") =>
    JSON.parse((await ask("/json", { method: "POST", headers: { "content-type": type }, body })).text).error
      .reason;
  expect(await reasonOf("{}", "text/plain")).toBe("unsupported_media_type");
  expect(await reasonOf(`{"a":1}${" ".repeat(64)}`)).toBe("payload_too_large");
  expect(await reasonOf('{"a":1,"a":2}')).toBe("invalid_request");
});

test("a status that a route answers on purpose stays as it is", async () => {
  const reply = await appOf().ask("/answers");
  expect([reply.status, reply.text]).toEqual([503, '{"deliberate":true}']);
});
