import type { Random } from "../../testing/random.ts";

/** What a link does to messages. Whatever is held back is let go when the weather clears. */
export const weatherKinds = [
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
export type WeatherKind = (typeof weatherKinds)[number];
export type Kinds = readonly [WeatherKind, ...WeatherKind[]];

export interface Weather {
  kind: WeatherKind;
  /** A reply breaks off after its headers, not anywhere (`cut-reply`). */
  inBody?: boolean;
  /** The share of messages that it meets. */
  share: number;
  /** Of the kinds that delay. */
  delayMs: number;
  lastsMs: number;
}

/** Longer than the calls between services may take, and than a feed may be silent. */
const longMs = [1_200, 3_200] as const;

/** `orderTimeoutMs` is a delay that matters: some are a little longer. */
export function drawWeather(random: Random, kinds: Kinds, orderTimeoutMs: number): Weather {
  const kind = random.pick(kinds);
  const share = random.pick([1, 0.5, 0.2]);
  const lastsMs = random.chance(0.15) ? random.integer(...longMs) : random.integer(80, 500);
  const isLate = random.chance(0.15) && orderTimeoutMs < longMs[1];
  const delayMs = isLate ? orderTimeoutMs + random.integer(20, 200) : random.integer(1, 250);
  const isDelay = kind === "delay-request" || kind === "delay-reply";
  return { kind, share, delayMs, lastsMs: isDelay ? Math.max(lastsMs, delayMs + 50) : lastsMs };
}

/** Whether a kind meets a request on its way to the peer. The others meet the reply, or the connection. */
export function meetsRequests(kind: WeatherKind): boolean {
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
