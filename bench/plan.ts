import type { Requests } from "../testing/load/load-tool.ts";
import type { ContenderName } from "./contenders.ts";
import { openingList } from "./peers/founding.ts";

export const groups = ["lookups", "hot", "orders", "batch", "single", "start"] as const;
export type Group = (typeof groups)[number];

/** One measurement, the same for each of its contenders. */
export interface Workload<Name extends string = string> {
  name: string;
  group: Exclude<Group, "start">;
  requests: Requests;
  /** Each has one request in flight at a time. */
  connections: number;
  /** Orders in a request; 0 for a lookup. */
  ordersPerRequest: number;
  contenders: readonly Name[];
  /** The contender whose rate is 1 in the report. */
  yardstick: Name;
}

/**
 * Two contenders in one workload. With a bound it is a target: the rate of `of` is at least so many times that of
 * `against`, its median latency (`p50`) or its mean time a request (`time`) at most so many times. Without a bound the
 * report gives the ratio for information.
 */
export interface Comparison<Name extends string = string> {
  workload: string;
  of: Name;
  against: Name;
  figure: "rate" | "p50" | "time";
  bound?: number;
}

/** The two shapes of a market, as contenders, and the services of an older checkout (`--beside`). */
export const threeProcesses = "Bourse" as const;
export const oneProcess = "Bourse, one process" as const;
export const olderRelease = "older Bourse" as const;
const shapes = [threeProcesses, oneProcess] as const;

type Name = ContenderName | typeof olderRelease;

// Sells, so that no stock runs out.
const sells = openingList().map(({ name }) => ({ name, type: "sell", quantity: 1 }));

export const lookup: Requests = { path: "/stocks/GameStart", bodies: [] };
// Without a key: the frontend makes one for each order, and the load generator takes the least processor time.
const order = { path: "/orders", bodies: sells.map((sell) => JSON.stringify(sell)) };
const batch = {
  path: "/orders/batch",
  bodies: [
    JSON.stringify({ orders: Array.from({ length: 1_000 }, (_, index) => sells[index % sells.length]) }),
  ],
};

const lookups = "lookups, 64 connections";
const orders256 = "durable orders, 256 connections";
const orders64 = "durable orders, 64 connections";
const batches = "batches of 1,000 orders, 2 connections";
const single = "one client, one order at a time";

export const workloads: readonly Workload<ContenderName>[] = [
  {
    name: lookups,
    group: "lookups",
    requests: lookup,
    connections: 64,
    ordersPerRequest: 0,
    contenders: [...shapes, "bare Bun.serve", "Fastify, Node 22", "Fastify, Bun", "Elysia, bun:sqlite"],
    yardstick: "bare Bun.serve",
  },
  {
    name: orders256,
    group: "orders",
    requests: order,
    connections: 256,
    ordersPerRequest: 1,
    contenders: [
      ...shapes,
      "frontend's echo",
      "Bourse, batches of one",
      "Fastify, Node 22",
      "Fastify, Bun",
      "Elysia, bun:sqlite",
      "raw SQLite",
    ],
    yardstick: "raw SQLite",
  },
  {
    name: orders64,
    group: "orders",
    requests: order,
    connections: 64,
    ordersPerRequest: 1,
    contenders: [...shapes, "frontend's echo"],
    yardstick: "frontend's echo",
  },
  {
    name: batches,
    group: "batch",
    requests: batch,
    // One batch in flight and one in the queue: the frontend sheds more.
    connections: 2,
    ordersPerRequest: 1_000,
    contenders: [...shapes, "raw SQLite", "the catalog's writer"],
    yardstick: "raw SQLite",
  },
  {
    name: single,
    group: "single",
    requests: order,
    connections: 1,
    ordersPerRequest: 1,
    contenders: [...shapes, "Fastify, Node 22", "Fastify, Bun", "Elysia, bun:sqlite", "raw SQLite"],
    yardstick: "raw SQLite",
  },
];

/** The new code reaches at least this share of the older code's rate. */
const sharePreserved = 0.95;

export const targets: readonly Comparison<Name>[] = [
  ...shapes.map((of) => ({
    workload: lookups,
    of,
    against: "bare Bun.serve" as const,
    figure: "rate" as const,
    bound: 0.8,
  })),
  { workload: orders256, of: oneProcess, against: "frontend's echo", figure: "rate", bound: 0.6 },
  { workload: orders64, of: oneProcess, against: "frontend's echo", figure: "rate", bound: 0.4 },
  { workload: batches, of: oneProcess, against: "raw SQLite", figure: "rate", bound: 0.5 },
  { workload: single, of: oneProcess, against: "Fastify, Node 22", figure: "p50", bound: 1.3 },
  ...[lookups, orders256, orders64, batches].map((workload) => ({
    workload,
    of: threeProcesses,
    against: olderRelease,
    figure: "rate" as const,
    bound: sharePreserved,
  })),
  { workload: single, of: threeProcesses, against: olderRelease, figure: "p50", bound: 1 / sharePreserved },
];

/** Ratios for information. */
const ratios: readonly Comparison<Name>[] = [
  ...shapes.flatMap((of) => [
    { workload: lookups, of, against: "Fastify, Node 22" as const, figure: "rate" as const },
    { workload: orders256, of, against: "Fastify, Node 22" as const, figure: "rate" as const },
    { workload: single, of, against: "Elysia, bun:sqlite" as const, figure: "p50" as const },
  ]),
  { workload: orders256, of: threeProcesses, against: "frontend's echo", figure: "rate" },
  { workload: orders256, of: threeProcesses, against: "Bourse, batches of one", figure: "rate" },
  { workload: orders64, of: threeProcesses, against: "frontend's echo", figure: "rate" },
  { workload: batches, of: threeProcesses, against: "raw SQLite", figure: "rate" },
  { workload: single, of: threeProcesses, against: "Fastify, Node 22", figure: "p50" },
];

/** In the order in which the report shows them. */
export const comparisons: readonly Comparison[] = [...targets, ...ratios];

/** The workload with the older release as one more contender, where Bourse takes part. */
export function withOlderRelease(workload: Workload): Workload {
  const { contenders } = workload;
  return contenders.includes(threeProcesses)
    ? { ...workload, contenders: [...contenders, olderRelease] }
    : workload;
}

/** The workload with the contenders of a quick run: Bourse, the yardstick, and those that a target names. */
export function essential(workload: Workload): Workload {
  const named = targets.filter((target) => target.workload === workload.name).map(({ against }) => against);
  const kept: readonly string[] = [...shapes, workload.yardstick, ...named];
  return { ...workload, contenders: workload.contenders.filter((name) => kept.includes(name)) };
}

/** Orders or lookups per second. */
export function rateOf({ ordersPerRequest }: Workload, round: { answered: number; seconds: number }): number {
  return (round.answered * Math.max(1, ordersPerRequest)) / round.seconds;
}
