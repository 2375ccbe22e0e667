import type { Address } from "../runtime/http/listen.ts";
import type { Env } from "../runtime/process/env.ts";

export interface CatalogConfig {
  address: Address;
  dataDir: string;
  stocksFile: string | undefined;
  /** Of the largest batch that the order service sends. */
  maxBodyBytes: number;
  serviceSecret: string | undefined;
}

export function catalogConfig(env: Env): CatalogConfig {
  return {
    address: {
      host: env.catalogHost,
      port: env.catalogPort,
      hosts: env.serviceSecret === undefined ? env.hosts : undefined,
    },
    dataDir: env.dataDir,
    stocksFile: env.stocksFile,
    maxBodyBytes: 16 * 2 ** 20,
    serviceSecret: env.serviceSecret,
  };
}
