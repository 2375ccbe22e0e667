import { isLoopback, type Env } from "./env.ts";
import { StartRefused } from "./start-refused.ts";

interface Exposure {
  /** Whether the services call each other over ports; false: all of them are in this process. */
  hasInternalPorts: boolean;
}

/**
 * Throws StartRefused for settings with which strangers could trade. An internal port takes orders for any client, so each
 * one that other machines reach, and each one beside API keys, needs the service secret. The public port needs API keys
 * when other machines reach it.
 */
export function refuseExposure(env: Env, { hasInternalPorts }: Exposure): void {
  const hasKeys = env.apiKeysFile !== undefined;
  const hasSecret = env.serviceSecret !== undefined;
  const requireLoopback = (name: string, host: string): void => {
    if (!isLoopback(host))
      throw new StartRefused(
        `${name} must be a loopback address: without ${hasInternalPorts ? "API keys and a service secret" : "API keys"} the market is for this machine`,
      );
  };
  if (!hasKeys || (hasInternalPorts && !hasSecret)) requireLoopback("FRONTEND_HOST", env.frontendHost);
  if (!hasInternalPorts || hasSecret) return;
  requireLoopback("CATALOG_HOST", env.catalogHost);
  requireLoopback("ORDER_HOST", env.orderHost);
  if (hasKeys)
    throw new StartRefused(
      "BOURSE_SERVICE_SECRET must be set where BOURSE_API_KEYS_FILE is: without it, any program on this machine trades as any client on the ports of the catalog and the order service",
    );
}
