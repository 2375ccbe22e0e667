import { wireVersion, wireVersionHeader } from "../../services/contract/wire-version.ts";
import type { ServiceName } from "../../testing/market.ts";
import { predictAnswer } from "./call-oracle.ts";
import { callsAt } from "./contract.ts";
import { valuesOf, type Message } from "./message.ts";
import type { SentOrder } from "./orders-in.ts";

/** What a service checks before it takes a request. */
export interface Guard {
  service: ServiceName;
  /** The callers by their Authorization, where API keys are needed. */
  callers?: ReadonlyMap<string, Caller>;
  /** The Authorization between services, where one is needed. */
  secret?: string;
}

export interface Caller {
  client: string;
  role: "reader" | "trader" | "admin";
  /** Sends more requests than its rate allows. */
  exceedsRate: boolean;
}

/** The answers that are right for a message. */
export interface Prediction {
  /** Reasons with which it may be refused. */
  reasons: readonly string[];
  /** Whether it may succeed. */
  mayPass: boolean;
  /** The form of a success: for one order, for each item of a batch, for orders between services. */
  answer: "receipt" | "entries" | "outcomes" | "decisions" | "other";
  /** Its orders; undefined: an item of a batch that is not valid. */
  items: readonly (SentOrder | undefined)[];
}

/** Predicts the right answers to a well-formed request, from the documented contract alone. Pure. */
export function predict(guard: Guard, message: Message): Prediction {
  const isOpen = guard.service === "frontend" ? !guard.callers : guard.secret === undefined;
  const [host, ...otherHosts] = isOpen ? valuesOf(message, "host") : [];
  if (host !== undefined && !/^(localhost|127\.|\[)/i.test(host)) return refused("wrong_host");
  const prediction = predictAdmitted(guard, message);
  const isPlain = host === undefined || (isLoopbackHost(host) && otherHosts.length === 0);
  return isPlain ? prediction : or(prediction, "wrong_host");
}

function predictAdmitted(guard: Guard, message: Message): Prediction {
  const { headers, headBytes } = message;
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  if (guard.service === "frontend" && names.size > 100) return refused("headers_too_large");
  const prediction = predictPath(guard, message);
  const isNearLimit = headers.length > 100 || headBytes > 15_000;
  const nearLimit = isNearLimit ? or(prediction, "headers_too_large") : prediction;
  return isPlainHost(message) ? nearLimit : or(nearLimit, "route_not_found", "method_not_allowed");
}

function predictPath(guard: Guard, message: Message): Prediction {
  const { path, resolved } = pathsOf(message.target);
  // Bun routes some calls by the path as sent, and others by the path with its dots resolved.
  if (path !== resolved)
    return anyOf(predictCall(guard, message, path), predictCall(guard, message, resolved));
  return predictCall(guard, message, path);
}

function predictCall({ service, callers, secret }: Guard, message: Message, path: string): Prediction {
  const { found, parameter } = callsAt(service, path);
  const method = message.method === "HEAD" ? "GET" : message.method;
  const call = found.find((one) => one.method === method);
  const shown = valuesOf(message, "authorization");
  const hasSecret = secret === undefined || (shown.length === 1 && shown[0] === secret);
  const needsNothing = found.some(({ needs }) => needs === "nothing");
  const hasVersion =
    service === "frontend" || valuesOf(message, wireVersionHeader).join(", ") === wireVersion;
  const refusal = hasSecret ? (hasVersion ? undefined : "version_mismatch") : "unauthorized";
  if (refusal && !needsNothing) return refused(refusal);
  // A call that needs neither is only found by its plain address.
  if (refusal && (path.endsWith("/") || !isPlainHost(message)))
    return { ...refused(refusal, "method_not_allowed"), mayPass: true };
  if (!call) {
    if (found.length === 0) return refused("route_not_found");
    // With a slash at the end, either is right.
    return path.endsWith("/")
      ? refused("method_not_allowed", "route_not_found")
      : refused("method_not_allowed");
  }
  const predictFor = (client: string): Prediction =>
    predictAnswer({ service, call, parameter, message, client });
  if (!callers || call.needs === "nothing") return predictFor("anonymous");
  const key = shown.length === 1 ? (shown[0] ?? "").replace(/^bearer /i, "Bearer ") : "";
  const caller = callers.get(key);
  if (!caller) return refused("unauthorized");
  const prediction =
    call.needs === "trader" && caller.role === "reader" ? refused("forbidden") : predictFor(caller.client);
  return caller.exceedsRate ? or(prediction, "rate_limited") : prediction;
}

/** The path of a target as sent, and with its `.` and `..` resolved. */
function pathsOf(target: string): { path: string; resolved: string } {
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
  return { path, resolved: `/${kept.join("/")}` };
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

/** Without keys, or without a secret between services, a service takes calls by these names only. */
function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,4})?$/i.test(host);
}

/** With another host, Bun may take a part of the host for the path: then the call is not found. */
function isPlainHost(message: Message): boolean {
  return /^[\w.:[\]-]{4,}$/.test(valuesOf(message, "host").join());
}
