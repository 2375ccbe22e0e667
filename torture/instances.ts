import type { ServiceName, Shape } from "../testing/market.ts";

/**
 * The processes of a market. `services`: one for each service, and a second frontend on the same books. `one-process`:
 * `market` runs all three services.
 */
export type InstanceName = ServiceName | "frontend2" | "market";

export const instancesOf: Readonly<Record<Shape, readonly [InstanceName, ...InstanceName[]]>> = {
  services: ["catalog", "order", "frontend", "frontend2"],
  "one-process": ["market"],
};

/** The services that a process runs. */
export function servicesOf(name: InstanceName): readonly ServiceName[] {
  if (name === "market") return ["catalog", "order", "frontend"];
  return [name === "frontend2" ? "frontend" : name];
}

/** The process that runs a service; of two frontends, the first. */
export function instanceOf(shape: Shape, service: ServiceName): InstanceName {
  return shape === "one-process" ? "market" : service;
}
