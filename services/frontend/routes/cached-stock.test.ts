import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { temporaryFolder } from "../../../testing/temporary-folder.ts";
import { issueKey } from "../access/key.fixture.ts";
import { changeKeys } from "../access/keys-file.ts";
import { openMarket, type LocalMarket } from "../market.fixture.ts";
import { cachedStockReplies, stockPathPrefix } from "./stocks.ts";

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

/** A rate that no test uses up, and one that allows two calls. */
const reader = issueKey({ rate: 100_000 });
const slow = issueKey({ rate: 1, client: "slow" });
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

async function answerOf(response: Response): Promise<Answer> {
  const headers = Object.fromEntries(response.headers);
  // The rest of a rate differs between calls, so only the presence of the header is compared.
  for (const name of ["ratelimit-remaining", "ratelimit-reset"]) if (headers[name]) headers[name] = "some";
  return { status: response.status, headers, body: await response.text() };
}

/** A market whose feed is up and which has stock A in its cache. */
async function openWithCachedStock(apiKeysFile?: string): Promise<LocalMarket> {
  const market = await openMarket(apiKeysFile === undefined ? {} : { apiKeysFile });
  market.frontend.cache.feedUp();
  await market.app.handle(new Request("http://localhost/stocks/A", { headers: bearer(reader.key) }));
  expect(market.frontend.cache.size).toBe(1);
  return market;
}

const requests: [what: string, path: string, init: RequestInit, isFromMemory: boolean][] = [
  ["a cached stock", "/stocks/A", {}, true],
  ["a stock that is not cached", "/stocks/B", {}, false],
  ["a cached stock with a query", "/stocks/A?x=1", {}, false],
  ["a cached stock with a slash behind it", "/stocks/A/", {}, false],
  ["a cached stock in another spelling", "/stocks/%41", {}, false],
  ["no stock name", "/stocks/a$b", {}, false],
  ["all stocks", "/stocks", {}, false],
  ["all stocks with a slash behind", "/stocks/", {}, false],
  ["something under a stock", "/stocks/A/history", {}, false],
  ["a path that ends alike", "/x/stocks/A", {}, false],
  ["a cached stock, asked for afresh", "/stocks/A", { headers: { "cache-control": "no-cache" } }, false],
  ["a HEAD", "/stocks/A", { method: "HEAD" }, false],
  ["a DELETE", "/stocks/A", { method: "DELETE" }, false],
];

describe.each([
  ["without API keys", false],
  ["with API keys", true],
])("%s", (_, hasKeys) => {
  let market: LocalMarket;
  beforeAll(async () => {
    const keysFile = join(folder.path, "keys.json");
    if (hasKeys) changeKeys(keysFile, () => [reader.record, slow.record]);
    market = await openWithCachedStock(hasKeys ? keysFile : undefined);
  });
  afterAll(() => market[Symbol.asyncDispose]());

  const fromMemory = (request: Request) => {
    const path = request.url.slice(request.url.indexOf("/", request.url.indexOf("//") + 2));
    if (!path.startsWith(stockPathPrefix)) return undefined;
    return cachedStockReplies(market.frontend)(request, path.slice(stockPathPrefix.length));
  };

  test.each(requests)(
    "the short way answers %s as the route does, or not at all",
    async (_what, path, init, is) => {
      market.frontend.cache.eventReceived();
      for (const origin of ["http://localhost", "http://x", "http://[::1]:8080", "https://host:1"]) {
        const shows: Record<string, string> = hasKeys ? bearer(reader.key) : {};
        const request = () =>
          new Request(origin + path, { ...init, headers: { ...shows, ...(init.headers as object) } });
        const short = fromMemory(request());
        expect(short !== undefined).toBe(is);
        const admitted = await market.frontend.admit(market.app.fetch)(request());
        const routed = await market.app.handle(request());
        // Elysia itself reads the path of an https URL wrongly; the listener has none.
        if (origin.startsWith("http:")) {
          expect(await answerOf(admitted)).toEqual(await answerOf(routed));
          if (short)
            expect(await answerOf(short)).toEqual(await answerOf(await market.app.handle(request())));
        }
      }
    },
  );

  test("while the feed is down nothing is answered from memory", () => {
    market.frontend.cache.feedDown();
    expect(fromMemory(new Request("http://localhost/stocks/A"))).toBeUndefined();
  });
});

test("with API keys a cached stock is only for a caller who is admitted, and costs one call of its rate", async () => {
  const keysFile = join(folder.path, "keys.json");
  changeKeys(keysFile, () => [reader.record, slow.record]);
  await using market = await openWithCachedStock(keysFile);
  const ask = async (headers: Record<string, string>) => {
    const request = new Request("http://localhost/stocks/A", { headers });
    return answerOf(await market.frontend.admit(market.app.fetch)(request));
  };
  for (const shows of [{}, { authorization: "Bearer x" }, bearer(issueKey().key)]) {
    const { status, headers } = await ask(shows);
    expect([status, headers["x-cache"]]).toEqual([401, undefined]);
  }
  const answers = [await ask(bearer(slow.key)), await ask(bearer(slow.key)), await ask(bearer(slow.key))];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(answers.map(({ headers }) => headers["x-cache"])).toEqual(["hit", "hit", undefined]);
  expect(answers[2]?.headers["retry-after"]).toBe("1");
});

test("a lookup that is not cached looks into the cache once, and in another spelling once for each", async () => {
  await using market = await openWithCachedStock();
  const { frontend } = market;
  const names: string[] = [];
  const get = frontend.cache.get.bind(frontend.cache);
  frontend.cache.get = (name) => {
    names.push(name);
    return get(name);
  };
  const useOf = async (path: string) => {
    const response = await frontend.admit(market.app.fetch)(new Request(`http://localhost${path}`));
    return response.headers.get("x-cache");
  };
  expect([await useOf("/stocks/B"), await useOf("/stocks/%41"), await useOf("/stocks/A")]).toEqual([
    null,
    "hit",
    "hit",
  ]);
  expect(names).toEqual(["B", "%41", "A", "A"]);
});
