import type { OrderService } from "./contract/order-service.ts";
import { composeFrontend } from "./frontend/compose.ts";
import type { FrontendConfig } from "./frontend/config.ts";
import type { ReadableCatalog } from "./frontend/peers.ts";
import type { RuntimeContext } from "./runtime/context.ts";

export interface MarketParts {
  catalog: { catalog: ReadableCatalog; close(): Promise<void> };
  order: { orders: OrderService; start(): void; stop(): Promise<void>; close(): Promise<void> };
  config: Omit<FrontendConfig, "address">;
  context: RuntimeContext;
}

/**
 * Connects a catalog, an order service and a frontend that call each other's methods: no socket and no JSON between
 * them. Starts nothing and opens no port: `app.handle` answers requests. Throws KeysFileError.
 */
export function composeMarket({ catalog, order, config, context }: MarketParts) {
  const frontend = composeFrontend({ config, catalog: catalog.catalog, orders: order.orders, context });
  return {
    frontend,
    app: frontend.createApp().wrap(frontend.admit),
    /**
     * Stops all parts, from the client inwards, so that each part can still finish what the part before it asked for.
     * `closeListener` resolves when no reply is in flight; a market without a port has none.
     */
    async stop(closeListener?: () => Promise<void>): Promise<void> {
      frontend.endStreams();
      await closeListener?.();
      await frontend.stop();
      await order.stop();
      await catalog.close();
      await order.close();
    },
  };
}
