import type { ServiceName } from "../../testing/market.ts";
import { openingPriceCents, type Call } from "./contract.ts";
import { valuesOf, type Message } from "./message.ts";
import { hasUniqueKeys } from "./unique-keys.ts";
import type { Prediction } from "./oracle.ts";
import {
  possibleOutcomes,
  hasMore,
  innerOrdersIn,
  isKey,
  isName,
  publicBatchIn,
  publicOrderIn,
} from "./orders-in.ts";

/** A message that has reached its call, and the client that sent it. */
export interface Asked {
  service: ServiceName;
  call: Call;
  /** The `:` part of its path, as sent. */
  parameter: string;
  message: Message;
  client: string;
}

const plain = (mayPass: boolean, reasons: readonly string[] = []): Prediction => {
  return { reasons, mayPass, answer: "other", items: [] };
};
const pass = plain(true);
const invalid = plain(false, ["invalid_request"]);
const either = plain(true, ["invalid_request"]);

type Check = (text: string) => boolean;
type Checks = Readonly<Record<string, Check>>;

const isNumber: Check = (text) => /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text));
const isCursor: Check = (text) => text === "0" || isNumber(text);
const isLimit: Check = (text) => isNumber(text) && Number(text) <= 1_000;
const isType: Check = (text) => text === "buy" || text === "sell";
const isPosition: Check = (text) =>
  /^\d{1,16}-\d{1,16}$/.test(text) && text.split("-").every((part) => Number.isSafeInteger(Number(part)));
const anything: Check = () => true;

const logPage = (asked: Asked) => innerQuery(asked, { after: isCursor, limit: isLimit });

const predictions: Readonly<Record<string, (asked: Asked) => Prediction>> = {
  "frontend GET /stocks": (asked) => publicQuery(asked, { after: isName, limit: isLimit }),
  "frontend GET /stocks/:name": ({ parameter }) => {
    const name = decoded(parameter);
    if (!isName(name)) return invalid;
    return openingPriceCents.has(name ?? "") ? pass : plain(false, ["stock_not_found"]);
  },
  "frontend GET /orders": (asked) =>
    publicQuery(asked, { after: isCursor, limit: isLimit, name: isName, type: isType }),
  "frontend GET /orders/:number": ({ parameter }) =>
    isNumber(decoded(parameter) ?? "") ? plain(true, ["order_not_found"]) : invalid,
  "frontend GET /events": predictEvents,
  "frontend POST /orders": (asked) => {
    const { reasons, value, key } = readPost(asked.message, 4_096);
    const order = publicOrderIn(value, asked.client, key);
    if (!order || reasons.length > 0) return plain(false, order ? reasons : [...reasons, "invalid_request"]);
    const { refusals, mayTrade } = possibleOutcomes(order);
    return { reasons: refusals, mayPass: mayTrade, answer: "receipt", items: [order] };
  },
  "frontend POST /orders/batch": (asked) => {
    const { reasons, value, key } = readPost(asked.message, 2 ** 20);
    const items = publicBatchIn(value, asked.client, key);
    const isLong = (key?.length ?? 0) > 251;
    if (!items || isLong || reasons.length > 0) return plain(false, [...reasons, "invalid_request"]);
    return { reasons: [], mayPass: true, answer: "entries", items };
  },
  "catalog GET /stocks": (asked) => innerQuery(asked, { after: anything, limit: isLimit }),
  "catalog GET /stocks/:name": ({ parameter }) =>
    openingPriceCents.has(decoded(parameter) ?? "") ? pass : plain(false, ["stock_not_found"]),
  "catalog GET /trades": logPage,
  "catalog GET /changes": logPage,
  "catalog GET /stock-changes": logPage,
  "catalog GET /overlaps": logPage,
  "catalog POST /epochs": (asked) => innerPost(asked, "/epochs", "other"),
  "catalog POST /batches": (asked) => innerPost(asked, "/batches", "decisions"),
  "order GET /ledger": (asked) =>
    innerQuery(
      asked,
      { after: isCursor, limit: isLimit },
      { name: anything, type: isType, client: anything },
    ),
  "order GET /ledger/:number": ({ parameter }) => {
    const known = numeric(decoded(parameter), isNumber);
    return known.mayPass ? { ...known, reasons: [...known.reasons, "order_not_found"] } : known;
  },
  "order POST /orders": (asked) => innerPost(asked, "/orders", "outcomes"),
};

/** The right answers to a message that passed the access checks. Pure. */
export function predictAnswer(asked: Asked): Prediction {
  const { service, call, message } = asked;
  const prediction = predictions[`${service} ${call.method} ${call.path}`]?.(asked) ?? pass;
  if (service !== "frontend") return prediction;
  const known = queryNames[`${call.method} ${call.path}`] ?? [];
  const isKnown = [...queryOf(message).keys()].every((name) => known.includes(name));
  return isKnown ? prediction : plain(false, [...prediction.reasons, "invalid_request"]);
}

