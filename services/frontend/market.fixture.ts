import { openCatalog, type OpenCatalog } from "../catalog/catalog.fixture.ts";
import type { OpeningStock } from "../catalog/opening.ts";
import { OpenOrderService } from "../order/ledger.fixture.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { readEnv } from "../runtime/process/env.ts";
import { frontendConfig } from "./config.ts";
import { peersAt, type Peers } from "./peers.ts";
import type { Submitter } from "./submitter.ts";
import { composeFrontend } from "./compose.ts";

interface LocalMarketOptions {
  opening?: OpeningStock[];
  orderTimeoutMs?: number;
  /** What lies between the frontend and the others: the way there, which a test may spoil. */
  spoil?: (peers: Peers) => Partial<Peers>;
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
  readonly log = keptLog();

  constructor({ opening, orderTimeoutMs = 5_000, spoil = () => ({}) }: LocalMarketOptions = {}) {
    this.catalog = openCatalog(opening && { opening });
    this.order = new OpenOrderService(this.catalog);
    const peers = peersAt(this.catalog.app(), this.order.app);
    const spoilt = { ...peers, ...spoil(peers) };
    const config = { ...frontendConfig(readEnv({})), batchMax: 100, maxQueued: 100, orderTimeoutMs };
    this.frontend = composeFrontend(config, spoilt, this.log.log);
  }

  get submitter(): Submitter {
    return this.frontend.submitter;
  }

  async ask(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await this.frontend.app.handle(new Request(`http://localhost${path}`, init));
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
  return market;
}
