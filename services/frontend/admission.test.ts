import { expect, test } from "bun:test";

import { systemClock } from "../runtime/flow/clock.ts";
import { Admission } from "./admission.ts";
import { orderPaths } from "./routes/orders.ts";

const limits = { maxHeaders: 5, maxAtOnce: 100, refusalsPerSecond: 20_000, maxRefusalsWaiting: 100 };
const handled = async () => new Response("handled");
const admit = (hasRoom: boolean) =>
  new Admission({
    hasRoom: () => hasRoom,
    orderPaths: Object.values(orderPaths),
    limits,
    clock: systemClock,
  }).admit(handled);
const post = (path: string, origin = "http://localhost:8080") =>
  new Request(origin + path, { method: "POST" });

test.each(["/orders", "/orders/", "/orders/batch", "/orders?a=b"])(
  "POST %s is refused with Retry-After while there is no room",
  async (path) => {
    for (const origin of ["http://localhost:8080", "http://x", "http://[::1]:8080"]) {
      const response = await admit(false)(post(path, origin));
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
      expect(await response.json()).toMatchObject({ error: { code: 503, reason: "overloaded" } });
    }
  },
);

test.each([
  ["POST", "/stocks/GameStart/price"],
  ["POST", "/market/halt?to=/orders"],
  ["POST", "/ordersheet"],
  ["GET", "/orders"],
])("%s %s is handled while there is no room for orders", async (method, path) => {
  const request = new Request(`http://localhost${path}`, { method });
  expect(await (await admit(false)(request)).text()).toBe("handled");
});

test("orders are handled while there is room", async () => {
  expect(await (await admit(true)(post("/orders"))).text()).toBe("handled");
});

test("more headers than allowed are refused, whatever is asked for", async () => {
  const withHeaders = (count: number) =>
    new Request("http://localhost/", { headers: Array.from({ length: count }, (_, n) => [`x-${n}`, "v"]) });
  expect((await admit(true)(withHeaders(5))).status).toBe(200);
  const response = await admit(true)(withHeaders(6));
  expect(response.status).toBe(431);
  expect(await response.json()).toMatchObject({ error: { reason: "headers_too_large" } });
});
