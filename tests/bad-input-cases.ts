import assert from "node:assert/strict";

import { assertFailure, get } from "../testing/api-cases/requests.ts";
import type { ApiSuite } from "../testing/api-cases/suite.ts";
import { postOrder, type Api } from "../testing/http-client.ts";
import { statusOfReason } from "../torture/fuzz/contract.ts";
import { corpus, type CorpusItem } from "../torture/fuzz/corpus.ts";
import { marker } from "../torture/fuzz/check-answer.ts";

/** What no answer may show of the code. */
export const internals = /stack|node_modules|\.ts\b|sqlite|typebox|select |insert |\berror:|\n\s+at /i;

/** The reason by which a request must be refused, when the API refuses it and not the parser of HTTP. */
type Reason = Extract<CorpusItem["expected"], string>;

interface ParsedItem {
  what: string;
  reason: Reason;
  path: string;
  init: RequestInit;
}

/** The items that can be made without a socket; tests/bad-input.test.ts sends all as bytes. */
const items = corpus.flatMap(parsed);

function parsed({ what, bytes, expected }: CorpusItem): ParsedItem[] {
  if (typeof expected !== "string") return [];
  const end = bytes.indexOf("\r\n\r\n");
  const [requestLine = "", ...lines] = bytes.slice(0, end).split("\r\n");
  const [method = "", path = ""] = requestLine.split(" ");
  // A Request takes neither of these methods, and a chunked body is a stream.
  if (["TRACE", "CONNECT"].includes(method) || /^transfer-encoding:/im.test(bytes)) return [];
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const body = Buffer.from(bytes.slice(end + 4), "latin1");
  return [{ what, reason: expected, path, init: { method, headers, ...(body.length > 0 && { body }) } }];
}

interface World {
  api: Api;
  untouched: unknown;
}

/** Everything that an order or a bad request could change. */
async function booksOf(api: Api): Promise<unknown> {
  return [(await get(api, "/stocks")).body, (await get(api, "/orders")).body];
}

/** The security checklist, for a market without a socket. */
export const badInput: ApiSuite<World> = {
  name: "bad input",
  async prepare(open) {
    const api = await open();
    assert.equal((await postOrder(api, { name: "GameStart", type: "buy", quantity: 1 })).status, 200);
    return { api, untouched: await booksOf(api) };
  },
  cases: [...Map.groupBy(items, ({ reason }) => reason)].map(([reason, group]) => ({
    name: `${group.length} requests are refused with ${reason}; they write nothing, and nothing is given away`,
    async run({ api, untouched }) {
      for (const { what, path, init } of group) {
        const { response, text, body } = await get(api, path, init);
        const { status, headers } = response;
        try {
          assertFailure({ status, body }, statusOfReason[reason] ?? 0, reason);
          assert.ok(!`${text}${JSON.stringify([...headers])}`.includes(marker));
          assert.doesNotMatch(text, internals);
          assert.equal(headers.get("set-cookie"), null);
        } catch (cause) {
          throw new Error(`${what}: ${status} ${text}`, { cause });
        }
      }
      assert.deepEqual(await booksOf(api), untouched);
    },
  })),
};
