import { limits } from "../contract/limits.ts";
import type { Env } from "../runtime/process/env.ts";
import type { Address } from "../runtime/http/listen.ts";

export interface FrontendConfig {
  address: Address;
  catalogUrl: string;
  orderUrl: string;
  /** Time from an order's arrival until its client is answered outcome_unknown. */
  orderTimeoutMs: number;
  batchMax: number;
  /** Orders that may be queued for their call to the order service. */
  maxQueued: number;
  /** How long an order should wait for that call, at most; orders that would wait longer are shed. */
  maxWaitMs: number;
  /** Bun refuses a larger body itself, without an error body. Each route has its own, smaller limit. */
  maxBodyBytes: number;
  idleTimeoutSeconds: number;
  /** The file of API keys. Undefined: calls need no key. */
  apiKeysFile: string | undefined;
  /** The origins whose pages may call the API from a browser. */
  corsOrigins: readonly string[];
  serviceSecret: string | undefined;
  cache: { isOn: boolean; maxStocks: number };
}

export function frontendConfig(env: Env): FrontendConfig {
  return {
    address: {
      host: env.frontendHost,
      port: env.frontendPort,
      hosts: env.apiKeysFile === undefined ? env.hosts : undefined,
    },
    catalogUrl: env.catalogUrl,
    orderUrl: env.orderUrl,
    orderTimeoutMs: env.orderTimeoutMs,
    batchMax: env.batchMax,
    maxQueued: 10_000,
    maxWaitMs: 50,
    maxBodyBytes: 4 * limits.batchBodyBytes,
    // Bun counts the wait for an answer as idle, and takes 255 at most.
    idleTimeoutSeconds: Math.min(255, Math.max(15, Math.ceil(env.orderTimeoutMs / 1_000) + 10)),
    apiKeysFile: env.apiKeysFile,
    corsOrigins: env.corsOrigins,
    serviceSecret: env.serviceSecret,
    cache: { isOn: env.isCacheOn, maxStocks: 100_000 },
  };
}
