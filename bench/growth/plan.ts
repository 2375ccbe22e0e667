import type { Requests } from "../../testing/load/load-tool.ts";
import type { Comparison, Workload } from "../plan.ts";
import type { BookSize } from "./book-maker.ts";

/** The reference market: the default opening list and no trade. */
export const smallest: BookSize = { stocks: 10, trades: 0, refusals: 0 };

/** The workloads for a small and a large market, which run side by side as contenders. */
export const names = { small: "small", large: "large" } as const;

interface GrowthWorkload extends Omit<Workload, "requests" | "contenders" | "yardstick"> {
  /** The requests to a market with stocks of these names. */
  requestsFor(stocks: readonly string[]): Requests;
  figure: Comparison["figure"];
}

const lookup = (name: string): string => `/stocks/${name}`;
const order = (name: string): object => ({ name, type: "sell", quantity: 1 });
const orders = (stocks: readonly string[]): Requests => ({
  path: "/orders",
  bodies: stocks.map((name) => JSON.stringify(order(name))),
});
const batches = (stocks: readonly string[], size: number): Requests => ({
  path: "/orders/batch",
  bodies: Array.from({ length: Math.ceil(stocks.length / size) }, (_, batch) =>
    JSON.stringify({
      orders: Array.from({ length: size }, (_item, item) =>
        order(stocks[(batch * size + item) % stocks.length] ?? ""),
      ),
    }),
  ),
});
const hotStocks = 10;

export const growthWorkloads: readonly GrowthWorkload[] = [
  {
    name: "lookups of one stock, 64 connections",
    group: "lookups",
    requestsFor: ([first = ""]) => ({ path: lookup(first), bodies: [] }),
    connections: 64,
    ordersPerRequest: 0,
    figure: "rate",
  },
  {
    name: "lookups all over the market, 64 connections",
    group: "lookups",
    requestsFor: (stocks) => ({ path: "", bodies: [], paths: stocks.map(lookup) }),
    connections: 64,
    ordersPerRequest: 0,
    figure: "rate",
  },
  ...[256, 64].flatMap((connections) => [
    {
      name: `durable orders for ten stocks, ${connections} connections`,
      group: "orders" as const,
      requestsFor: (stocks: readonly string[]) => orders(stocks.slice(0, hotStocks)),
      connections,
      ordersPerRequest: 1,
      figure: "rate" as const,
    },
    {
      name: `durable orders all over the market, ${connections} connections`,
      group: "orders" as const,
      requestsFor: orders,
      connections,
      ordersPerRequest: 1,
      figure: "rate" as const,
    },
  ]),
  ...(
    [
      ["for ten stocks", (stocks: readonly string[]) => stocks.slice(0, hotStocks)],
      ["all over the market", (stocks: readonly string[]) => stocks],
    ] as const
  ).map(([where, pick]) => ({
    name: `batches of 1,000 orders ${where}, 2 connections`,
    group: "batch" as const,
    requestsFor: (stocks: readonly string[]) => batches(pick(stocks), 1_000),
    connections: 2,
    ordersPerRequest: 1_000,
    figure: "rate" as const,
  })),
  {
    name: "one client, one order at a time",
    group: "single",
    requestsFor: orders,
    connections: 1,
    ordersPerRequest: 1,
    figure: "p50",
  },
];

/** The targets of a large market, as shares of a small one's rate and median latency. */
const kept = 0.8;

export const growthTargets: readonly Comparison[] = growthWorkloads.map(({ name, figure }) => ({
  workload: name,
  of: names.large,
  against: names.small,
  figure,
  bound: figure === "rate" ? kept : 1 / kept,
}));

export const memoryWithinMb = 300;
export const readyWithinMs = 1_000;
