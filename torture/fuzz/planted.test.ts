import { expect, test } from "bun:test";

import { mutatedCopy, type Edit } from "../planted/mutated-copy.ts";
import { playFuzzRound } from "./round.ts";

const jsonBody = "services/runtime/http/json-body.ts";
const errorsPlugin = "services/runtime/http/errors-plugin.ts";

/** Mistakes that somebody could make about what comes in, and what the fuzzer says of them. */
test.each<[bug: string, edit: Edit, said: RegExp]>([
  [
    "a duplicate key is let through",
    { file: jsonBody, find: "if (keysWritten(text) !== keysKept(value))", replace: "if (text === '')" },
    /it passed; expected: invalid_request/,
  ],
  [
    "any type of body is taken",
    { file: jsonBody, find: 'throw new HttpFailure("unsupported_media_type");', replace: "return;" },
    /unsupported_media_type/,
  ],
  [
    "a refusal quotes what was sent",
    {
      file: "services/frontend/query.ts",
      find: '"name must be 1 to 32 of A-Z a-z 0-9 . -"',
      replace: '"name is " + text',
    },
    /a refusal quotes what was sent/,
  ],
  [
    "a schema's failure is shown as it is",
    {
      file: errorsPlugin,
      find: 'if (code === "VALIDATION" && error.type !== "response") return answerFailure("invalid_request");',
      replace: 'if (code === "VALIDATION") return error.message;',
    },
    /a refusal is no JSON|not in the API's form/,
  ],
  [
    "a page of a log has any length",
    {
      file: "services/catalog/routes.ts",
      find: "const PageLimit = t.Integer({ minimum: 1, maximum: limits.pageItems });",
      replace: "const PageLimit = t.Integer({ minimum: 1 });",
    },
    /catalog: it passed; expected: invalid_request/,
  ],
  [
    "a price has any decimals",
    { file: "services/contract/money.ts", find: " && cents / 100 === price", replace: "" },
    /expected: invalid_request/,
  ],
  [
    "a reader may trade",
    {
      file: "services/frontend/routes.ts",
      find: 'admit(request, set, "trader")',
      replace: 'admit(request, set, "reader")',
    },
    /expected: forbidden/,
  ],
  [
    "the service secret opens more than it should",
    {
      file: "services/runtime/http/service-secret.ts",
      find: "if (!timingSafeEqual(given, wanted))",
      replace: 'if (request.method !== "POST" && !timingSafeEqual(given, wanted))',
    },
    /expected: unauthorized/,
  ],
  [
    "an order is placed twice",
    {
      file: "services/frontend/order-entry.ts",
      find: "return this.#submitter.submit({ request_id: Bun.randomUUIDv7(), client, key, ...order });",
      replace:
        "void this.#submitter.submit({ request_id: key, client, key: Bun.randomUUIDv7(), ...order });\n    return this.#submitter.submit({ request_id: Bun.randomUUIDv7(), client, key, ...order });",
    },
    /was ordered by no message/,
  ],
])(
  "the fuzzer finds it when %s",
  async (_, edit, said) => {
    using copy = mutatedCopy([edit]);
    const { faults } = await playFuzzRound({ seed: 1, requestCount: 600, codeDir: copy.codeDir });
    expect(faults.filter((fault) => said.test(fault)).length).toBeGreaterThan(0);
  },
  60_000,
);
