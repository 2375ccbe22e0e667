import { Elysia } from "elysia";

import type { Log } from "../process/log.ts";
import { answerFailure, HttpFailure } from "./http-failure.ts";
import { methodsAt, type Route } from "./route-table.ts";

/**
 * EventLoopYield whatever a request can raise into the contract's error body. Nothing of the request, the schema or the
 * code reaches the client: only a reason and its standing message, or the detail that a route chose to give.
 * `routes` are all that the app has: they tell a wrong method from a path that is not there.
 */
export function errorsPlugin(log: Log, routes: readonly Route[]) {
  return new Elysia({ name: "errors" }).onError({ as: "global" }, ({ code, error, request, set, path }) => {
    const failure = failureIn(error);
    if (failure) {
      Object.assign(set.headers, failure.headers);
      return answerFailure(failure.reason, failure.detail);
    }
    if (code === "NOT_FOUND") {
      // Elysia's own path is wrong under a Host of a letter or two.
      const allowed = methodsAt(routes, URL.parse(request.url)?.pathname ?? path);
      if (allowed.length === 0) return answerFailure("route_not_found");
      set.headers["allow"] = allowed.join(", ");
      return answerFailure("method_not_allowed");
    }
    if (code === "PARSE" || code === "INVALID_COOKIE_SIGNATURE") return answerFailure("invalid_request");
    if (code === "VALIDATION" && error.type !== "response") return answerFailure("invalid_request");
    log.error({ err: error, method: request.method, path }, "unexpected error");
    return answerFailure("internal_error");
  });
}

// Elysia wraps what a parser throws in a ParseError whose cause is the original.
function failureIn(error: unknown): HttpFailure | undefined {
  if (error instanceof HttpFailure) return error;
  if (error instanceof Error && error.cause instanceof HttpFailure) return error.cause;
  return undefined;
}
