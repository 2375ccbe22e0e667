import pino from "pino";

export type Log = pino.Logger;

/** One JSON line on standard output for each event; line breaks in values are escaped. */
export function createLog(service: string): Log {
  return pino({ base: { service } }, pino.destination({ fd: 1, sync: true }));
}
