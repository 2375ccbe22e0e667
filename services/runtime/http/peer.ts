import type { Reply } from "../../contract/reply.ts";
import { reasonIn } from "./http-failure.ts";

/** What a call of an Eden treaty resolves with, as far as it is the same for all. */
export interface TreatyReply<T> {
  data: T | null;
  error: { status: unknown; value: unknown } | null;
  response: Response | undefined;
}

/**
 * Tells a peer's refusal from a broken transport, which Eden reports alike: a network error comes as a 503 without a
 * response. A 5xx that is not in our words may come from half-way, so it counts as a lost reply.
 */
export async function callPeer<T>(call: Promise<TreatyReply<T>>): Promise<Reply<T>> {
  let reply: TreatyReply<T>;
  try {
    reply = await call;
  } catch {
    // Eden raises what comes after the headers: a body that breaks off, or that is not JSON.
    return { ok: false, arrived: "maybe" };
  }
  const { data, error, response } = reply;
  if (response === undefined) return { ok: false, arrived: refusedConnection(error?.value) ? "no" : "maybe" };
  // Our services answer objects: text, or nothing, comes from something in between.
  if (error === null && typeof data === "object" && data !== null) return { ok: true, data };
  const reason = reasonIn(error?.value);
  // The service secret differs between us: nothing of it is the client's to know or to mend.
  if (reason === "unauthorized") return { ok: false, arrived: "no" };
  if (reason === undefined || reason === "internal_error") return { ok: false, arrived: "maybe" };
  return { ok: false, arrived: "yes", reason };
}

function refusedConnection(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  return error.code === "ECONNREFUSED" || error.code === "ConnectionRefused";
}
