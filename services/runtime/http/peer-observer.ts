import type { Reply } from "../../contract/reply.ts";
import type { Clock } from "../flow/clock.ts";
import type { Log } from "../process/log.ts";

/**
 * Why a call to another service failed. `refused`: nothing accepts connections there. `lost`: the request or its
 * reply was lost. `secret`: the services have different secrets. `version`: the services are of different releases.
 * `host`: the other service does not accept the name by which it was called.
 */
export type CallFailure = "refused" | "lost" | "secret" | "version" | "host";

/** One call to another service that has ended. */
export interface EndedCall {
  peer: string;
  call: string;
  durationMs: number;
  reply: Reply<unknown>;
  /**
   * Undefined when the call arrived and was answered. `cause` is an error, or what was received instead of an answer.
   */
  failure: { kind: CallFailure; cause: unknown } | undefined;
}

/** Gets every call that a service makes to another one, for logs and measurements. Must not throw. */
export type PeerObserver = (ended: EndedCall) => void;

const lines: Record<CallFailure, string> = {
  refused: "a service cannot be reached",
  lost: "a call to a service was lost",
  secret: "a service does not accept our service secret: give both the same BOURSE_SERVICE_SECRET",
  host: "a service is called by a name that it does not accept: add it to its BOURSE_HOSTS, or set a secret",
  version: "a service of another release refuses our calls: run services of one release",
};

/** Each kind of failure of a peer is logged again only after a call to it was answered, and no more often than this. */
const minLineIntervalMs = 1_000;

/**
 * Logs failed calls: the first of a kind as a warning, and the next ones at level debug until a call to that peer is
 * answered.
 */
export function peerLog(log: Log, clock: Clock): PeerObserver {
  const warned = new Map<string, { atMs: number; wasAnsweredSince: boolean }>();
  const isNew = (key: string): boolean => {
    const last = warned.get(key);
    return !last || (last.wasAnsweredSince && clock.now() - last.atMs >= minLineIntervalMs);
  };
  const answered = (peer: string): void => {
    for (const [key, last] of warned) if (key.startsWith(`${peer}:`)) last.wasAnsweredSince = true;
  };
  return ({ peer, call, durationMs, failure }) => {
    if (!failure) {
      if (warned.size > 0) answered(peer);
      return;
    }
    const { kind, cause } = failure;
    const key = `${peer}:${kind}`;
    const level = isNew(key) ? "warn" : "debug";
    if (level === "warn") warned.set(key, { atMs: clock.now(), wasAnsweredSince: false });
    const fields = { peer, call, ms: Math.round(durationMs) };
    log[level](cause instanceof Error ? { ...fields, err: cause } : { ...fields, cause }, lines[kind]);
  };
}
