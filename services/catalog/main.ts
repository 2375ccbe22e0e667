import { DatabaseOpenError, MigrationError } from "../../db/sqlite/errors.ts";
import { systemContext } from "../runtime/context.ts";
import { closeListener, listen } from "../runtime/http/listen.ts";
import type { Env } from "../runtime/process/env.ts";
import { runService, type Running } from "../runtime/process/lifecycle.ts";
import type { Log } from "../runtime/process/log.ts";
import { createApp } from "./app.ts";
import { catalogConfig } from "./config.ts";
import { catalogOnDisk } from "./on-disk.ts";

const closeGraceMs = 5_000;

/** Starts the catalog as this process. Throws an error that a person must correct. */
export async function startCatalog(env: Env, log: Log): Promise<Running> {
  const config = catalogConfig(env);
  const { catalog, feed, close } = catalogOnDisk(config, systemContext(log));
  const app = createApp(catalog, log, config.serviceSecret);
  const url = listen(app, config.address, config.maxBodyBytes);
  return {
    url,
    async stop() {
      feed.close();
      await closeListener(app, closeGraceMs);
      await close();
    },
  };
}

if (import.meta.main)
  await runService({ name: "catalog", start: startCatalog, refusals: [DatabaseOpenError, MigrationError] });
