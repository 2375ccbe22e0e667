import { Elysia } from "elysia";

import type { Access, Caller } from "../access/access.ts";
import type { Role } from "../access/roles.ts";

/**
 * Admits the callers of the routes of one plugin, and gives their handlers `caller`. A request with a body is admitted
 * before the body is read, in `onParse`, which runs before any parser; other requests have no such step and are
 * admitted in `resolve`. The state of the rate limit is set on the answer at once, so that failures carry it too.
 */
export function admitting(access: Access, role: Role) {
  const admit = (request: Request, set: { headers: Record<string, string | number> }): Caller => {
    const caller = access.admit(request, role);
    Object.assign(set.headers, caller.headers);
    return caller;
  };
  // `context` is not passed on as a whole: Elysia would then compute all of its fields for each request.
  return new Elysia({ normalize: false })
    .onParse({ as: "scoped" }, (context) => {
      (context as Admitted).caller = admit(context.request, context.set);
    })
    .resolve({ as: "scoped" }, (context) => ({
      caller: (context as Admitted).caller ?? admit(context.request, context.set),
    }));
}

/** An Elysia context, which is one object through all steps of a request. */
interface Admitted {
  caller?: Caller;
}
