import { openCatalog, type OpenCatalog } from "../catalog/catalog.fixture.ts";
import type { OpeningStock } from "../catalog/opening.ts";
import type { OrderService } from "../contract/order-service.ts";
import { OpenOrderService } from "../order/ledger.fixture.ts";
import { systemContext } from "../runtime/context.ts";
import { readEnv } from "../runtime/process/env.ts";
import { keptLog } from "../../testing/kept-log.ts";
import type { App } from "./app.ts";
import { composeFrontend } from "./compose.ts";
import { frontendConfig } from "./config.ts";
import { boundedCatalog, boundedOrders, catalogPeer, orderPeer, type ReadableCatalog } from "./peers.ts";
import type { OrderGateway } from "./orders/gateway.ts";

interface LocalMarketOptions {
  opening?: OpeningStock[];
  orderTimeoutMs?: number;
  apiKeysFile?: string;
  /** Replaces calls to the catalog and to the order service, to break them. */
  spoilCatalog?: (catalog: ReadableCatalog) => Partial<ReadableCatalog>;
  spoilOrders?: (orders: OrderService) => Partial<OrderService>;
}

export interface Reply {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into whatever came
  body: any;
}

/** A whole market in this process: frontend, order service and catalog on real files, without a port. */
export class LocalMarket implements AsyncDisposable {
  readonly catalog: OpenCatalog;
  readonly order: OpenOrderService;
  readonly frontend: ReturnType<typeof composeFrontend>;
  readonly app: App;
  readonly log = keptLog();

  constructor({
    opening,
    orderTimeoutMs = 5_000,
    apiKeysFile,
    spoilCatalog = () => ({}),
    spoilOrders = () => ({}),
  }: LocalMarketOptions = {}) {
    this.catalog = openCatalog(opening && { opening });
    this.order = new OpenOrderService(this.catalog);
    const context = systemContext(this.log.log);
    const catalog = boundedCatalog(catalogPeer(this.catalog.app(), undefined, context), context.clock);
    const orders = boundedOrders(orderPeer(this.order.app, undefined, context), context.clock);
    this.frontend = composeFrontend({
      config: { ...frontendConfig(readEnv({})), batchMax: 100, maxQueued: 100, orderTimeoutMs, apiKeysFile },
      catalog: { ...catalog, ...spoilCatalog(catalog) },
      orders: { ...orders, ...spoilOrders(orders) },
      context,
    });
    this.app = this.frontend.createApp();
  }

  /** What the feeds of the two services do in a frontend that is started. */
  reportHeads(): void {
    this.frontend.logs.tradesReported(this.catalog.count("trades"));
    this.frontend.logs.changesReported(this.catalog.count("changes"), 1);
  }

  get gateway(): OrderGateway {
    return this.frontend.gateway;
  }

  async ask(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await this.app.handle(new Request(`http://localhost${path}`, init));
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  /** Posts an order; a string is sent as the body as it is. */
  post(order: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return this.ask("/orders", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof order === "string" ? order : JSON.stringify(order),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.order[Symbol.asyncDispose]();
    this.catalog[Symbol.dispose]();
  }
}

/** A market that an order goes through. */
export async function openMarket(options?: LocalMarketOptions): Promise<LocalMarket> {
  const market = new LocalMarket(options);
  await market.order.start();
  market.reportHeads();
  return market;
}
