import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";

import type { Summary } from "../client/simulator/summary.ts";
import { startMarket, type Market } from "../testing/market.ts";

let market: Market;

beforeAll(async () => {
  market = await startMarket();
}, 20_000);

afterAll(() => market.stop());

const root = join(import.meta.dir, "..");

function start(...args: string[]) {
  const main = join(root, "cli/main.ts");
  return Bun.spawn([process.execPath, main, "simulate", "--url", market.url, ...args], {
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function simulate(...args: string[]): Promise<{ out: string; exitCode: number }> {
  const child = start(...args);
  return { out: await new Response(child.stdout).text(), exitCode: await child.exited };
}

function summaryOf(out: string): Summary {
  return JSON.parse(out) as Summary;
}

const sum = (counts: object) =>
  Object.values(counts).reduce((total: number, count: number) => total + count, 0);

test("every acknowledged order of a run is in the ledger as it was acknowledged", async () => {
  const { out, exitCode } = await simulate("--json", "--clients", "8", "--requests", "60", "--seed", "1");
  const { ok, lookups, orders, verified } = summaryOf(out);
  expect({ ok, exitCode }).toEqual({ ok: true, exitCode: 0 });
  expect(lookups).toMatchObject({ found: 480, failed: {} });
  expect(orders).toMatchObject({ failed: {}, unknown: 0 });
  expect(verified.orders).toBe(orders.bought + orders.sold);
  expect(verified).toMatchObject({ matching: verified.orders, unreachable: 0, mismatches: [] });
  expect(Math.min(orders.bought, orders.sold, sum(orders.refused))).toBeGreaterThan(0);
}, 20_000);

test("without options it prints each answer and a summary", async () => {
  const { out, exitCode } = await simulate("--clients", "2", "--requests", "20", "--probability", "1");
  expect(exitCode).toBe(0);
  expect(out.match(/^client [12]: \S+ is at \d+\.\d\d a share, \d+ shares? left$/gm)?.length).toBe(40);
  expect(out.match(/^client [12]: (bought|sold|could not buy) \d+ shares? of /gm)?.length).toBe(40);
  expect(out).toMatch(/^ok: (\d+) of \1 acknowledged orders are in the ledger as acknowledged$/m);
}, 20_000);

test("--quiet leaves the summary alone", async () => {
  const { out } = await simulate("--quiet", "--requests", "5");
  expect(out).not.toMatch(/^client \d+:/m);
  expect(out).toMatch(/^lookups +25 /m);
}, 20_000);

test("with the same seed the same orders are asked", async () => {
  const asked = async () => {
    const { out } = await simulate(
      "--clients",
      "1",
      "--requests",
      "30",
      "--seed",
      "5",
      "--probability",
      "0.7",
    );
    return [...out.matchAll(/(buy|bought|sell|sold) (\d+) shares? of (\S+)/g)].map(
      ([, type, quantity, name]) => [type?.startsWith("b") ? "buy" : "sell", quantity, name],
    );
  };
  const first = await asked();
  expect(first.length).toBeGreaterThan(10);
  expect(await asked()).toEqual(first);
}, 20_000);

test("--duration ends the trading by time", async () => {
  const { out, exitCode } = await simulate("--json", "--duration", "0.5", "--clients", "2");
  expect(exitCode).toBe(0);
  expect(summaryOf(out).run.elapsed_ms).toBeWithin(450, 2_500);
}, 20_000);

test("Ctrl-C ends the trading, and still verifies and sums up", async () => {
  const child = start("--clients", "2", "--duration", "60", "--probability", "1");
  let out = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    // Once it trades; a second one would end it at once.
    if (!out && chunk.length > 0) child.kill("SIGINT");
    out += decoder.decode(chunk, { stream: true });
  }
  expect(await child.exited).toBe(0);
  expect(out).toMatch(/^ok: (\d+) of \1 acknowledged orders/m);
}, 20_000);

test("orders whose outcome was lost to a killed service are settled, and none is missing", async () => {
  const child = start("--json", "--clients", "8", "--duration", "3", "--probability", "1");
  await Bun.sleep(800);
  await market.end("order", "SIGKILL");
  await market.start("order");
  await Bun.sleep(500);
  await market.end("frontend", "SIGKILL");
  await market.start("frontend");
  const out = await new Response(child.stdout).text();
  const { ok, orders, verified } = summaryOf(out);
  expect({ ok, exitCode: await child.exited }).toEqual({ ok: true, exitCode: 0 });
  expect(orders.unknown).toBe(0);
  expect(verified.matching).toBe(orders.bought + orders.sold);
}, 30_000);
