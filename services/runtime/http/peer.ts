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
  if (!observed) return replyOf(call, () => undefined);
  const { observe, clock, ...named } = observed;
  const startedAt = clock.now();
  let failure: EndedCall["failure"];
  const reply = await replyOf(call, (kind, cause) => (failure = { kind, cause }));
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

type OnFailure = (kind: CallFailure, cause: unknown) => void;

/** `onFailure` is called for a call that was not answered. */
async function replyOf<T>(call: Promise<TreatyReply<T>>, onFailure: OnFailure): Promise<Reply<T>> {
  let reply: TreatyReply<T>;
  try {
    reply = await call;
  } catch (cause) {
    // Eden throws for an error after the headers: a body that breaks off, or that is not JSON.
    return lost(cause, onFailure);
  }
  const { data, error, response } = reply;
  if (response === undefined) {
    const cause = error?.value;
    return isRefusedConnection(cause) ? notArrived("refused", cause, onFailure) : lost(cause, onFailure);
  }
  // Services answer objects. A text or an empty body comes from another server, such as a proxy.
  if (error === null && typeof data === "object" && data !== null) return { ok: true, data };
  const reason = reasonIn(error?.value);
  // The operator must correct these; clients must not see them.
  if (reason === "wrong_host") return notArrived("host", undefined, onFailure);
  if (reason === "unauthorized") return notArrived("secret", undefined, onFailure);
  if (reason === "version_mismatch") return notArrived("version", messageIn(error?.value), onFailure);
  // A failure without a reason from the table may come from another server, such as a proxy.
  if (reason === undefined || effectOf(reason) === "unknown")
    return lost(reason ?? response.status, onFailure);
  return { ok: false, arrived: "yes", reason };
}

/** The other service may have acted on the call. */
function lost<T>(cause: unknown, onFailure: OnFailure): Reply<T> {
  onFailure("lost", cause);
  return { ok: false, arrived: "maybe" };
}

/** The other service did not act on the call. */
function notArrived<T>(kind: CallFailure, cause: unknown, onFailure: OnFailure): Reply<T> {
  onFailure(kind, cause);
  return { ok: false, arrived: "no" };
}

function isRefusedConnection(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  return error.code === "ECONNREFUSED" || error.code === "ConnectionRefused";
}
