import { files } from "./files.ts";
import type { PlantedBug } from "./planted-bug.ts";

const { peer, jsonBody, errorsPlugin, serviceSecret, money } = files;

/** In what all services share: calls between them, bodies, errors, the contract. */
export const runtimeBugs: readonly PlantedBug[] = [
  {
    name: "a truncated reply counts as a call that never arrived",
    edits: [
      {
        file: peer,
        find: "that is not JSON.\n    return lost(cause, onFailure);",
        replace: 'that is not JSON.\n    return notArrived("refused", cause, onFailure);',
      },
    ],
    caughtBy: ["cut-reply"],
  },
  {
    name: "a connection that broke counts as one that was never made",
    edits: [
      {
        file: peer,
        find: "return isRefusedConnection(cause) ?",
        replace: "return isRefusedConnection(cause) || cause ?",
      },
    ],
    caughtBy: ["simulation"],
  },
  {
    name: "a duplicate key in a JSON body is accepted",
    edits: [
      { file: jsonBody, find: "if (keysInText(text) !== keysInValue(value))", replace: "if (text === '')" },
    ],
    caughtBy: ["fuzz"],
    fuzzViolation: /it passed; expected: invalid_request/,
  },
  {
    name: "a body of any content type is accepted",
    edits: [{ file: jsonBody, find: 'throw new HttpFailure("unsupported_media_type");', replace: "return;" }],
    caughtBy: ["fuzz"],
    fuzzViolation: /unsupported_media_type/,
  },
  {
    name: "a schema's error message reaches the client",
    edits: [
      {
        file: errorsPlugin,
        find: 'if (code === "VALIDATION" && error.type !== "response") return answerFailure("invalid_request");',
        replace: 'if (code === "VALIDATION") return error.message;',
      },
    ],
    caughtBy: ["fuzz"],
    fuzzViolation: /a refusal is no JSON|not in the API's form/,
  },
  {
    name: "a price may have any number of decimals",
    edits: [{ file: money, find: " && cents / 100 === price", replace: "" }],
    caughtBy: ["fuzz"],
    fuzzViolation: /expected: invalid_request/,
  },
  {
    name: "every POST passes without the service secret",
    edits: [
      {
        file: serviceSecret,
        find: "if (!timingSafeEqual(given, wanted))",
        replace: 'if (request.method !== "POST" && !timingSafeEqual(given, wanted))',
      },
    ],
    caughtBy: ["fuzz"],
    fuzzViolation: /expected: unauthorized/,
  },
];
