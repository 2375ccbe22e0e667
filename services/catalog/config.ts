import { join } from "node:path";

import type { Env } from "../runtime/process/env.ts";
import type { Address } from "../runtime/http/listen.ts";

export interface CatalogConfig {
  address: Address;
  dataDir: string;
  databasePath: string;
  stocksFile: string | undefined;
  /** A batch of orders from the order service, at its largest. */
  maxBodyBytes: number;
  serviceSecret: string | undefined;
}

export function catalogConfig(env: Env): CatalogConfig {
  return {
    address: { host: env.catalogHost, port: env.catalogPort },
    dataDir: env.dataDir,
    databasePath: join(env.dataDir, "catalog.db"),
    stocksFile: env.stocksFile,
    maxBodyBytes: 16 * 2 ** 20,
    serviceSecret: env.serviceSecret,
  };
}
