import { StartRefused } from "./start-refused.ts";

/** The settings from environment variables, checked and with units. Only this file reads them. */
export interface Env {
  frontendHost: string;
  frontendPort: number;
  catalogHost: string;
  catalogPort: number;
  orderHost: string;
  orderPort: number;
  catalogUrl: string;
  orderUrl: string;
  dataDir: string;
  /** CSV `name,price,quantity`, read once, on an empty database; undefined: the list in this repository. */
  stocksFile: string | undefined;
  /** Whether frontends keep looked-up stocks in memory. */
  isCacheOn: boolean;
  /** Orders in one batch between services, at most. */
  batchMax: number;
  orderTimeoutMs: number;
  /** The file of API keys; without it no request needs a key. */
  apiKeysFile: string | undefined;
  /** Names by which a market without API keys may be called, besides the loopback addresses; in lower case. */
  hosts: readonly string[];
  /** The origins whose pages may call the API from a browser. */
  corsOrigins: readonly string[];
  /** The secret in every call between services; without it they listen on loopback only. */
  serviceSecret: string | undefined;
  logLevel: LogLevel;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

type Variables = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as unset. Throws StartRefused with the name of the variable and the values that it takes. */
export function readEnv(variables: Variables = process.env): Env {
  const text = (name: string, fallback: string): string => variables[name] || fallback;

  const integer = (name: string, fallback: number, min: number, max: number): number => {
    const raw = text(name, String(fallback));
    const value = Number(raw);
    if (!/^\d+$/.test(raw) || value < min || value > max)
      throw new StartRefused(`${name} must be an integer from ${min} to ${max}`);
    return value;
  };

  const list = (name: string, read: (item: string) => string | undefined, form: string): string[] => {
    const items = text(name, "")
      .split(",")
      .map((item) => item.trim());
    const isUnset = items.length === 1 && items[0] === "";
    return (isUnset ? [] : items).map((item) => {
      const value = read(item);
      if (value === undefined) throw new StartRefused(`${name} must be ${form}`);
      return value;
    });
  };

  const port = (name: string, fallback: number): number => integer(name, fallback, 0, 65_535);

  const apiKeysFile = variables["BOURSE_API_KEYS_FILE"] || undefined;
  const serviceSecret = variables["BOURSE_SERVICE_SECRET"] || undefined;
  if (serviceSecret !== undefined && !/^[\x21-\x7e]{32,1024}$/.test(serviceSecret))
    throw new StartRefused("BOURSE_SERVICE_SECRET must be at least 32 visible ASCII characters");

  const host = (name: string): string => text(name, "127.0.0.1");

  const url = (name: string, fallbackHost: string, fallbackPort: number): string => {
    const raw = text(name, originOf(fallbackHost, fallbackPort));
    const parsed = URL.parse(raw);
    if (parsed?.protocol !== "http:" || parsed.pathname !== "/" || parsed.search !== "")
      throw new StartRefused(`${name} must be an address such as http://127.0.0.1:${fallbackPort}`);
    return parsed.origin;
  };

  const level = text("BOURSE_LOG_LEVEL", "info");
  const logLevel = logLevels.find((known) => known === level);
  if (!logLevel) throw new StartRefused(`BOURSE_LOG_LEVEL must be one of ${logLevels.join(", ")}`);

  const cache = text("BOURSE_CACHE", "on");
  if (cache !== "on" && cache !== "off") throw new StartRefused("BOURSE_CACHE must be on or off");

  if (variables["BOURSE_STORE_URL"])
    throw new StartRefused("BOURSE_STORE_URL must be unset: SQLite is the only store of this version");

  const catalogHost = host("CATALOG_HOST");
  const catalogPort = port("CATALOG_PORT", 8081);
  const orderHost = host("ORDER_HOST");
  const orderPort = port("ORDER_PORT", 8082);
  return {
    frontendHost: host("FRONTEND_HOST"),
    frontendPort: port("FRONTEND_PORT", 8080),
    catalogHost,
    catalogPort,
    orderHost,
    orderPort,
    catalogUrl: url("CATALOG_URL", catalogHost, catalogPort),
    orderUrl: url("ORDER_URL", orderHost, orderPort),
    dataDir: text("BOURSE_DATA_DIR", "./data"),
    stocksFile: variables["BOURSE_STOCKS_FILE"] || undefined,
    isCacheOn: cache === "on",
    batchMax: integer("BOURSE_BATCH_MAX", 2_000, 1, 10_000),
    orderTimeoutMs: integer("BOURSE_ORDER_TIMEOUT_MS", 5_000, 10, 240_000),
    apiKeysFile,
    hosts: list("BOURSE_HOSTS", readHostName, "a list of host names such as market.example,192.0.2.7"),
    corsOrigins: list("BOURSE_CORS_ORIGINS", readOrigin, "a list of origins such as https://app.example"),
    serviceSecret,
    logLevel,
  };
}

const hostName = String.raw`[a-z0-9._-]+|\[[0-9a-f:.]+\]`;
const hostPattern = new RegExp(`^(?:${hostName})$`);
const originPattern = new RegExp(`^https?://(?:${hostName})(?::[0-9]+)?$`);

/** A host name as the addresses of requests have it; undefined for anything else, a port and a wildcard included. */
function readHostName(text: string): string | undefined {
  const name = text.toLowerCase();
  const isName = hostPattern.test(name) && URL.parse(`http://${name}/`)?.hostname === name;
  return isName ? name.replace(/^\[(.*)\]$/, "$1") : undefined;
}

/** The origin of a page as browsers send it; undefined for anything else, `*` and `null` included. */
function readOrigin(text: string): string | undefined {
  const origin = text.toLowerCase();
  return originPattern.test(origin) && URL.parse(origin)?.origin === origin ? origin : undefined;
}

/** `http://host:port`, with the brackets that an IPv6 address needs. */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
