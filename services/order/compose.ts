import type { DatabaseFile } from "../../db/sqlite/database-file.ts";
import type { LedgerEvent } from "../contract/feed.ts";
import type { Ledger } from "../contract/ledger.ts";
import type { RuntimeContext } from "../runtime/context.ts";
import type { Broadcast } from "../runtime/feed/broadcast.ts";
import { Dispatcher } from "./dispatcher.ts";
import { ledgerFeed } from "./feed.ts";
import { OrderIntake, type OrderIntakeOptions } from "./intake.ts";
import { Leadership } from "./leadership.ts";
import { LocalOrderService } from "./orders.ts";
import type { CatalogPeer } from "./peers.ts";
import { LedgerReplica } from "./replica.ts";

export interface OrderServiceNeeds {
  ledger: Ledger;
  catalog: CatalogPeer;
  intake: OrderIntakeOptions;
  context: Pick<RuntimeContext, "clock" | "log">;
  /** The ledger's file, when it has one. */
  file?: DatabaseFile;
}

/** The parts of an order service. */
export interface OrderServiceParts {
  /** The service as others call it. */
  orders: LocalOrderService;
  leadership: Leadership;
  replica: LedgerReplica;
  dispatcher: Dispatcher;
  intake: OrderIntake;
  feed: Broadcast<LedgerEvent>;
  /** Why orders cannot go through (the catalog's readiness included), or undefined. */
  notReadyReason(): Promise<string | undefined>;
  /** Begins to acquire an epoch. Not ready before the ledger has caught up. */
  start(): void;
  /** Answers what is queued or in flight; resolves when nothing uses the ledger any more. Does not close the ledger. */
  stop(): Promise<void>;
}

/** Connects the parts of an order service. Nothing runs before `start`. */
export function composeOrder({
  ledger,
  catalog,
  intake,
  context,
  file,
}: OrderServiceNeeds): OrderServiceParts {
  const { clock, log } = context;
  const feed = ledgerFeed(ledger, () => dispatcher.notReadyReason === undefined, clock);
  const replica = new LedgerReplica({
    ledger,
    catalog,
    log,
    clock,
    feed,
  });
  const leadership = new Leadership({
    ledger,
    catalog,
    replica,
    context,
    onFenced: () => void orderIntake.close(),
  });
  const dispatcher = new Dispatcher({ catalog, leadership, replica, clock });
  const orderIntake = new OrderIntake(dispatcher, intake, clock, file);
  const orders = new LocalOrderService({
    intake: orderIntake,
    dispatcher,
    ledger,
    catalog,
    feed,
    clock,
    file,
  });
  return {
    orders,
    leadership,
    replica,
    dispatcher,
    intake: orderIntake,
    feed,
    notReadyReason: () => orders.notReadyReason(),
    start: () => leadership.start(),
    async stop() {
      feed.close();
      await orderIntake.close();
      replica.stop();
      await Promise.all([leadership.stop(), dispatcher.idle()]);
      await replica.idle();
    },
  };
}
