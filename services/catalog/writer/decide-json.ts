import { TypeCompiler } from "@sinclair/typebox/compiler";

import { replyOf } from "../../contract/batch-reply.ts";
import { BatchRequest } from "../../contract/order.ts";
import { ok, rejected, type Reply } from "../../contract/reply.ts";
import type { StockState } from "../../contract/stock.ts";
import { decideBatch, type Decider, type OnUnexpected } from "./decide-batch.ts";

/** A decided batch as it is sent: the JSON of its BatchReply, and the stocks that it touched. */
export interface DecidedJson {
  json: string;
  stocks: StockState[];
}

const schema = TypeCompiler.Compile(BatchRequest);

/**
 * Decides a batch in the form in which it came over the network. Request and reply are text, because threads share text
 * but clone objects field by field. `at` is milliseconds since 1970.
 * Errors: invalid_request (the text is no BatchRequest), and those of the writer's `decide`; nothing was written.
 */
export function decideJson(
  writer: Decider,
  requestJson: string,
  at: number,
  onUnexpected: OnUnexpected,
): Reply<DecidedJson> {
  const request = parsed(requestJson);
  if (!schema.Check(request)) return rejected("invalid_request");
  const decided = decideBatch(writer, request, at, onUnexpected);
  if (!decided.ok) return decided;
  const { data } = decided;
  return ok({ json: JSON.stringify(replyOf(data)), stocks: data.stocks });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
