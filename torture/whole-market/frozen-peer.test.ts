import { expect, test } from "bun:test";

import { answerFaults, faultsIn, readBooks } from "../../testing/auditor.ts";
import { askUntilOutcome } from "../../testing/keyed-client.ts";
import { postOrder, type OrderBody } from "../../testing/http-client.ts";
import { startMarket, type Market, type ServiceName } from "../../testing/market.ts";
import { until } from "../../testing/until.ts";

const orderTimeoutMs = 1_500;
/** For timers, and a machine that does other things, too. */
const slackMs = 1_000;
const readDeadlineMs = 2_500;
const order: OrderBody = { name: "GameStart", type: "buy", quantity: 1 };
const patient = { BOURSE_ORDER_TIMEOUT_MS: String(orderTimeoutMs) };

interface Timed {
  status: number;
  headers: Headers;
  reason: string | undefined;
  tookMs: number;
}

async function timed(asking: () => Promise<Response>): Promise<Timed> {
  const started = performance.now();
  const response = await asking();
  const { error } = await response.json();
  return {
    status: response.status,
    headers: response.headers,
    reason: error?.reason,
    tookMs: performance.now() - started,
  };
}

const look = (market: Market, name = "GameStart") => timed(() => fetch(`${market.url}/stocks/${name}`));

/** Orders with these keys, a little apart, so that some are sent and some wait behind them. */
function placeAll(market: Market, keys: readonly string[]): Promise<Timed[]> {
  return Promise.all(
    keys.map(async (key, index) => {
      await Bun.sleep(index * 10);
      return timed(() => postOrder(market.url, order, key));
    }),
  );
}

/** Sends every order again until it has its outcome, and compares the books with all answers. */
async function expectBooksAgree(market: Market, keys: readonly string[]): Promise<void> {
  const outcomes = await Promise.all(keys.map((key) => askUntilOutcome(market.url, order, key)));
  const books = readBooks(market.dataDir);
  expect(faultsIn(books)).toEqual([]);
  expect(answerFaults(books, outcomes)).toEqual([]);
  expect(books.ledger.length).toBe(keys.length);
}

const keysOf = (prefix: string) => Array.from({ length: 20 }, (_, index) => `${prefix}-${index}`);

test.each<ServiceName>(["order", "catalog"])(
  "while the %s service is frozen, orders are answered by their deadline, and all goes on after",
  async (name) => {
    await using market = await startMarket({ shape: "services", variables: patient });
    const { process } = market.services[name];
    process.kill("SIGSTOP");
    const keys = keysOf(name);
    const answers = await placeAll(market, keys);

    for (const { status, tookMs } of answers) {
      expect(status).toBe(503);
      expect(tookMs).toBeLessThan(orderTimeoutMs + slackMs);
    }
    const unknown = answers.flatMap((answer, index) =>
      answer.reason === "outcome_unknown"
        ? [{ key: keys[index], said: answer.headers.get("idempotency-key") }]
        : [],
    );
    // The first one was sent, so no answer may claim that nothing was done.
    expect(answers[0]?.reason).toBe("outcome_unknown");
    for (const { key, said } of unknown) expect(said).toBe(String(key));
    for (const { reason, headers } of answers.filter(({ reason }) => reason !== "outcome_unknown")) {
      expect(["overloaded", "unavailable"]).toContain(String(reason));
      expect(headers.get("retry-after")).toBe("1");
    }

    process.kill("SIGCONT");
    await market.ready();
    await expectBooksAgree(market, keys);
  },
  30_000,
);

test("orders that a frozen service gets back to in time are answered as if nothing had been", async () => {
  await using market = await startMarket({ shape: "services" });
  const keys = keysOf("thawed");
  for (const name of ["order", "catalog"] as const) {
    const { process } = market.services[name];
    process.kill("SIGSTOP");
    const answers = placeAll(
      market,
      keys.map((key) => `${key}-${name}`),
    );
    await Bun.sleep(2_500);
    process.kill("SIGCONT");
    expect((await answers).map(({ status }) => status)).toEqual(keys.map(() => 200));
  }
  await expectBooksAgree(
    market,
    keys.flatMap((key) => [`${key}-order`, `${key}-catalog`]),
  );
}, 30_000);

test("a frozen order service slows no lookup, and a read of the ledger ends by its deadline", async () => {
  await using market = await startMarket({ shape: "services", variables: patient });
  await postOrder(market.url, order);
  market.services.order.process.kill("SIGSTOP");
  const placing = placeAll(market, keysOf("behind"));
  for (const name of ["GameStart", "BoarCo"]) {
    const { status, tookMs } = await look(market, name);
    expect(status).toBe(200);
    expect(tookMs).toBeLessThan(slackMs);
  }
  const ledger = await timed(() => fetch(`${market.url}/orders/1`));
  expect(ledger).toMatchObject({ status: 503, reason: "unavailable" });
  expect(ledger.tookMs).toBeLessThan(readDeadlineMs + slackMs);
  const readiness = await timed(() => fetch(`${market.url}/readyz`));
  expect(readiness).toMatchObject({ status: 503, reason: "unavailable" });
  await placing;
}, 30_000);

test("a frozen catalog's stocks are served from memory only while its feed stands, and then not at all", async () => {
  await using market = await startMarket({ shape: "services", variables: patient });
  await look(market);
  await until(async () => (await look(market)).headers.get("x-cache") === "hit");
  const frozenAt = performance.now();
  market.services.catalog.process.kill("SIGSTOP");

  // A stock that was not looked up before is not cached, so the frontend asks the catalog.
  const unseen = look(market, "BoarCo");
  let last = await look(market);
  while (last.status === 200) {
    expect(last.headers.get("x-cache")).toBe("hit");
    expect(performance.now() - frozenAt).toBeLessThan(1_000 + slackMs);
    last = await look(market);
  }
  for (const refused of [last, await unseen]) {
    expect(refused).toMatchObject({ status: 503, reason: "unavailable" });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.tookMs).toBeLessThan(readDeadlineMs + slackMs);
  }

  market.services.catalog.process.kill("SIGCONT");
  await until(async () => (await look(market)).headers.get("x-cache") === "hit");
}, 30_000);
