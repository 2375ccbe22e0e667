import type { Random } from "../../testing/random.ts";

/** Faults of a connection. A message that is held back goes on when the fault ends. */
export const networkFaultKinds = [
  "delay-request",
  "delay-reply",
  "reorder-requests",
  "reorder-replies",
  "cut-before",
  "cut-request",
  "cut-after",
  "cut-reply",
  "lose-requests",
  "lose-replies",
  "half-open",
  "refuse",
  "duplicate",
  "stale-copy",
] as const;
export type NetworkFaultKind = (typeof networkFaultKinds)[number];
export type Kinds = readonly [NetworkFaultKind, ...NetworkFaultKind[]];

export interface NetworkFault {
  kind: NetworkFaultKind;
  /** `cut-reply`: cut the reply only after its headers. */
  inBody?: boolean;
  /** The share of messages that are affected. */
  share: number;
  /** Of the kinds that delay messages. */
  delayMs: number;
  lastsMs: number;
}

/** Longer than the timeout of a call between services, and than the silence after which a feed counts as down. */
const longMs = [1_200, 3_200] as const;

/** Some delays are a little longer than `orderTimeoutMs`. */
export function drawNetworkFault(random: Random, kinds: Kinds, orderTimeoutMs: number): NetworkFault {
  const kind = random.pick(kinds);
  const share = random.pick([1, 0.5, 0.2]);
  const lastsMs = random.chance(0.15) ? random.integer(...longMs) : random.integer(80, 500);
  const isLate = random.chance(0.15) && orderTimeoutMs < longMs[1];
  const delayMs = isLate ? orderTimeoutMs + random.integer(20, 200) : random.integer(1, 250);
  const isDelay = kind === "delay-request" || kind === "delay-reply";
  return { kind, share, delayMs, lastsMs: isDelay ? Math.max(lastsMs, delayMs + 50) : lastsMs };
}

/** Whether a fault affects requests. The others affect replies, or the connection. */
export function affectsRequests(kind: NetworkFaultKind): boolean {
  switch (kind) {
    case "delay-request":
    case "reorder-requests":
    case "cut-before":
    case "cut-request":
    case "cut-after":
    case "lose-requests":
    case "half-open":
    case "duplicate":
    case "stale-copy":
      return true;
    case "delay-reply":
    case "reorder-replies":
    case "cut-reply":
    case "lose-replies":
    case "refuse":
      return false;
  }
}
