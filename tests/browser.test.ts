import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { chromium, type Browser, type Page } from "playwright-core";

import { freePorts } from "../testing/free-ports.ts";
import { startMarket, type Market } from "../testing/market.ts";
import { writeKeys } from "../testing/api-keys.ts";
import { serviceSecret } from "../testing/keyed-market.ts";
import { readBooks } from "../testing/auditor.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

/** Pages in a real browser: Debian's chromium. */
const executablePath = "/usr/bin/chromium";
const hasBrowser = existsSync(executablePath);
if (!hasBrowser)
  console.warn(`skipped: tests/browser.test.ts needs ${executablePath} (apt-get install chromium)`);

/** What a page calls as `window.bourse`: the SDK as its users' bundlers make it. */
async function sdkForBrowsers(): Promise<string> {
  const entry = join(import.meta.dir, "../client/sdk/client.ts");
  const { outputs } = await Bun.build({ entrypoints: [entry], target: "browser", format: "esm" });
  return (await outputs[0]?.text()) ?? "";
}

type Sdk = typeof import("../client/sdk/client.ts");

describe.skipIf(!hasBrowser)("a page in chromium", () => {
  const folder = temporaryFolder();
  const keysFile = join(folder.path, "keys.json");
  const servers: Bun.Server<undefined>[] = [];
  let browser: Browser;
  let keyed: Market;
  let open: Market;
  let apiKey: string;

  /** A web site with one page, which has the SDK. */
  function site(sdk: string, port: number): string {
    const page = `<!doctype html><script type="module">
      import * as sdk from "/sdk.js";
      window.sdk = sdk;
    </script>`;
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port,
      fetch: ({ url }) =>
        url.endsWith("/sdk.js")
          ? new Response(sdk, { headers: { "content-type": "text/javascript" } })
          : new Response(page, { headers: { "content-type": "text/html" } }),
    });
    servers.push(server);
    return `http://localhost:${server.port}`;
  }

  let listedSite: string;
  let otherSite: string;

  beforeAll(async () => {
    const sdk = await sdkForBrowsers();
    const [listedPort, otherPort] = freePorts(2) as [number, number];
    listedSite = site(sdk, listedPort);
    otherSite = site(sdk, otherPort);
    [apiKey] = writeKeys(keysFile, [{ client: "page", role: "trader" }]) as [string];
    const variables = {
      BOURSE_API_KEYS_FILE: keysFile,
      BOURSE_SERVICE_SECRET: serviceSecret,
      BOURSE_CORS_ORIGINS: listedSite,
    };
    [browser, keyed, open] = await Promise.all([
      chromium.launch({
        executablePath,
        // root has no sandbox; the third name is one that was pointed to this machine (DNS rebinding).
        args: ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP evil.example 127.0.0.1"],
      }),
      startMarket({ variables }),
      startMarket(),
    ]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) void server.stop(true);
    await Promise.all([keyed?.stop(), open?.stop()]);
    folder[Symbol.dispose]();
  });

  async function pageAt(url: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(url);
    return page;
  }

  /** Runs in the page: an order with a key, the same again, a look-up and the first trade of the stream. */
  const tradeInPage = async ({ baseUrl, apiKey }: { baseUrl: string; apiKey: string | undefined }) => {
    const { createClient } = (window as unknown as { sdk: Sdk }).sdk;
    const market = createClient({ baseUrl, apiKey, retries: 0, timeoutMs: 10_000 });
    const order = await market.orders.buy("GameStart", 3, { idempotencyKey: "from-a-page" });
    const again = await market.orders.buy("GameStart", 3, { idempotencyKey: "from-a-page" });
    const missing = await market.stocks.get("NoSuchCo");
    const events: string[] = [];
    if (!order.error)
      for await (const event of market.events({ after: "0-0" })) {
        events.push(event.type);
        if (event.type === "trade") break;
      }
    return {
      order: order.data?.transaction_number ?? order.error?.reason,
      again: again.data?.transaction_number ?? again.error?.reason,
      missing: missing.error?.reason,
      events,
    };
  };

  test("of a listed origin trades with the SDK and an API key", async () => {
    const page = await pageAt(listedSite);
    await page.waitForFunction("window.sdk");
    const seen = await page.evaluate(tradeInPage, { baseUrl: keyed.url, apiKey });
    expect(seen).toMatchObject({ order: 1, again: 1, missing: "stock_not_found" });
    expect(seen.events).toContain("trade");
    await page.close();
  }, 60_000);

  test("of a listed origin reads the headers that the SDK needs", async () => {
    const page = await pageAt(listedSite);
    const headers = await page.evaluate(
      async ({ url, apiKey }) => {
        const { headers } = await fetch(`${url}/orders`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${apiKey}`,
            "content-type": "application/json",
            "idempotency-key": "from-a-page",
          },
          body: JSON.stringify({ name: "GameStart", type: "buy", quantity: 3 }),
        });
        return ["idempotency-replayed", "ratelimit-limit"].map((name) => headers.get(name) !== null);
      },
      { url: keyed.url, apiKey },
    );
    expect(headers).toEqual([true, true]);
    await page.close();
  }, 60_000);

  test.each([["with the key of a trader"], ["of a market without keys"]])(
    "of another origin cannot trade, %s",
    async (what) => {
      const market = what === "of a market without keys" ? open : keyed;
      const before = readBooks(market.dataDir).trades.length;
      const page = await pageAt(otherSite);
      await page.waitForFunction("window.sdk");
      const baseUrl = market.url;
      const seen = await page.evaluate(tradeInPage, {
        baseUrl,
        apiKey: market === keyed ? apiKey : undefined,
      });
      expect(seen).toEqual({
        order: "network_error",
        again: "network_error",
        missing: "network_error",
        events: [],
      });
      expect(readBooks(market.dataDir).trades).toHaveLength(before);
      await page.close();
    },
    60_000,
  );

  test("whose name was pointed to this machine cannot even look", async () => {
    const page = await browser.newPage();
    const { port } = new URL(open.url);
    const reply = await page.goto(`http://evil.example:${port}/stocks/GameStart`);
    expect([reply?.status(), await reply?.text()]).toEqual([421, expect.stringContaining("wrong_host")]);
    const status = await page.evaluate(async () => {
      const init = {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: "GameStart", type: "buy", quantity: 1 }),
      };
      return (await fetch("/orders", init)).status;
    });
    expect(status).toBe(421);
    expect(readBooks(open.dataDir).trades).toEqual([]);
    await page.close();
  }, 60_000);
});
