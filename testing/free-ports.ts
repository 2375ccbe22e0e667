/**
 * Ports that nobody listens on, below those that the system gives to outgoing connections: an outgoing connection
 * could take the port of a service that is down for a moment. Not drawn from a seed: two runs of one seed may go on
 * at the same time.
 */
export function freePorts(count: number): number[] {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
