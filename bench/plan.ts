import type { ContenderName } from "./contenders.ts";
import type { Requests } from "../testing/load/load-tool.ts";
import { openingList } from "./peers/founding.ts";

export const groups = ["lookups", "orders", "batch", "single", "start"] as const;
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

/** A target of Bourse against a contender: at least so many times its rate, or at most so many times its median latency. */
export interface Target {
  workload: string;
  against: string;
  figure: "rate" | "p50";
  bound: number;
}

// Sells, so that no stock runs out.
const sells = openingList().map(({ name }) => ({ name, type: "sell", quantity: 1 }));

const lookup = { path: "/stocks/GameStart", bodies: [] };
// Without a key: the server makes one for each order, and the load generator costs the least.
const order = { path: "/orders", bodies: sells.map((sell) => JSON.stringify(sell)) };
const batch = {
  path: "/orders/batch",
  bodies: [
    JSON.stringify({ orders: Array.from({ length: 1_000 }, (_, index) => sells[index % sells.length]) }),
  ],
};

export const workloads: readonly Workload<ContenderName>[] = [
  {
    name: "lookups, 64 connections",
    group: "lookups",
    requests: lookup,
    connections: 64,
    ordersPerRequest: 0,
    contenders: ["Bourse", "bare Bun.serve", "Fastify, Node 22", "Fastify, Bun", "Elysia, bun:sqlite"],
    yardstick: "bare Bun.serve",
  },
  {
    name: "durable orders, 256 connections",
    group: "orders",
    requests: order,
    connections: 256,
    ordersPerRequest: 1,
    contenders: [
      "Bourse",
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
    name: "durable orders, 64 connections",
    group: "orders",
    requests: order,
    connections: 64,
    ordersPerRequest: 1,
    contenders: ["Bourse", "frontend's echo"],
    yardstick: "frontend's echo",
  },
  {
    name: "batches of 1,000 orders, 2 connections",
    group: "batch",
    requests: batch,
    // One batch in flight and one in the queue: the frontend sheds more.
    connections: 2,
    ordersPerRequest: 1_000,
    contenders: ["Bourse", "raw SQLite", "the catalog's writer"],
    yardstick: "raw SQLite",
  },
  {
    name: "one client, one order at a time",
    group: "single",
    requests: order,
    connections: 1,
    ordersPerRequest: 1,
    contenders: ["Bourse", "Fastify, Node 22", "Fastify, Bun", "Elysia, bun:sqlite", "raw SQLite"],
    yardstick: "raw SQLite",
  },
];

export const targets: readonly (Target & { against: ContenderName })[] = [
  { workload: "lookups, 64 connections", against: "bare Bun.serve", figure: "rate", bound: 0.9 },
  { workload: "lookups, 64 connections", against: "Fastify, Node 22", figure: "rate", bound: 8 },
  { workload: "durable orders, 256 connections", against: "frontend's echo", figure: "rate", bound: 0.6 },
  {
    workload: "durable orders, 256 connections",
    against: "Bourse, batches of one",
    figure: "rate",
    bound: 8,
  },
  { workload: "durable orders, 256 connections", against: "Fastify, Node 22", figure: "rate", bound: 7 },
  { workload: "durable orders, 64 connections", against: "frontend's echo", figure: "rate", bound: 0.4 },
  { workload: "batches of 1,000 orders, 2 connections", against: "raw SQLite", figure: "rate", bound: 0.5 },
  { workload: "one client, one order at a time", against: "Fastify, Node 22", figure: "p50", bound: 1.8 },
];

/** A workload with fewer contenders, for a quick run: Bourse, the reference, and those that a target names. */
export function essential(workload: Workload): Workload {
  const named = targets.filter((target) => target.workload === workload.name).map(({ against }) => against);
  const kept = ["Bourse", workload.yardstick, ...named];
  return { ...workload, contenders: workload.contenders.filter((name) => kept.includes(name)) };
}

/** Orders or lookups per second. */
export function rateOf({ ordersPerRequest }: Workload, round: { answered: number; seconds: number }): number {
  return (round.answered * Math.max(1, ordersPerRequest)) / round.seconds;
}
