import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { openMarket } from "../../services/frontend/market.fixture.ts";
import { TradeExpectations, predictionViolations } from "./expected-trades.ts";
import { calls } from "./contract.ts";
import { corpus } from "./corpus.ts";
import { formViolations } from "./check-answer.ts";
import { readMessages, writeMessage } from "./message.ts";
import { predict } from "./oracle.ts";
import { requests } from "./requests.ts";
import { smuggling } from "./smuggling.ts";

const frontend = { service: "frontend" } as const;
const read = (bytes: string) => readMessages(Buffer.from(bytes, "latin1"));

test("every call of every service is fuzzed", async () => {
  await using market = await openMarket();
  for (const [service, app] of [
    ["frontend", market.app],
    ["order", market.order.app],
    ["catalog", market.catalog.app()],
  ] as const) {
    const routes = app.routes
      .filter(({ hooks }) => !hooks.detail?.hide)
      .map(({ method, path }) => `${method} ${path}`);
    expect(calls[service].map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
      routes.toSorted(),
    );
  }
});

test("of what the security checklist refuses, the oracle predicts the same, or sees no whole message", () => {
  for (const { what, bytes, expected } of corpus) {
    const { messages, rest } = read(bytes);
    if (messages.length === 0) expect([what, rest]).toEqual([what, expect.stringMatching(/^(in|mal)/)]);
    for (const message of messages) {
      const { reasons, mayPass } = predict(frontend, message);
      if (typeof expected === "string")
        expect([what, mayPass, reasons]).toEqual([what, false, expect.arrayContaining([expected])]);
    }
  }
});

test("without keys another Host is predicted to be refused, and with keys it is not", () => {
  const predicted = (host: string, guard: Parameters<typeof predict>[0]) => {
    const [message] = read(`GET /stocks HTTP/1.1\r\nHost: ${host}\r\n\r\n`).messages;
    return predict(guard, message!);
  };
  const secret = "s";
  for (const host of ["x", "a.example:80", "localhos", "evil.localhost"]) {
    expect(predicted(host, frontend)).toMatchObject({ mayPass: false, reasons: ["wrong_host"] });
    expect(predicted(host, { service: "catalog" }).reasons).toEqual(["wrong_host"]);
    expect(predicted(host, { service: "catalog", secret }).reasons).not.toContain("wrong_host");
    expect(predicted(host, { service: "frontend", callers: new Map() }).reasons).not.toContain("wrong_host");
  }
  for (const host of ["localhost", "127.0.0.1:8080", "[::1]"])
    expect(predicted(host, frontend)).toMatchObject({ mayPass: true });
});

test.each(smuggling)("%s is no message that the oracle reads an order from", (_, bytes) => {
  expect(read(bytes)).toEqual({ messages: [], rest: "malformed" });
});

test("the same seed makes the same requests, and another seed others", () => {
  const identity = { marketId: "m", incarnation: 1, epoch: 1, chain: "c" };
  const arbitrary = requests(identity, { frontend: [undefined], catalog: ["a"], order: ["b"] });
  const sample = (seed: number) =>
    fc
      .sample(arbitrary, { numRuns: 30, seed })
      .map(({ service, bytes }) => service + bytes.toString("latin1"));
  expect(sample(7)).toEqual(sample(7));
  expect(sample(7)).not.toEqual(sample(8));
});

test("what is written in chunks is read back", () => {
  const body = Buffer.from('{"a":"\u00e9"}');
  for (const pieces of [0, 1, 3, 100]) {
    const written = writeMessage({ method: "POST", target: "/", headers: [["Host", "x"]], body }, pieces);
    const { messages, rest } = readMessages(Buffer.concat([written, written]));
    expect([messages.map((message) => message.body), rest]).toEqual([[body, body], "nothing"]);
  }
});

const json = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};
const answerOf = (status: number, body: unknown, headers: Record<string, string> = json) => ({
  status,
  headers: new Map(Object.entries(headers)),
  body: typeof body === "string" ? body : JSON.stringify(body),
  isLast: false,
});
const refusal = (code: number, reason: string, message = "no") => ({ error: { code, message, reason } });

