import { wireVersion, wireVersionHeader } from "../../services/contract/wire-version.ts";
import type { ServiceName } from "../../testing/market.ts";
import { callVerdict } from "./call-oracle.ts";
import { callsAt } from "./contract.ts";
import { valuesOf, type Message } from "./message.ts";
import type { AskedOrder } from "./orders-in.ts";

/** What a service that is asked knows of who may ask. */
export interface Guard {
  service: ServiceName;
  /** Who shows which Authorization, where API keys are needed. */
  callers?: ReadonlyMap<string, Caller>;
  /** The Authorization that services show each other, where one is needed. */
  secret?: string;
}

export interface Caller {
  client: string;
  role: "reader" | "trader" | "admin";
  /** Asks more than its rate allows. */
  isFast: boolean;
}

/** What may come of a message. */
export interface Prediction {
  /** The reasons for which it may be refused. */
  reasons: readonly string[];
  /** Whether it may succeed. */
  mayPass: boolean;
  /** What its success says: of one order, of each item of a batch, of orders between services. */
  answer: "receipt" | "entries" | "outcomes" | "decisions" | "other";
  /** The orders that it carries; undefined is an item of a batch that is not valid. */
  items: readonly (AskedOrder | undefined)[];
}

/** Predicts from the documented contract alone what a well-formed request may be answered. Pure. */
export function predict(guard: Guard, message: Message): Prediction {
  const { headers, headBytes } = message;
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  if (guard.service === "frontend" && names.size > 100) return refused("headers_too_large");
  const prediction = accessVerdict(guard, message);
  const isNear = headers.length > 100 || headBytes > 15_000;
  const near = isNear ? or(prediction, "headers_too_large") : prediction;
  return isPlainHost(message) ? near : or(near, "route_not_found", "method_not_allowed");
}

function accessVerdict(guard: Guard, message: Message): Prediction {
  const { path, direct } = pathsOf(message.target);
  // Bun finds the routes of some calls by the path as it came, and of others by the path that it leads to.
  if (path !== direct) return anyOf(pathVerdict(guard, message, path), pathVerdict(guard, message, direct));
  return pathVerdict(guard, message, path);
}

function pathVerdict({ service, callers, secret }: Guard, message: Message, path: string): Prediction {
  const { found, parameter } = callsAt(service, path);
  const method = message.method === "HEAD" ? "GET" : message.method;
  const call = found.find((one) => one.method === method);
  const shown = valuesOf(message, "authorization");
  const isIn = secret === undefined || (shown.length === 1 && shown[0] === secret);
  const isOpen = found.some(({ needs }) => needs === "nothing");
  const isOfRelease =
    service === "frontend" || valuesOf(message, wireVersionHeader).join(", ") === wireVersion;
  const lacks = isIn ? (isOfRelease ? undefined : "version_mismatch") : "unauthorized";
  if (lacks && !isOpen) return refused(lacks);
  // What is open to all is so by its plain address.
  if (lacks && (path.endsWith("/") || !isPlainHost(message)))
    return { ...refused(lacks, "method_not_allowed"), mayPass: true };
  if (!call) {
    if (found.length === 0) return refused("route_not_found");
    // Of a path that ends in a slash both are true.
    return path.endsWith("/")
      ? refused("method_not_allowed", "route_not_found")
      : refused("method_not_allowed");
  }
  const ask = (client: string): Prediction => callVerdict({ service, call, parameter, message, client });
  if (!callers || call.needs === "nothing") return ask("anonymous");
  const key = shown.length === 1 ? (shown[0] ?? "").replace(/^bearer /i, "Bearer ") : "";
  const caller = callers.get(key);
  if (!caller) return refused("unauthorized");
  const verdict =
    call.needs === "trader" && caller.role === "reader" ? refused("forbidden") : ask(caller.client);
  return caller.isFast ? or(verdict, "rate_limited") : verdict;
}

/** The path of a target as it came, and with its `.` and `..` followed, as addresses have it. */
function pathsOf(target: string): { path: string; direct: string } {
  const origin = /^https?:\/\/[^/?#]*/i.exec(target)?.[0] ?? "";
  const path = target.slice(origin.length).split("?", 1)[0] ?? "";
  const kept: string[] = [];
  const parts = path.replaceAll("\\", "/").split("/").slice(1);
  for (const [index, part] of parts.entries()) {
    const plain = part.replace(/%2e/gi, ".");
    if (plain === "..") kept.pop();
    if (plain !== "." && plain !== "..") kept.push(part);
    else if (index === parts.length - 1) kept.push("");
  }
  return { path, direct: `/${kept.join("/")}` };
}

function anyOf(one: Prediction, other: Prediction): Prediction {
  const carrying = one.items.length > 0 ? one : other;
  const reasons = [...one.reasons, ...other.reasons, "invalid_request", "method_not_allowed"];
  return { ...carrying, mayPass: one.mayPass || other.mayPass, reasons };
}

function refused(...reasons: string[]): Prediction {
  return { reasons, mayPass: false, answer: "other", items: [] };
}

function or(prediction: Prediction, ...reasons: string[]): Prediction {
  return { ...prediction, reasons: [...prediction.reasons, ...reasons] };
}

/** Behind any other the path may begin in the host: then the call is not found. */
function isPlainHost(message: Message): boolean {
  return /^[\w.:[\]-]{4,}$/.test(valuesOf(message, "host").join());
}
