import { expect, test } from "bun:test";
import { Elysia } from "elysia";

import { closeListener, listen } from "./listen.ts";
import { StartRefused } from "../process/start-refused.ts";

const appOf = (answer: () => unknown = () => "hello") =>
  new Elysia().get("/", answer).post("/", ({ body }) => typeof body);
const loopback = { host: "127.0.0.1", port: 0 };

test("port 0 takes a free port, and its address is returned", async () => {
  const app = appOf();
  const url = listen(app, loopback, 1_000);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
  expect(await (await fetch(url)).text()).toBe("hello");
  await closeListener(app, 1_000);
});

test("a port that is taken is refused, not shared", async () => {
  const first = appOf();
  const port = Number(new URL(listen(first, loopback, 1_000)).port);
  const second = () => listen(appOf(), { host: "127.0.0.1", port }, 1_000);
  expect(second).toThrow(StartRefused);
  expect(second).toThrow(`port ${port} on 127.0.0.1 is taken by another process`);
  await closeListener(first, 1_000);
});

test("an address that this machine does not have is refused", () => {
  expect(() => listen(appOf(), { host: "203.0.113.7", port: 0 }, 1_000)).toThrow(StartRefused);
});

test("a body over the limit is refused by the socket", async () => {
  const app = appOf();
  const url = listen(app, loopback, 1_000);
  expect((await fetch(url, { method: "POST", body: "x".repeat(1_001) })).status).toBe(413);
  await closeListener(app, 1_000);
});

test("closing waits for the replies in flight and accepts no new connection", async () => {
  const gate = Promise.withResolvers<string>();
  const asked = Promise.withResolvers<void>();
  const app = appOf(() => {
    asked.resolve();
    return gate.promise;
  });
  const url = listen(app, loopback, 1_000);
  const underWay = fetch(url).then((response) => response.text());
  await asked.promise;
  const closed = closeListener(app, 5_000);
  await Bun.sleep(20);
  gate.resolve("in time");
  expect(await underWay).toBe("in time");
  await closed;
  expect(await fetch(url).catch(() => "refused")).toBe("refused");
});

test("closing closes the connections that are still open after graceMs", async () => {
  const asked = Promise.withResolvers<void>();
  const app = appOf(() => {
    asked.resolve();
    return new Promise(() => {});
  });
  const hanging = fetch(listen(app, loopback, 1_000)).then(
    () => "answered",
    () => "cut",
  );
  await asked.promise;
  await closeListener(app, 50);
  expect(await hanging).toBe("cut");
});
