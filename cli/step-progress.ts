import type { BackupProgress } from "../books/backup/progress.ts";
import type { Progress } from "./progress.ts";

/** Shows the steps of a backup or a restoration, one at a time. */
export function stepProgress(progress: Progress): BackupProgress {
  let step = "";
  let total = 0;
  let done = 0;
  const reach = (now: number): void => {
    done = now;
    progress.update(total === 0 ? 0 : done / total, step);
  };
  return {
    begin(name, of) {
      step = name;
      total = of;
      reach(0);
    },
    add: (more) => reach(done + more),
    reach,
  };
}
