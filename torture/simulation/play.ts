import type { Disk } from "./disk.ts";
import { runSchedule, type ScheduleReport } from "./schedule.ts";

/** Runs one schedule between two turns of the event loop, and adds the rejections that nobody handled to its faults. */
export async function playSchedule(
  seed: number,
  disk: Disk,
  onLine?: (line: string) => void,
): Promise<ScheduleReport> {
  const unhandled: string[] = [];
  const note = (error: unknown): void => {
    unhandled.push(`a service would have ended by itself: ${String(error)}`);
  };
  process.on("unhandledRejection", note);
  try {
    const report = await new Promise<ScheduleReport>((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(runSchedule(seed, disk, onLine));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    await new Promise((resolve) => setImmediate(resolve));
    return { ...report, faults: [...unhandled, ...report.faults] };
  } finally {
    process.off("unhandledRejection", note);
  }
}
