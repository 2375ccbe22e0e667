import type { Disk } from "./disk.ts";
import { simulate, type ScheduleReport } from "./simulate.ts";

/** Runs one schedule between two turns of the event loop, and adds unhandled rejections to its violations. */
export async function runSchedule(
  seed: number,
  disk: Disk,
  onLine?: (line: string) => void,
): Promise<ScheduleReport> {
  const unhandled: string[] = [];
  const note = (error: unknown): void => {
    unhandled.push(`an unhandled rejection, which ends a service: ${String(error)}`);
  };
  process.on("unhandledRejection", note);
  try {
    const report = await new Promise<ScheduleReport>((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(simulate(seed, disk, onLine));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    await new Promise((resolve) => setImmediate(resolve));
    return { ...report, violations: [...unhandled, ...report.violations] };
  } finally {
    process.off("unhandledRejection", note);
  }
}
