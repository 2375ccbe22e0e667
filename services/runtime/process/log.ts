import pino from "pino";

export type Log = pino.Logger;

/** JSON lines on stdout, one an event; line breaks inside a value are escaped, so a line stays one line. */
export function createLog(service: string): Log {
  return pino({ base: { service } }, pino.destination({ fd: 1, sync: true }));
}
