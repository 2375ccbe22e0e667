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
 * The frontend itself, up to the point where an order would leave it: admission, access, strict JSON, validation and
 * key are done, and every order has the same trade as its outcome at once. Nothing is kept, nothing is sent.
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
