import { Type, type Static } from "@sinclair/typebox";

import { priceOf } from "./money.ts";

/** 1 to 32 of `A-Z a-z 0-9 . - _`, exact case. Not `.` or `..`, because URL parsing removes them from a path. */
export const StockName = Type.String({
  pattern: "^(?!\\.{1,2}$)[A-Za-z0-9._-]{1,32}$",
  description: "1 to 32 of A-Z a-z 0-9 . - _",
});

const namePattern = new RegExp(StockName.pattern ?? "");

/** Checks the type too: a path parameter that cannot be decoded is null, although its declared type is string. */
export function isStockName(value: unknown): value is string {
  return typeof value === "string" && namePattern.test(value);
}

export const StockStatus = Type.Union([Type.Literal("open"), Type.Literal("halted")]);
export type StockStatus = Static<typeof StockStatus>;

/** The whole state of a stock, as between services. `version` counts its changes from 1. `volume` stays at 2^53 − 1. */
export const StockState = Type.Object({
  name: Type.String(),
  price_cents: Type.Integer(),
  quantity: Type.Integer(),
  volume: Type.Integer(),
  status: StockStatus,
  version: Type.Integer(),
});
export type StockState = Static<typeof StockState>;

/** For each stock, its state with the highest version. Pure. */
export function newest(states: Iterable<StockState>): StockState[] {
  const byName = new Map<string, StockState>();
  for (const state of states)
    if (state.version > (byName.get(state.name)?.version ?? 0)) byName.set(state.name, state);
  return [...byName.values()];
}

/** A stock as the public API shows it. */
export interface Stock {
  name: string;
  price: number;
  quantity: number;
  volume: number;
  status: StockStatus;
  version: number;
}

export function stockOf(state: StockState): Stock {
  const { name, price_cents, quantity, volume, status, version } = state;
  return { name, price: priceOf(price_cents), quantity, volume, status, version };
}