describe("the form of an answer", () => {
  test("is right as the contract has it", () => {
    expect(formViolations("frontend", answerOf(422, refusal(422, "invalid_request")), false)).toEqual([]);
    expect(formViolations("catalog", answerOf(409, refusal(409, "stale_epoch")), false)).toEqual([]);
  });

  test.each<[string, ReturnType<typeof answerOf>]>([
    ["another code", answerOf(422, refusal(400, "invalid_request"))],
    ["a reason of another status", answerOf(400, refusal(400, "invalid_request"))],
    ["a reason that is none", answerOf(422, refusal(422, "odd"))],
    ["a reason of the services", answerOf(409, refusal(409, "stale_epoch"))],
    ["no message", answerOf(422, refusal(422, "invalid_request", ""))],
    ["a stack", answerOf(422, refusal(422, "invalid_request", "x\n    at f (a.ts:1)"))],
    ["an echo", answerOf(422, refusal(422, "invalid_request", "Zq9xMark is odd"))],
    ["more fields", answerOf(422, { ...refusal(422, "invalid_request"), more: 1 })],
    ["HTML", answerOf(422, "<h1>", { ...json, "content-type": "text/html" })],
    ["no no-store", answerOf(422, refusal(422, "invalid_request"), { ...json, "cache-control": "private" })],
    ["another site", answerOf(200, {}, { ...json, "access-control-allow-origin": "*" })],
  ])("is wrong with %s", (_, answer) => {
    expect(formViolations("frontend", answer, false)).not.toEqual([]);
  });
});

describe("the expectations", () => {
  const order = {
    client: "anonymous",
    key: "k",
    name: "BoarCo",
    type: "buy",
    quantity: 3,
    expectedCents: undefined,
  } as const;
  const prediction = {
    reasons: ["insufficient_quantity"],
    mayPass: true,
    answer: "receipt",
    items: [order],
  } as const;
  const receipt = {
    transaction_number: 1,
    name: "BoarCo",
    type: "buy",
    quantity: 3,
    price: 7.11,
    at: "2026-01-01T00:00:00.000Z",
  };
  const row = {
    number: 1,
    order_id: "anonymous\0k",
    fingerprint: "",
    client: "anonymous",
    name: "BoarCo",
    type: "buy",
    quantity: 3,
    price_cents: 711,
    quantity_after: 97,
    stock_version: 2,
    at: Date.parse(receipt.at),
    chain: "",
  } as const;
  const booksOf = (trades: (typeof row)[]) => ({
    marketId: "m",
    ledgerMarketId: "m",
    openings: [],
    stocks: [],
    trades,
    refusals: [],
    ledger: trades,
    integrity: [],
  });
  const strangers = (expectations: TradeExpectations, trades: (typeof row)[]) =>
    expectations
      .violationsIn(booksOf(trades))
      .filter((what) => /by no message|not as it was|not in the ledger/.test(what));

  test("explains a trade by its receipt, or by a message whose answer never came", () => {
    const [heard, unheard] = [new TradeExpectations(), new TradeExpectations()];
    expect(heard.answered(prediction, answerOf(200, { data: receipt }))).toEqual([]);
    unheard.unanswered([order]);
    expect([strangers(heard, [row]), strangers(unheard, [row])]).toEqual([[], []]);
  });

  test("finds a trade that nobody ordered, one that is not as acknowledged, and one that is missing", () => {
    const expectations = new TradeExpectations();
    expect(strangers(expectations, [row])).toHaveLength(1);
    expectations.answered(prediction, answerOf(200, { data: receipt }));
    expect(
      strangers(expectations, [{ ...row, order_id: "anonymous\0other" as typeof row.order_id }]),
    ).toHaveLength(1);
    expect(strangers(expectations, [])).toHaveLength(1);
  });

  test("finds a number that is given twice, and a receipt of another order", () => {
    const expectations = new TradeExpectations();
    expectations.answered(prediction, answerOf(200, { data: receipt }));
    expect(expectations.answered(prediction, answerOf(200, { data: receipt }))).toHaveLength(1);
    expect(
      expectations.answered(
        prediction,
        answerOf(200, { data: { ...receipt, transaction_number: 2, quantity: 4 } }),
      ),
    ).toHaveLength(1);
  });

  test("finds an answer that was not predicted", () => {
    expect(
      predictionViolations(prediction, answerOf(400, refusal(400, "insufficient_quantity")), false),
    ).toEqual([]);
    expect(
      predictionViolations(prediction, answerOf(404, refusal(404, "stock_not_found")), false),
    ).toHaveLength(1);
    expect(predictionViolations({ ...prediction, mayPass: false }, answerOf(200, {}), false)).toHaveLength(1);
  });
});
