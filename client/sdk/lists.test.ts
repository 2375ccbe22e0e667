import { afterEach, expect, test } from "bun:test";

import { BourseError, createClient, type ListOptions } from "./client.ts";
import { hangs, orderOf, refuses, replies, startServer, type Treatment } from "./failing-server.fixture.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function start(...treatments: Treatment[]) {
  const server = await startServer(treatments);
  stops.push(server.stop);
  return { seen: server.seen, client: createClient({ baseUrl: server.url, retries: 1 }) };
}

const page = (numbers: number[], next: number | null) => replies(200, { data: numbers.map(orderOf), next });
const overloaded = refuses(503, "overloaded");

test("every order of every page, a page that is empty or asked for twice included", async () => {
  const { client, seen } = await start(page([1, 2], 2), overloaded, page([], 900), page([1_000], null));
  const listed = await Array.fromAsync(client.orders.list());
  expect(listed.map(({ number }) => number)).toEqual([1, 2, 1_000]);
  const urls = ["limit=1000", "after=2&limit=1000", "after=2&limit=1000", "after=900&limit=1000"];
  expect(seen.map(({ url }) => url)).toEqual(urls.map((query) => `/orders?${query}`));
});

test.each<[ListOptions, string]>([
  [{ after: 0 }, "after=0&limit=1000"],
  [{ name: "A&b", type: "sell", after: 7 }, "after=7&limit=1000&name=A%26b&type=sell"],
  [{ name: "" }, "limit=1000&name="],
])("%p is asked of the market as it stands", async (options, query) => {
  const { client, seen } = await start(page([], null));
  await Array.fromAsync(client.orders.list(options));
  expect(seen.map(({ url }) => url)).toEqual([`/orders?${query}`]);
});

test("pages are fetched as they are needed", async () => {
  const { client, seen } = await start(page([1, 2], 2), page([3], null));
  for await (const { number } of client.orders.list()) if (number === 2) break;
  expect(seen.length).toBe(1);
});

test.each<[string, Treatment, string, number]>([
  ["cannot be read after its retries", overloaded, "overloaded", 3],
  ["is refused", refuses(422, "invalid_request"), "invalid_request", 2],
])("a page that %s throws: no list looks whole that is not", async (_, treatment, reason, requests) => {
  const { client, seen } = await start(page([1], 1), treatment);
  const listed: number[] = [];
  const read = async () => {
    for await (const { number } of client.orders.list()) listed.push(number);
  };
  const error: unknown = await read().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BourseError);
  expect(error).toMatchObject({ reason });
  expect(listed).toEqual([1]);
  expect(seen.length).toBe(requests);
});

test("the caller's signal makes it throw", async () => {
  const { client } = await start(hangs);
  const listing = client.orders.list({ signal: AbortSignal.timeout(50) });
  expect(await listing.next().catch((thrown: unknown) => thrown)).toMatchObject({ reason: "aborted" });
});
