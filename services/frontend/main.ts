import type { Env } from "../runtime/process/env.ts";
import { runService, type Running } from "../runtime/process/lifecycle.ts";
import { closeListener, listen } from "../runtime/http/listen.ts";
import type { Log } from "../runtime/process/log.ts";
import { KeysFileError } from "./access/keys-file.ts";
import { KeysWatch } from "./access/keys-watch.ts";
import { frontendConfig } from "./config.ts";
import { peersAt } from "./peers.ts";
import { composeFrontend } from "./compose.ts";

/** Starts the frontend: config → peers → listen. It has no store and starts whether or not the others are there. */
export async function startFrontend(env: Env, log: Log): Promise<Running> {
  const config = frontendConfig(env);
  const { apiKeysFile, serviceSecret, catalogUrl, orderUrl } = config;
  const peers = peersAt(catalogUrl, orderUrl, serviceSecret);
  const { app, access, audits, submitter, hub, feeds } = composeFrontend(config, peers, log);
  const url = listen(app, config.address, config.maxBodyBytes, config.idleTimeoutSeconds);
  feeds.start();
  const keys = apiKeysFile ? new KeysWatch(apiKeysFile, (read) => access.replaceKeys(read), log) : undefined;
  return {
    url,
    async stop() {
      keys?.close();
      audits.stop();
      hub.close();
      await closeListener(app, 6_000);
      await submitter.close();
      await feeds.stop();
    },
  };
}

if (import.meta.main) await runService({ name: "frontend", start: startFrontend, refusals: [KeysFileError] });
