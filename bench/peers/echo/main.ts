import pino from "pino";

import type { OrderOutcome } from "../../../services/contract/order.ts";
import { frontendConfig } from "../../../services/frontend/config.ts";
import { catalogPeer, orderPeer } from "../../../services/frontend/peers.ts";
import { composeFrontend } from "../../../services/frontend/compose.ts";
import { systemContext } from "../../../services/runtime/context.ts";
import { readEnv } from "../../../services/runtime/process/env.ts";
import { listen } from "../../../services/runtime/http/listen.ts";
import { announce } from "../peer.ts";

/**
 * The frontend without the other services: admission, access, strict JSON, validation and the idempotency key are as in
 * a market. The gateway then resolves each order to the same trade at once. It stores nothing and sends nothing.
 */
const config = frontendConfig(readEnv({ FRONTEND_PORT: "0" }));
const context = systemContext(pino({ level: "silent" }));
const { createApp, admit, gateway } = composeFrontend({
  config,
  catalog: catalogPeer(config.catalogUrl, undefined, context),
  orders: orderPeer(config.orderUrl, undefined, context),
  context,
});

const outcome: OrderOutcome = {
  kind: "traded",
  replayed: false,
  fill: { number: 1, price_cents: 1_599, stock_version: 2, at: Date.now() },
};
gateway.submit = () => Promise.resolve(outcome);

announce(listen(createApp().wrap(admit), config.address, config.maxBodyBytes, config.idleTimeoutSeconds));
