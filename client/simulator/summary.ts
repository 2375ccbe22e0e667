import type { CountByReason, Tally } from "./tally.ts";
import type { Verification } from "./verify.ts";

/** Milliseconds; null when there was no call to measure. */
export interface Latency {
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface Run {
  url: string;
  stocks: number;
  clients: number;
  probability: number;
  seed: number;
  /** Of the trading, without the checks after it. */
  elapsed_ms: number;
}

/** What `--json` prints. `refused` and `failed` count by reason; all latencies include the SDK's retries. */
export interface Summary {
  /** Every acknowledged order is in the ledger as acknowledged, and no order's outcome stayed unknown. */
  ok: boolean;
  run: Run;
  lookups: { found: number; failed: CountByReason; latency_ms: Latency };
  orders: {
    bought: number;
    sold: number;
    refused: CountByReason;
    /** Nothing was done. */
    failed: CountByReason;
    /** Orders whose outcome was lost at first and was received when they were sent again. Also counted above. */
    settled_late: number;
    /** Orders whose outcome stayed unknown when they were sent again. */
    unknown: number;
    latency_ms: Latency;
  };
  verified: Verification;
}

export function summarize(run: Run, tally: Tally, verified: Verification): Summary {
  const unknown = tally.unknown.length;
  return {
    ok: verified.matching === verified.orders && verified.mismatches.length === 0 && unknown === 0,
    run,
    lookups: {
      found: tally.found,
      failed: tally.lookupsFailed,
      latency_ms: latencyOf(tally.lookupLatenciesMs),
    },
    orders: {
      bought: tally.bought,
      sold: tally.sold,
      refused: tally.refused,
      failed: tally.failed,
      settled_late: tally.resolvedLate,
      unknown,
      latency_ms: latencyOf(tally.orderLatenciesMs),
    },
    verified,
  };
}

/** By the nearest rank: each percentile is a latency that was measured. To the microsecond. */
export function latencyOf(latenciesMs: readonly number[]): Latency {
  const sorted = Float64Array.from(latenciesMs).toSorted();
  const at = (percent: number) => {
    const latencyMs = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
    return latencyMs === undefined ? null : Math.round(latencyMs * 1_000) / 1_000;
  };
  return { p50: at(50), p95: at(95), p99: at(99), max: at(100) };
}

/** The summary for people. */
export function renderText({ ok, run, lookups, orders, verified }: Summary): string {
  const traded = orders.bought + orders.sold;
  const refused = total(orders.refused);
  const ordersAnswered = traded + refused;
  const perSecond = ((lookups.found + ordersAnswered) / run.elapsed_ms) * 1_000;
  return [
    "",
    `${run.clients} clients traded ${run.stocks} stocks at ${run.url} for ${number(run.elapsed_ms / 1_000, 1)} s ` +
      `(order probability ${run.probability}, seed ${run.seed}): ${number(perSecond)} answers/s`,
    "",
    row("lookups", lookups.found, latencyText(lookups.latency_ms)),
    row("  failed", total(lookups.failed), byReason(lookups.failed)),
    row("orders", ordersAnswered, latencyText(orders.latency_ms)),
    row("  bought", orders.bought),
    row("  sold", orders.sold),
    row("  refused", refused, byReason(orders.refused)),
    row("  failed", total(orders.failed), byReason(orders.failed)),
    ...(orders.settled_late ? [row("  settled late", orders.settled_late, "by asking again")] : []),
    ...(orders.unknown ? [row("  unknown", orders.unknown, "even after asking again")] : []),
    "",
    ...verified.mismatches.map((one) => `order ${one.transaction_number}: ${one.problem}`),
    ...(verified.unreachable ? [`${number(verified.unreachable)} orders could not be asked for`] : []),
    `${ok ? "ok" : "NOT OK"}: ${number(verified.matching)} of ${number(verified.orders)} acknowledged orders are in ` +
      "the ledger as acknowledged",
    "",
  ].join("\n");
}

function row(label: string, count: number, rest = ""): string {
  return `${label.padEnd(15)}${number(count).padStart(9)}   ${rest}`.trimEnd();
}

function latencyText(latency: Latency): string {
  return Object.entries(latency)
    .map(([name, ms]: [string, number | null]) => (ms === null ? "" : `${name} ${number(ms, 1)} ms   `))
    .join("");
}

function byReason(counts: CountByReason): string {
  return Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${number(count)}`)
    .join(", ");
}

function total(counts: CountByReason): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function number(value: number, digits = 0): string {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
