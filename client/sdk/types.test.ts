import { describe, expect, test } from "bun:test";

import type { LatestAudit } from "../../books/audit/runner.ts";
import type { ChangeKind as MarketChangeKind } from "../../services/contract/change.ts";
import type {
  InternalReason,
  PublicReason,
  Refusal as MarketRefusal,
} from "../../services/contract/errors.ts";
import {
  effectOf,
  isReason as isMarketReason,
  reasons,
  refusals,
  statusOf,
} from "../../services/contract/errors.ts";
import type { OrderBody } from "../../services/contract/order.ts";
import type { Stock as MarketStock } from "../../services/contract/stock.ts";
import type { OrderView, Receipt } from "../../services/contract/trade.ts";
import type { App } from "../../services/frontend/app.ts";
import { isOutcomeUnknown, isReason, isRefusal } from "./errors.ts";
import type {
  Audit,
  ChangeKind,
  Failure,
  KeyedOrder,
  NewOrder,
  Order,
  PlacedOrder,
  Refusal,
  Stock,
} from "./types.ts";

/** Identical both ways: neither is wider, and what is optional in one is so in the other. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** An intersection or an interface that extends, as one list of fields. */
type Flat<T> = { [Key in keyof T]: T[Key] };

/** The data of a route's 200, as its treaty has it. */
type DataOf<Route> = Route extends { response: { 200: { data: infer Data } } } ? Data : never;
type Routes = App["~Routes"];

// `bun check` is what fails here: a type that drifted is no longer `true`.
const sameAsContract: {
  stock: Same<Stock, MarketStock>;
  order: Same<Order, OrderView>;
  placedOrder: Same<PlacedOrder, Receipt>;
  newOrder: Same<NewOrder, OrderBody>;
  changeKind: Same<ChangeKind, MarketChangeKind>;
  audit: Same<Audit, LatestAudit>;
  refusal: Same<Refusal, MarketRefusal>;
  failure: Same<Failure, Exclude<PublicReason, MarketRefusal>>;
} = {
  stock: true,
  order: true,
  placedOrder: true,
  newOrder: true,
  changeKind: true,
  audit: true,
  refusal: true,
  failure: true,
};

/** An item of a batch's answer that traded. */
type Traded<Entry> = Entry extends { data: infer Data } ? Data : never;
type BatchRoute = Routes["orders"]["batch"]["post"];

// Lookups of one stock and events are missing: they answer with ready bytes, which have no type.
const sameAsRoutes: {
  listStocks: Same<DataOf<Routes["stocks"]["get"]>, Stock[]>;
  placeOrder: Same<DataOf<Routes["orders"]["post"]>, PlacedOrder>;
  getOrder: Same<DataOf<Routes["orders"][":number"]["get"]>, Order>;
  listOrders: Same<DataOf<Routes["orders"]["get"]>, Order[]>;
  placeMany: Same<Traded<DataOf<BatchRoute>[number]>, PlacedOrder>;
  batchOrder: Same<Flat<BatchRoute["body"]["orders"][number]>, Flat<KeyedOrder>>;
} = {
  listStocks: true,
  placeOrder: true,
  getOrder: true,
  listOrders: true,
  placeMany: true,
  batchOrder: true,
};

describe("the SDK's types are the market's", () => {
  test("by the contract and by the frontend's routes", () => {
    expect(Object.values({ ...sameAsContract, ...sameAsRoutes })).not.toContain(false);
  });

  test("the reasons that count as refusals are the contract's, with an order's status", () => {
    for (const reason of Object.keys(refusals)) {
      expect(isReason(reason) && isRefusal(reason)).toBe(true);
      expect(isMarketReason(reason) && statusOf(reason)).toBeWithin(400, 410);
    }
  });

  test("each reason has the effect on an order that the contract's table gives it", () => {
    for (const reason of Object.keys(reasons)) {
      if (!isReason(reason) || !isMarketReason(reason)) continue;
      expect([reason, isRefusal(reason)]).toEqual([reason, effectOf(reason) === "decided"]);
      const error = { code: statusOf(reason), message: "", reason };
      expect([reason, isOutcomeUnknown(error)]).toEqual([reason, effectOf(reason) === "unknown"]);
    }
  });

  test("what services say to each other only is no reason", () => {
    const internal: InternalReason[] = ["stale_epoch", "ledger_mismatch", "ledger_ahead", "version_mismatch"];
    for (const reason of internal) expect(isReason(reason)).toBe(false);
  });
});
