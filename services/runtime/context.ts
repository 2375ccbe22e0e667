import { systemClock, type Clock } from "./flow/clock.ts";
import { uuidv7 } from "./flow/uuid.ts";
import { peerLog, type PeerObserver } from "./http/peer-observer.ts";
import type { Fetch } from "./http/direct-fetch.ts";
import type { Log } from "./process/log.ts";

/** What the parts of a service take from the machine that they run on. A simulation gives them its own. */
export interface RuntimeContext {
  clock: Clock;
  /** A new UUIDv7: request ids, and idempotency keys for orders that came without one. */
  newId(): string;
  log: Log;
  /** Gets every call to another service; undefined: nobody observes them. */
  observePeer?: PeerObserver;
  /** Sends the calls to other services; undefined: `directFetch`. */
  fetch?: Fetch;
}

export function systemContext(log: Log): RuntimeContext {
  return { clock: systemClock, newId: () => uuidv7(), log, observePeer: peerLog(log, systemClock) };
}
