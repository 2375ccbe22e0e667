import { systemClock, type Clock } from "./flow/clock.ts";
import { uuidv7 } from "./flow/uuid.ts";
import { peerLog, type PeerObserver } from "./http/peer-observer.ts";
import type { Fetch } from "./http/direct-fetch.ts";
import type { Log } from "./process/log.ts";

/** The clock, the ids, the log and the transport that the parts of a service use. A simulation replaces them. */
export interface RuntimeContext {
  clock: Clock;
  /** A new UUIDv7: request ids, and idempotency keys for orders that have none. */
  newId(): string;
  log: Log;
  /** Gets every call to another service; undefined: calls are not observed. */
  observePeer?: PeerObserver;
  /** Sends the calls to other services; undefined: `directFetch`. */
  fetch?: Fetch;
}

export function systemContext(log: Log): RuntimeContext {
  return { clock: systemClock, newId: () => uuidv7(), log, observePeer: peerLog(log, systemClock) };
}
