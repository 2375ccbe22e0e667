import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { join } from "node:path";

import { waitUntilReady } from "../services/runtime/process/supervisor/what-to-try.ts";
import { postOrder } from "../testing/http-client.ts";
import { defaultShape, startMarket, type Market } from "../testing/market.ts";
import { serviceSecret } from "../testing/keyed-market.ts";

/** A proxy of the environment gets no call between services, no health check, and no call of a command on this machine. */
const main = join(import.meta.dir, "../cli/main.ts");
const names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] as const;

let proxy: Server;
/** What was sent to the proxy. */
let received = "";
let market: Market;
let variables: Record<string, string>;

beforeAll(async () => {
  proxy = createServer((socket) => {
    socket.on("data", (bytes) => {
      received += String(bytes);
      socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    });
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  variables = {
    ...Object.fromEntries(names.map((name) => [name, url])),
    BOURSE_SERVICE_SECRET: serviceSecret,
  };
  market = await startMarket({ variables });
}, 30_000);
afterAll(async () => {
  await market?.stop();
  proxy.close();
});

/** Runs a command under the proxy, on this market. */
async function run(...args: string[]): Promise<{ exitCode: number; stdout: string }> {
  const urls = Object.fromEntries(
    (["catalog", "order"] as const).map((name) => [`${name.toUpperCase()}_URL`, market.services[name].url]),
  );
  const command = Bun.spawn([process.execPath, main, ...args], {
    env: { ...process.env, ...variables, ...urls, BOURSE_DATA_DIR: market.dataDir },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  const stdout = await new Response(command.stdout).text();
  return { exitCode: await command.exited, stdout };
}

test("the proxy is in the way of a call that does not avoid it", async () => {
  const script = `console.log((await fetch(${JSON.stringify(`${market.url}/healthz`)})).status)`;
  const child = Bun.spawn([process.execPath, "-e", script], {
    env: { ...process.env, ...variables },
    stdout: "pipe",
  });
  expect(await new Response(child.stdout).text()).toBe("502\n");
  expect(received).toContain("/healthz");
  received = "";
});

test("the market is ready and trades", async () => {
  expect(await waitUntilReady(market.url, AbortSignal.timeout(10_000))).toBe(true);
  const order = await postOrder(market.url, { name: "GameStart", type: "buy", quantity: 1 });
  expect(order.status).toBe(200);
  expect(received).toBe("");
});

test("`simulate` trades with it", async () => {
  const { exitCode, stdout } = await run(
    "simulate",
    "--clients",
    "1",
    "--requests",
    "3",
    "--json",
    "--url",
    market.url,
  );
  expect({ exitCode, ok: JSON.parse(stdout).ok }).toEqual({ exitCode: 0, ok: true });
  expect(received).toBe("");
});

test.skipIf(defaultShape === "one-process")("`audit --live` asks its services", async () => {
  expect((await run("audit", "--live")).exitCode).toBe(0);
  expect(received).toBe("");
});

test("the line that `dev` prints once orders go through comes under a proxy too", async () => {
  const file = join(import.meta.dir, "../services/runtime/process/supervisor/what-to-try.ts");
  const script = `import { waitUntilReady } from ${JSON.stringify(file)};
    console.log(await waitUntilReady(${JSON.stringify(market.url)}, AbortSignal.timeout(5_000)));`;
  const child = Bun.spawn([process.execPath, "-e", script], {
    env: { ...process.env, ...variables },
    stdout: "pipe",
  });
  expect(await new Response(child.stdout).text()).toBe("true\n");
  expect(received).toBe("");
});
