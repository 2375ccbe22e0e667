import { catalogInMemory } from "./catalog/in-memory.ts";
import type { OpeningStock } from "./catalog/opening.ts";
import { composeMarket } from "./compose.ts";
import { frontendConfig, type FrontendConfig } from "./frontend/config.ts";
import { orderConfig } from "./order/config.ts";
import { orderInMemory } from "./order/in-memory.ts";
import type { RuntimeContext } from "./runtime/context.ts";
import { readEnv } from "./runtime/process/env.ts";

export interface MemoryMarketOptions {
  /** The stocks that the market opens with. */
  opening: readonly OpeningStock[];
  /** Replaces settings of the frontend: `apiKeysFile` for a market whose calls need a key. */
  config?: Partial<Omit<FrontendConfig, "address">>;
}

export interface MemoryMarket {
  /** The public API without a port. The host in the request's URL does not matter. */
  fetch(request: Request): Promise<Response>;
  /** Resolves when orders go through, lookups are cached and events are sent, or when the market is stopped. */
  ready(): Promise<void>;
  /** Answers the calls in flight, ends the event streams and removes the databases. */
  stop(): Promise<void>;
}

const pollMs = 1;

/**
 * A whole market in this thread, on Bun or on Node: both databases in memory, no port, no file, no thread, and no
 * variable of the environment. Its time, its ids and its log are those of the context. Throws KeysFileError.
 */
export function startMemoryMarket(
  context: RuntimeContext,
  { opening, config }: MemoryMarketOptions,
): MemoryMarket {
  const defaults = readEnv({});
  const catalog = catalogInMemory(opening, context);
  const order = orderInMemory(orderConfig(defaults).intake, catalog.catalog, context);
  const market = composeMarket({
    catalog,
    order,
    config: { ...frontendConfig(defaults), ...config },
    context,
  });
  const { frontend, app } = market;
  let isStopped = false;

  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!isStopped && !(await condition())) await context.clock.sleep(pollMs);
  };
  const start = async (): Promise<void> => {
    order.start();
    // A feed that begins before the order service leads has no head before its second heartbeat.
    await until(() => order.orders.isReady());
    if (isStopped) return;
    frontend.start();
    await until(() => frontend.logs.head !== undefined);
  };
  const started = start();
  return {
    fetch: (request) => app.handle(request),
    ready: () => started,
    async stop() {
      isStopped = true;
      await market.stop();
    },
  };
}
