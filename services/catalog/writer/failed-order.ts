import type { Order } from "../../contract/order.ts";
import type { Log } from "../../runtime/process/log.ts";

/**
 * An order that could not be decided because of an error that no rule foresees, and that was answered internal_error.
 * Plain values: an Error loses its class and its code on the way between threads.
 */
export interface FailedOrder {
  request_id: string;
  client: string;
  error: { name: string; message: string; stack: string | undefined };
}

export type OnFailedOrder = (failed: FailedOrder) => void;

export function failedOrderOf(error: unknown, { request_id, client }: Order): FailedOrder {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { request_id, client, error: { name, message, stack } };
}

/** Logs each failed order as one line. */
export function failedOrderLog(log: Log): OnFailedOrder {
  return ({ error, ...order }) => {
    // The log takes the error's type from its constructor; a value without one keeps its name.
    const err: unknown = Object.assign(Object.create(null), error);
    log.error({ ...order, err }, "an order could not be decided");
  };
}