/** The query parameters of the public calls that have any; each other parameter is refused. */
const queryNames: Readonly<Record<string, readonly string[]>> = {
  "GET /stocks": ["after", "limit"],
  "GET /orders": ["after", "limit", "name", "type"],
  "GET /events": ["lastEventId", "after"],
};

function decoded(parameter: string): string | undefined {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return undefined;
  }
}

function queryOf({ target }: Message): URLSearchParams {
  const start = target.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : target.slice(start));
}

/** Each parameter at most once, and valid. */
function publicQuery({ message }: Asked, checks: Checks): Prediction {
  const query = queryOf(message);
  const isRight = ([name, is]: [string, Check]): boolean => {
    const values = query.getAll(name);
    return values.length === 0 || (values.length === 1 && is(values[0] ?? ""));
  };
  return Object.entries(checks).every(isRight) ? pass : invalid;
}

/** The header and `lastEventId` may be empty. */
function predictEvents(asked: Asked): Prediction {
  const isPositionOrEmpty: Check = (text) => text === "" || isPosition(text);
  const ids = valuesOf(asked.message, "last-event-id");
  const isRight = ids.length <= 1 && ids.every(isPositionOrEmpty);
  return isRight ? publicQuery(asked, { lastEventId: isPositionOrEmpty, after: isPosition }) : invalid;
}

/** Between services, other forms of a number and repeated parameters may be accepted or refused. */
function innerQuery({ message }: Asked, required: Checks, optional: Checks = {}): Prediction {
  const query = queryOf(message);
  const all = [...Object.entries(required), ...Object.entries(optional)].map(([name, is]): Prediction => {
    const values = query.getAll(name);
    if (values.length > 1) return either;
    if (values[0] === undefined) return Object.hasOwn(required, name) ? invalid : pass;
    if (is === isType) return is(values[0]) ? pass : invalid;
    return is === anything ? pass : numeric(values[0], is);
  });
  const isMore = [...query.keys()].some((name) => !Object.hasOwn({ ...required, ...optional }, name));
  return all.includes(invalid) ? invalid : isMore || all.includes(either) ? either : pass;
}

function numeric(text: string | undefined, is: Check): Prediction {
  if (text === undefined || Number.isNaN(Number(text))) return invalid;
  if (is(text)) return pass;
  return /^\d+$/.test(text) && !/^0./.test(text) ? invalid : either;
}

/** The value of a strict JSON body, and the reasons to refuse it. */
function readPost(message: Message, maxBytes: number) {
  const reasons: string[] = [];
  if (!isJson(valuesOf(message, "content-type"))) reasons.push("unsupported_media_type");
  const codings = valuesOf(message, "content-encoding");
  if (codings.length > 1 || !["", "identity"].includes((codings[0] ?? "").toLowerCase()))
    reasons.push("unsupported_media_type");
  if (message.body.length > maxBytes) reasons.push("payload_too_large");
  const keys = valuesOf(message, "idempotency-key");
  if (keys.length > 1 || !keys.every(isKey)) reasons.push("invalid_request");
  const value = strictValue(message.body);
  if (value === undefined) reasons.push("invalid_request");
  return { reasons, value, key: keys[0] };
}

function isJson(types: readonly string[]): boolean {
  const parts = (types[0] ?? "").toLowerCase().split(";");
  // Not `trim`: it also removes what HTTP does not count as white space.
  const [type, ...parameters] = parts.map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ""));
  // Nothing after the last `;` is no parameter.
  if (parameters.at(-1) === "") parameters.pop();
  const isUtf8 = (parameter: string) => /^charset[ \t]*=[ \t]*("?)utf-?8\1$/.test(parameter);
  return (
    types.length === 1 && type === "application/json" && parameters.length <= 1 && parameters.every(isUtf8)
  );
}

/** Undefined unless the body is JSON in UTF-8 without a duplicate key in an object. */
function strictValue(body: Buffer): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text);
    return hasUniqueKeys(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

function innerPost(
  { message }: Asked,
  path: "/orders" | "/batches" | "/epochs",
  answer: Prediction["answer"],
): Prediction {
  if (!isJson(valuesOf(message, "content-type"))) return plain(false, ["unsupported_media_type"]);
  const text = message.body.toString("utf8");
  const value = looseValue(text.replace(/^\ufeff/, ""));
  const orders = innerOrdersIn(path, value);
  if (!orders) return invalid;
  const conflicts = path === "/orders" ? [] : ["stale_epoch", "ledger_mismatch", "ledger_ahead"];
  // Unknown fields may be refused or ignored.
  const isOdd = text.startsWith("\ufeff") || hasMore(path, value);
  const reasons = isOdd ? [...conflicts, "invalid_request"] : conflicts;
  return { reasons, mayPass: true, answer, items: orders };
}

function looseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
