import { expect, test } from "bun:test";

import { followEvents } from "../testing/event-follower.ts";
import { postOrder } from "../testing/http-client.ts";
import { startMarket } from "../testing/market.ts";
import { nginxPath, startNginx } from "../testing/nginx.ts";
import { until } from "../testing/until.ts";

/** The nginx block of docs/deploy.md, before stand-ins for a frontend and before a market. */
if (!nginxPath)
  console.warn("skipped: there is no nginx on this machine (Debian: apt-get install nginx-light)");
const withNginx = test.skipIf(!nginxPath);

const later = "retry: 2000\n\n";
const hostOf = (url: string | URL): string => new URL(url).host;

/** Answers every request as `answer` does. */
function serve(answer: (request: Request, server: Bun.Server<undefined>) => Response) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  return { host: hostOf(server.url), [Symbol.asyncDispose]: () => server.stop(true) };
}

withNginx("the connection to the frontend is kept for the next request", async () => {
  const ports = new Set<number>();
  await using frontend = serve((request, server) => {
    ports.add(server.requestIP(request)?.port ?? 0);
    return Response.json({ data: {} });
  });
  await using nginx = await startNginx(frontend.host);
  for (let count = 0; count < 10; count += 1) await (await fetch(`${nginx.url}/stocks/A`)).text();
  expect(ports.size).toBe(1);
});

withNginx.each([502, 503, 504])(
  "a %d for an event stream becomes a stream that ends, and stays what it is elsewhere",
  async (status) => {
    await using frontend = serve(() => Response.json({ error: { code: status } }, { status }));
    await using nginx = await startNginx(frontend.host);
    const events = await fetch(`${nginx.url}/events?after=0-0`);
    expect([events.status, await events.text()]).toEqual([200, later]);
    expect(events.headers.get("content-type")).toBe("text/event-stream");
    expect(events.headers.get("cache-control")).toBe("no-store");
    const order = await fetch(`${nginx.url}/orders`, { method: "POST", body: "{}" });
    expect([order.status, await order.json()]).toEqual([status, { error: { code: status } }]);
  },
);

withNginx.each([401, 422, 429])("a %d for an event stream stays what it is", async (status) => {
  await using frontend = serve(() => Response.json({ error: { code: status } }, { status }));
  await using nginx = await startNginx(frontend.host);
  expect((await fetch(`${nginx.url}/events`)).status).toBe(status);
});

withNginx(
  "behind nginx, events arrive at once, and a follower misses nothing of a frontend that is killed",
  async () => {
    await using market = await startMarket();
    await using nginx = await startNginx(hostOf(market.url));
    const buy = { name: "GameStart", type: "buy", quantity: 1 } as const;
    const follower = followEvents(nginx.url, "0-0");
    const trades = () =>
      follower.events.filter(({ event }) => event === "trade").map(({ data }) => data.number);
    expect((await postOrder(nginx.url, buy)).status).toBe(200);
    await until(() => trades().length === 1, 5_000, "the first trade arrives");

    await market.end("frontend", "SIGKILL");
    const events = await fetch(`${nginx.url}/events`);
    expect([events.status, await events.text()]).toEqual([200, later]);
    expect((await fetch(`${nginx.url}/stocks`)).status).toBe(502);

    await market.start("frontend");
    await market.ready();
    expect((await postOrder(nginx.url, buy)).status).toBe(200);
    await until(() => trades().length === 2, 10_000, "the trade after the restart arrives");
    await follower.stop();
    expect(trades()).toEqual([1, 2]);
    expect(follower.events.filter(({ event }) => event === "reset")).toEqual([]);
  },
  90_000,
);
