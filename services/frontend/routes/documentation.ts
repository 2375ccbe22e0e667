import { Type, type TSchema } from "@sinclair/typebox";
import type { DocumentDecoration } from "elysia";

import { errorBody, reasons, type PublicReason } from "../../contract/errors.ts";
import type { Role } from "../access/roles.ts";
import { refuseUnknownParameters } from "./query.ts";

/** The answer of a successful call. */
export interface Success {
  description: string;
  schema: TSchema;
  example: unknown;
  /** Besides JSON, which every call answers but the event stream. */
  contentType?: string;
  headers?: Record<string, Header>;
}

export interface Header {
  description: string;
  schema: TSchema;
}

export interface Parameter extends Header {
  name: string;
  in: "path" | "query" | "header";
}

/** A call of the public API, from which its OpenAPI operation is made. */
export interface Call {
  summary: string;
  description?: string;
  tag: "stocks" | "orders" | "events" | "audit" | "health";
  /** The role that the caller needs; undefined for a call that needs no API key. */
  role?: Role;
  parameters?: Parameter[];
  body?: { schema: TSchema; example: unknown };
  success: Success;
  /** Its own failures; those that any call can have are added. */
  failures: readonly PublicReason[];
}

const seconds = Type.String({ pattern: "^[0-9]+$" });

const rateHeaders: Record<string, Header> = {
  "ratelimit-limit": { description: "Calls that may come at once. Only with an API key.", schema: seconds },
  "ratelimit-remaining": { description: "Calls that are left. Only with an API key.", schema: seconds },
  "ratelimit-reset": { description: "Seconds until all calls are left again.", schema: seconds },
};

const retryAfter: Header = { description: "Seconds after which the call may go through.", schema: seconds };

export const replayedHeader: Header = {
  description: "`true` when an earlier call with this key got this outcome first.",
  schema: Type.Literal("true"),
};

/** What a route's options take from the documentation of its call. */
export interface Documented {
  detail: DocumentDecoration;
  beforeHandle(context: { request: Request }): void;
}

/**
 * The OpenAPI operation of a call, and the check that a request has only the query parameters that are documented there;
 * any other is refused with invalid_request. For a route's options.
 */
export function documented(call: Call): Documented {
  const { summary, description, tag, role, parameters = [], body, success } = call;
  const operation = {
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    security: role === undefined ? [] : [{ apiKey: [role] }],
    parameters: parameters.map((parameter) => ({ ...parameter, required: parameter.in === "path" })),
    ...(body && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: body.schema, example: body.example } },
      },
    }),
    responses: {
      200: {
        description: success.description,
        headers: { ...(role && rateHeaders), ...success.headers },
        content: {
          [success.contentType ?? "application/json"]: { schema: success.schema, example: success.example },
        },
      },
      ...failureResponses(failuresOf(call), role !== undefined),
    },
  };
  const queryNames = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
  return {
    detail: operation,
    beforeHandle: ({ request }) => refuseUnknownParameters(request.url, queryNames),
  };
}

function failuresOf({ role, body, failures }: Call): PublicReason[] {
  const all = new Set<PublicReason>([
    ...failures,
    "invalid_request",
    "wrong_host",
    "headers_too_large",
    "internal_error",
  ]);
  if (role !== undefined) for (const reason of ["unauthorized", "rate_limited"] as const) all.add(reason);
  if (role !== undefined && role !== "reader") all.add("forbidden");
  if (body) for (const reason of ["payload_too_large", "unsupported_media_type"] as const) all.add(reason);
  return [...all];
}

/** By status, its reasons with an example of each. */
function failureResponses(failures: readonly PublicReason[], isLimited: boolean) {
  const byStatus = Map.groupBy(failures, (reason) => reasons[reason].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((reason) => `${reason}: ${reasons[reason].message}`).join("; "),
        headers: {
          ...(isLimited && rateHeaders),
          ...(ofStatus.some((reason) => reasons[reason].retryAfterS !== undefined) && {
            "retry-after": retryAfter,
          }),
          ...headersOf(ofStatus),
        },
        content: {
          "application/json": {
            schema: failureSchema(status, ofStatus),
            examples: Object.fromEntries(ofStatus.map((reason) => [reason, { value: errorBody(reason) }])),
          },
        },
      },
    ]),
  );
}

function headersOf(failures: readonly PublicReason[]): Record<string, Header> {
  return {
    ...(failures.includes("unauthorized") && {
      "www-authenticate": { description: "How to authenticate.", schema: Type.String() },
    }),
    ...(failures.includes("outcome_unknown") && {
      "idempotency-key": { description: "The key to ask again with.", schema: Type.String() },
    }),
    ...(failures.some((reason) => reasons[reason].effect === "decided") && {
      "idempotency-replayed": replayedHeader,
    }),
  };
}

function failureSchema(status: number, failures: readonly PublicReason[]): TSchema {
  return Type.Object(
    {
      error: Type.Object(
        {
          code: Type.Literal(status),
          message: Type.String(),
          reason: Type.Union(failures.map((reason) => Type.Literal(reason))),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  );
}
