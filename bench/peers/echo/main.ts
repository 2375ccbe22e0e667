import pino from "pino";

import type { OrderOutcome } from "../../../services/contract/order.ts";
import { frontendConfig } from "../../../services/frontend/config.ts";
import { peersAt } from "../../../services/frontend/peers.ts";
import { composeFrontend } from "../../../services/frontend/compose.ts";
import { readEnv } from "../../../services/runtime/process/env.ts";
import { listen } from "../../../services/runtime/http/listen.ts";
import { announce } from "../peer.ts";

/**
 * The frontend itself, up to the point where an order would leave it: admission, access, strict JSON, validation and
 * key are done, and every order has the same trade as its outcome at once. Nothing is kept, nothing is sent.
 */
const config = frontendConfig(readEnv({ FRONTEND_PORT: "0" }));
const peers = peersAt(config.catalogUrl, config.orderUrl);
const { app, submitter } = composeFrontend(config, peers, pino({ level: "silent" }));

const outcome: OrderOutcome = {
  kind: "traded",
  replayed: false,
  fill: { number: 1, price_cents: 1_599, stock_version: 2, at: Date.now() },
};
submitter.submit = () => Promise.resolve(outcome);

announce(listen(app, config.address, config.maxBodyBytes, config.idleTimeoutSeconds));
