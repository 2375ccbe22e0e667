import type { Env } from "../runtime/process/env.ts";
import type { Address } from "../runtime/http/listen.ts";
import type { OrderIntakeOptions } from "./intake.ts";

export interface OrderConfig {
  address: Address;
  catalogUrl: string;
  dataDir: string;
  intake: OrderIntakeOptions;
  /** The largest call of a frontend with its orders. */
  maxBodyBytes: number;
  serviceSecret: string | undefined;
}

export function orderConfig(env: Env): OrderConfig {
  return {
    address: {
      host: env.orderHost,
      port: env.orderPort,
      hosts: env.serviceSecret === undefined ? env.hosts : undefined,
    },
    catalogUrl: env.catalogUrl,
    dataDir: env.dataDir,
    intake: { batchMax: env.batchMax, maxQueued: 20_000 },
    maxBodyBytes: 16 * 2 ** 20,
    serviceSecret: env.serviceSecret,
  };
}
