import { Elysia } from "elysia";

import type { Log } from "../process/log.ts";
import { answerFailure, HttpFailure } from "./http-failure.ts";
import { methodsAt, shadowedRoutes, type Route } from "./route-table.ts";

/**
 * Answers every error of a request with the contract's error body. The client gets a reason with its message, or with the
 * detail that a route gives, and nothing else of the request, the schema or the code. `routes` are all routes of the app:
 * they distinguish a wrong method from an unknown path.
 */
export function errorsPlugin(log: Log, routes: readonly Route[]) {
  const plugin = new Elysia({ name: "errors" }).onError(
    { as: "global" },
    ({ code, error, request, set, path }) => {
      const failure = failureIn(error);
      if (failure) {
        Object.assign(set.headers, failure.headers);
        return answerFailure(failure.reason, failure.detail);
      }
      if (code === "NOT_FOUND") {
        // The path in Elysia's context is wrong when the Host has one or two letters.
        const allowed = methodsAt(routes, URL.parse(request.url)?.pathname ?? path);
        if (allowed.length === 0) return answerFailure("route_not_found");
        Object.assign(set.headers, allowHeader(allowed));
        return answerFailure("method_not_allowed");
      }
      if (code === "PARSE" || code === "INVALID_COOKIE_SIGNATURE") return answerFailure("invalid_request");
      if (code === "VALIDATION" && error.type !== "response") return answerFailure("invalid_request");
      log.error({ err: error, method: request.method, path }, "unexpected error");
      return answerFailure("internal_error");
    },
  );
  for (const { method, path } of shadowedRoutes(routes))
    plugin.route(method, path, methodNotAllowed(methodsAt(routes, path)), { detail: { hide: true } });
  return plugin;
}

function methodNotAllowed(allowed: readonly string[]): () => never {
  return () => {
    throw new HttpFailure("method_not_allowed", undefined, allowHeader(allowed));
  };
}

function allowHeader(allowed: readonly string[]) {
  return { allow: allowed.join(", ") };
}

// Elysia wraps an error of a parser in a ParseError whose cause is that error.
function failureIn(error: unknown): HttpFailure | undefined {
  if (error instanceof HttpFailure) return error;
  if (error instanceof Error && error.cause instanceof HttpFailure) return error.cause;
  return undefined;
}
