import type { ServiceName } from "../../testing/market.ts";
import type { Answer } from "./connection.ts";
import { statusOfInternalReason, statusOfReason } from "./contract.ts";

/** A text in many requests. It must not come back in a refusal. */
export const marker = "Zq9xMark";

const internals =
  /node_modules|\.ts\b|sqlite|typebox|elysia|select |insert |\berror:|\n\s+at |\/tmp\/|0x[0-9a-f]{8}/i;

/** Statuses with which Bun's parser answers, before any code of the services runs. */
const parserStatuses = [400, 413, 431, 505];

export function isFromBunsParser({ status, body }: Answer): boolean {
  return parserStatuses.includes(status) && body === "";
}

/** The reason of a refusal; undefined for a success, and for a refusal that is not in the API's form. */
export function reasonOf({ status, body }: Pick<Answer, "status" | "body">): string | undefined {
  const error = status < 400 ? undefined : errorIn(body);
  return typeof error?.["reason"] === "string" ? error["reason"] : undefined;
}

function errorIn(body: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const error =
      typeof parsed === "object" && parsed !== null && "error" in parsed ? parsed.error : undefined;
    const isAlone = Object.keys(parsed ?? {}).join() === "error";
    return isAlone && typeof error === "object" && error !== null ? { ...error } : undefined;
  } catch {
    return undefined;
  }
}

/** Violations in the form of an answer, a sentence each. */
export function formViolations(service: ServiceName, answer: Answer, isHead: boolean): string[] {
  const { status, headers, body } = answer;
  const violations: string[] = [];
  const expect = (isSo: boolean, otherwise: string): void => void (isSo || violations.push(otherwise));
  expect(status >= 200 && status < 600, `the status is ${status}`);
  expect(
    ![...headers.keys()].some((name) => /^access-control|^set-cookie/.test(name)),
    "another site is let in",
  );
  if (service === "frontend") {
    expect(headers.get("cache-control") === "no-store", "the answer may be stored");
    expect(headers.get("x-content-type-options") === "nosniff", "the answer may be sniffed");
  }
  if (isHead || status < 400) return violations;
  expect(headers.get("content-type")?.startsWith("application/json") === true, "a refusal is no JSON");
  expect(!internals.test(body), "a refusal shows what is inside");
  expect(!body.includes(marker), "a refusal quotes what was sent");
  return [...violations, ...errorViolations(service, status, body)];
}

function errorViolations(service: ServiceName, status: number, body: string): string[] {
  const error = errorIn(body);
  if (!error) return ["a refusal is not in the API's form"];
  const { code, message, reason } = error;
  const known = service === "frontend" ? statusOfReason : { ...statusOfReason, ...statusOfInternalReason };
  const violations: string[] = [];
  if (Object.keys(error).toSorted().join() !== "code,message,reason")
    violations.push("a refusal has other fields");
  if (code !== status) violations.push(`a refusal's code is ${String(code)}, its status ${status}`);
  if (typeof message !== "string" || message === "") violations.push("a refusal has no message");
  if (known[String(reason)] !== status) violations.push(`${String(reason)} is no reason of a ${status}`);
  return violations;
}
