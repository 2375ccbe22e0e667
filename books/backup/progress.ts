/** Follows a backup or a restoration, one step at a time. */
export interface BackupProgress {
  /** `total` is in the unit of `add` and `reach`: bytes or rows. */
  begin(step: string, total: number): void;
  /** `done` more since the last call. */
  add(done: number): void;
  /** `done` since the step began. */
  reach(done: number): void;
}

/** Shows nothing. */
export const silent: BackupProgress = { begin() {}, add() {}, reach() {} };
