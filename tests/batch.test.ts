import { expect, test } from "bun:test";

import { batches } from "../testing/api-cases/batches.ts";
import { bunRunner } from "../testing/api-cases/bun-runner.ts";
import { openOverHttp, type HttpApi } from "../testing/api-cases/over-http.ts";
import { runSuite } from "../testing/api-cases/suite.ts";
import { sendRaw } from "../testing/raw-http.ts";

let api: HttpApi;
runSuite(bunRunner, batches, async (needs) => (api = await openOverHttp(needs)));

test("a body of unknown length that grows past a mebibyte is refused, and nothing is done", async () => {
  const { url } = api.market;
  const before = await (await fetch(`${url}/stocks/A`)).text();
  const chunk = " ".repeat(2 ** 16);
  const head =
    "POST /orders/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  const chunks = Array.from({ length: 17 }, () => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  const { status } = await sendRaw(url, head + chunks);
  expect(status).toBe(413);
  expect(await (await fetch(`${url}/stocks/A`)).text()).toBe(before);
});
