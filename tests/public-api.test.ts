import { expect, test } from "bun:test";

import { bunRunner } from "../testing/api-cases/bun-runner.ts";
import { openOverHttp, type HttpApi } from "../testing/api-cases/over-http.ts";
import { publicApi } from "../testing/api-cases/public-api.ts";
import { pages } from "../testing/api-cases/requests.ts";
import { runSuite } from "../testing/api-cases/suite.ts";
import { postOrder } from "../testing/http-client.ts";
import { serviceNames } from "../testing/market.ts";

let api: HttpApi;
runSuite(bunRunner, publicApi, async (needs) => (api = await openOverHttp(needs)));

test("after all three have ended and started again, numbers go on without a gap and nothing is lost", async () => {
  const { market } = api;
  const before = await pages(api, "/orders", { limit: "1000" });
  for (const name of serviceNames.toReversed()) await market.end(name, "SIGTERM");
  for (const name of serviceNames) await market.start(name);
  await market.ready();
  expect((await pages(api, "/orders", { limit: "1000" })).rows).toEqual(before.rows);
  const response = await postOrder(market.url, { name: "BoarCo", type: "buy", quantity: 1 });
  expect((await response.json()).data.transaction_number).toBe(before.rows.length + 1);
}, 40_000);
