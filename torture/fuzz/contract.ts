import type { ServiceName } from "../../testing/market.ts";

/** The public contract, independent of the services' own tables: those are what is tested. */
export const statusOfReason: Readonly<Record<string, number>> = {
  insufficient_quantity: 400,
  limit_exceeded: 400,
  stock_not_found: 404,
  trading_halted: 409,
  price_changed: 409,
  order_in_flight: 409,
  idempotency_key_reused: 422,
  invalid_request: 422,
  unsupported_media_type: 415,
  payload_too_large: 413,
  rate_limited: 429,
  overloaded: 503,
  storage_full: 503,
  unavailable: 503,
  outcome_unknown: 503,
  unauthorized: 401,
  forbidden: 403,
  order_not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  wrong_host: 421,
  headers_too_large: 431,
  internal_error: 500,
};

/** Reasons between services only. */
export const statusOfInternalReason: Readonly<Record<string, number>> = {
  stale_epoch: 409,
  ledger_mismatch: 409,
  ledger_ahead: 409,
  version_mismatch: 409,
};

/** The stocks of the opening list and their prices. The fuzzer changes no price. */
export const openingPriceCents: ReadonlyMap<string, number> = new Map(
  Object.entries({
    BoarCo: 711,
    CaesarTech: 100,
    DogmatixCo: 2_000,
    GameStart: 1_599,
    Goscinnyium: 2_250,
    LutetiaTech: 1_100,
    MenhirCo: 2_000,
    PiloteCo: 1_711,
    Reneium: 1_499,
    RottenFishCo: 250,
  }),
);

export type Need = "nothing" | "reader" | "trader" | "secret";

/** A call by method and path; a `:` part stands for any text. */
export interface Call {
  method: "GET" | "POST";
  path: string;
  needs: Need;
}

const open = (path: string): Call => ({ method: "GET", path, needs: "nothing" });
const read = (path: string): Call => ({ method: "GET", path, needs: "reader" });
const trade = (path: string): Call => ({ method: "POST", path, needs: "trader" });
const inner = (method: Call["method"], path: string): Call => ({ method, path, needs: "secret" });

export const calls: Readonly<Record<ServiceName, readonly Call[]>> = {
  frontend: [
    open("/healthz"),
    open("/readyz"),
    read("/stocks"),
    read("/stocks/:name"),
    trade("/orders"),
    trade("/orders/batch"),
    read("/orders"),
    read("/orders/:number"),
    read("/audit"),
    read("/events"),
  ],
  catalog: [
    open("/healthz"),
    open("/readyz"),
    inner("GET", "/stocks"),
    inner("GET", "/stocks/:name"),
    inner("GET", "/trades"),
    inner("GET", "/changes"),
    inner("GET", "/stock-changes"),
    inner("GET", "/overlaps"),
    inner("GET", "/heads"),
    inner("GET", "/feed"),
    inner("POST", "/epochs"),
    inner("POST", "/batches"),
  ],
  order: [
    open("/healthz"),
    open("/readyz"),
    inner("GET", "/ledger"),
    inner("GET", "/ledger/:number"),
    inner("GET", "/head"),
    inner("GET", "/feed"),
    inner("POST", "/orders"),
  ],
};

/** The calls at a path with any method, and the value of their `:` part, which is never the whole path of a call. */
export function callsAt(service: ServiceName, path: string): { found: Call[]; parameter: string } {
  const parts = path.replace(/(?<=.)\/$/, "").split("/");
  const isAt = ({ path: pattern }: Call): boolean => {
    const wanted = pattern.split("/");
    return (
      wanted.length === parts.length &&
      wanted.every((part, index) => (part.startsWith(":") ? parts[index] !== "" : part === parts[index]))
    );
  };
  const found = calls[service].filter(isAt);
  const exact = found.filter((call) => !call.path.includes(":"));
  return {
    found: exact.length > 0 ? exact : found,
    parameter: parts.at(-1) ?? "",
  };
}
