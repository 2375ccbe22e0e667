import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";

import { temporaryFolder } from "../../../testing/temporary-folder.ts";
import { issueKey } from "../access/key.fixture.ts";
import { changeKeys } from "../access/keys-file.ts";
import { openMarket, type LocalMarket } from "../market.fixture.ts";
import { streamLimits } from "./events.ts";

const folder = temporaryFolder();
const keysFile = join(folder.path, "keys.json");
const names = Array.from({ length: 7 }, (_, index) => `client-${index}`);
const keys = names.map((client) => issueKey({ role: "reader", client, rate: 1_000 }));
/** A second key of the first client. */
const spare = issueKey({ role: "reader", client: "client-0", rate: 1_000 });

let market: LocalMarket;
const open: Response[] = [];

beforeAll(async () => {
  changeKeys(keysFile, () => [...keys, spare].map(({ record }) => record));
  market = await openMarket({ apiKeysFile: keysFile });
});
afterAll(async () => {
  await Promise.all(open.map(async (response) => response.body?.cancel()));
  await market[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function follow(key: string | undefined, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await market.app.handle(
    new Request("http://localhost/events?after=0-0", { ...init, headers }),
  );
  if (response.status === 200 && response.body) open.push(response);
  return response;
}

async function failureOf(response: Response) {
  const { error } = (await response.json()) as { error: { reason: string } };
  return [response.status, error.reason, response.headers.get("retry-after")];
}

async function openMany(key: string | undefined, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) expect((await follow(key)).status).toBe(200);
}

async function closeOne(): Promise<void> {
  await open.shift()?.body?.cancel();
}

test("a client may have so many streams open, with all its keys together; others are not refused for it", async () => {
  const [first, second] = keys.map(({ key }) => key);
  await openMany(first, streamLimits.perClient);
  for (const key of [first, spare.key])
    expect(await failureOf(await follow(key))).toEqual([429, "rate_limited", "5"]);
  expect((await follow(second)).status).toBe(200);
  await closeOne();
  expect((await follow(spare.key)).status).toBe(200);
  expect(await failureOf(await follow(first))).toEqual([429, "rate_limited", "5"]);
});

test("HEAD opens no stream", async () => {
  const [, second] = keys.map(({ key }) => key);
  for (let index = 0; index <= streamLimits.perClient; index += 1) {
    const head = await follow(second, { method: "HEAD" });
    expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream;charset=utf-8"]);
  }
});

test("all clients together may have so many streams open", async () => {
  const others = keys.slice(2).map(({ key }) => key);
  const last = others.pop();
  for (const key of others) {
    const count = Math.min(streamLimits.perClient, streamLimits.inAll - open.length);
    await openMany(key, count);
  }
  expect(open.length).toBe(streamLimits.inAll);
  expect(await failureOf(await follow(last))).toEqual([503, "overloaded", "5"]);
  await closeOne();
  expect((await follow(last)).status).toBe(200);
});

test("a stream whose client is gone before it read anything is counted no more", async () => {
  const last = keys.at(-1)?.key;
  await closeOne();
  const gone = new AbortController();
  expect((await follow(last, { signal: gone.signal })).status).toBe(200);
  open.pop();
  expect((await follow(last)).status).toBe(503);
  gone.abort();
  expect((await follow(last)).status).toBe(200);
});
