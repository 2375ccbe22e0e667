import { effectOf } from "../../contract/errors.ts";
import type { Reply } from "../../contract/reply.ts";
import type { Clock } from "../flow/clock.ts";
import { messageIn, reasonIn } from "./http-failure.ts";
import type { CallFailure, EndedCall, PeerObserver } from "./peer-observer.ts";

/** The part of an Eden treaty's result that is the same for all calls. */
export interface TreatyReply<T> {
  data: T | null;
  error: { status: unknown; value: unknown } | null;
  response: Response | undefined;
}

/** Names a call for the observer of all calls. */
export interface ObservedCall {
  peer: string;
  call: string;
  observe: PeerObserver;
  clock: Clock;
}

/**
 * The reply to a call of another service, and whether the call arrived there. Eden reports a refusal and a broken
 * transport alike: a network error is a 503 without a response. `observed` gets the end of the call.
 */
export async function callPeer<T>(call: Promise<TreatyReply<T>>, observed?: ObservedCall): Promise<Reply<T>> {
  if (!observed) return (await ended(call)).reply;
  const { observe, clock, ...named } = observed;
  const startedAt = clock.now();
  const { reply, failure } = await ended(call);
  observe({ ...named, durationMs: clock.now() - startedAt, reply, failure });
  return reply;
}

/**
 * `callPeer` for the calls of one service to another, each with its name: `const call = peerCaller("catalog",
 * context)`, then `call("heads", catalog.heads.get())`.
 */
export function peerCaller(
  peer: string,
  { clock, observePeer }: { clock: Clock; observePeer?: PeerObserver | undefined },
): <T>(name: string, call: Promise<TreatyReply<T>>) => Promise<Reply<T>> {
  return (name, call) => callPeer(call, observePeer && { peer, call: name, observe: observePeer, clock });
}

interface Ended<T> {
  reply: Reply<T>;
  failure: EndedCall["failure"];
}

async function ended<T>(call: Promise<TreatyReply<T>>): Promise<Ended<T>> {
  let reply: TreatyReply<T>;
  try {
    reply = await call;
  } catch (cause) {
    // Eden throws for an error after the headers: a body that breaks off, or that is not JSON.
    return lost(cause);
  }
  const { data, error, response } = reply;
  if (response === undefined) {
    const cause = error?.value;
    return isRefusedConnection(cause) ? notArrived("refused", cause) : lost(cause);
  }
  // Services answer objects. A text or an empty body comes from another server, such as a proxy.
  if (error === null && typeof data === "object" && data !== null) return answered({ ok: true, data });
  const reason = reasonIn(error?.value);
  // The operator must correct these; clients must not see them.
  if (reason === "wrong_host") return notArrived("host", undefined);
  if (reason === "unauthorized") return notArrived("secret", undefined);
  if (reason === "version_mismatch") return notArrived("version", messageIn(error?.value));
  // A failure without a reason from the table may come from another server, such as a proxy.
  if (reason === undefined || effectOf(reason) === "unknown") return lost(reason ?? response.status);
  return answered({ ok: false, arrived: "yes", reason });
}

function answered<T>(reply: Reply<T>): Ended<T> {
  return { reply, failure: undefined };
}

/** The other service may have acted on the call. */
function lost<T>(cause: unknown): Ended<T> {
  return { reply: { ok: false, arrived: "maybe" }, failure: { kind: "lost", cause } };
}

/** The other service did not act on the call. */
function notArrived<T>(kind: CallFailure, cause: unknown): Ended<T> {
  return { reply: { ok: false, arrived: "no" }, failure: { kind, cause } };
}

function isRefusedConnection(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  return error.code === "ECONNREFUSED" || error.code === "ConnectionRefused";
}
