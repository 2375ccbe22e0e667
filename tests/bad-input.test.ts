import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";

import { readBooks, type Books } from "../testing/auditor.ts";
import { postOrder } from "../testing/http-client.ts";
import { startMarket, type Market } from "../testing/market.ts";
import { sendRaw, type RawReply } from "../testing/raw-http.ts";
import { statusOfReason } from "../torture/fuzz/contract.ts";
import { corpus, type CorpusItem } from "../torture/fuzz/corpus.ts";
import { marker } from "../torture/fuzz/check-answer.ts";
import { internals } from "./bad-input-cases.ts";

let market: Market;
let untouched: Books;
beforeAll(async () => {
  market = await startMarket();
  untouched = readBooks(market.dataDir);
}, 30_000);
// Here and not in a test: the tests run in any order, and this one trades.
afterAll(async () => {
  try {
    await expectUnharmed();
  } finally {
    await market.stop();
  }
});

/** The market still trades, and has logged nothing that its operator would have to look into. */
async function expectUnharmed(): Promise<void> {
  const response = await postOrder(market.url, { name: "GameStart", type: "buy", quantity: 1 });
  expect((await response.json()).data.transaction_number).toBe(1);
  for (const { lines } of Object.values(market.services)) {
    const levels = lines.map((line) => Number(JSON.parse(line).level));
    expect(Math.max(...levels)).toBeLessThan(50);
  }
}

/** An answer in the contract's words, or Bun's own that has none, and two tables as they were. */
function expectRefused({ status, text }: RawReply, expected: CorpusItem["expected"]): void {
  const head = text.slice(0, text.indexOf("\r\n\r\n"));
  const body = text.slice(head.length + 4);
  if (typeof expected === "string") {
    const code = statusOfReason[expected];
    expect(status).toBe(code);
    expect(JSON.parse(body).error).toEqual({ code, message: expect.any(String), reason: expected });
  } else {
    expect(expected).toContain(status);
    if (status !== 405) expect(body).toBe("");
  }
  expectNothingInside(text);
  expect(head).not.toMatch(/^set-cookie/im);
  expect(readBooks(market.dataDir)).toEqual(untouched);
}

function expectNothingInside(text: string): void {
  expect(text).not.toContain(marker);
  expect(text).not.toContain(join(import.meta.dir, ".."));
  expect(text).not.toContain(market.dataDir);
  expect(text).not.toMatch(internals);
}

test.each(corpus.map((item) => [item.what, item] as const))(
  "%s is refused at once, writes nothing and gives nothing away",
  async (_, { bytes, expected }) => {
    expectRefused(await sendRaw(market.url, bytes), expected);
  },
);
