import type { Reason } from "./errors.ts";

/**
 * The result of a call to a service. A call on an object in this process always arrives; a call over the network may be
 * lost on its way there (`"no"`) or its reply may be lost (`"maybe"`: the service may have acted on it).
 */
export type Reply<T> =
  | { ok: true; data: T }
  | { ok: false; arrived: "yes"; reason: Reason }
  | { ok: false; arrived: "maybe" | "no" };

export function ok<T>(data: T): Reply<T> {
  return { ok: true, data };
}

/** The call arrived, and this is why it did nothing. */
export function rejected(reason: Reason): { ok: false; arrived: "yes"; reason: Reason } {
  return { ok: false, arrived: "yes", reason };
}
