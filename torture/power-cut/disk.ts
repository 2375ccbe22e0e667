import { FileImage, sectorsOf } from "./file-image.ts";
import type { Fate, Fates } from "./fates.ts";
import type { Step } from "./trace.ts";

/** A file from its creation on: under its name there may have been another before. */
interface Inode {
  changes: Step[];
  /** Changes that were done before this moment are on the disk for good. */
  syncedFrom: number;
}

/** From this step on the name stands for this file, or for none. */
interface Entry {
  step: Step;
  inode: Inode | undefined;
}

export interface DiskState {
  /** By name; what is missing does not exist. */
  files: Map<string, Uint8Array>;
  /** What became of the unsynced changes. */
  fates: Record<Fate, number>;
}

/**
 * The disk that a power cut right after moment `cut` leaves. What an fsync had acknowledged by then is there: of a file
 * its bytes and its length, of the folder its names. Of everything else `fates` says, change by change, what is left.
 */
export function diskAfter(steps: readonly Step[], cut: number, fates: Fates): DiskState {
  const names = new Map<string, Inode>();
  const entries: Entry[] = [];
  let folderSyncedFrom = 0;
  for (const step of steps) {
    if (step.done > cut) break;
    const inode = names.get(step.file);
    if (step.call === "create") {
      const created = { changes: [], syncedFrom: 0 };
      names.set(step.file, created);
      entries.push({ step, inode: created });
    } else if (step.call === "unlink") {
      names.delete(step.file);
      entries.push({ step, inode: undefined });
    } else if (step.call === "sync folder") folderSyncedFrom = Math.max(folderSyncedFrom, step.begun);
    else if (step.call === "sync") {
      if (inode) inode.syncedFrom = Math.max(inode.syncedFrom, step.begun);
    } else if (inode) inode.changes.push(step);
    else throw new Error(`the trace has a change of ${step.file}, which it does not have`);
  }

  const state: DiskState = { files: new Map(), fates: { kept: 0, dropped: 0, torn: 0 } };
  const found = new Map<string, Inode | undefined>();
  const unsynced = entries.filter(({ step }) => step.done >= folderSyncedFrom);
  const fateOfEntry = fates.of("", unsynced.length);
  for (const { step, inode } of entries) {
    const isKept = step.done < folderSyncedFrom || count(state, fateOfEntry(false)) === "kept";
    if (isKept) found.set(step.file, inode);
  }
  for (const [name, inode] of found) if (inode) state.files.set(name, imageOf(name, inode, fates, state));
  return state;
}

function imageOf(name: string, { changes, syncedFrom }: Inode, fates: Fates, state: DiskState): Uint8Array {
  const image = new FileImage(Math.max(0, ...changes.map(({ at, bytes }) => at + bytes.length)));
  const fateOf = fates.of(name, changes.filter(({ done }) => done >= syncedFrom).length);
  for (const step of changes) {
    const { call, at, bytes, done } = step;
    if (call === "truncate") {
      if (done < syncedFrom || count(state, fateOf(false)) === "kept") image.cutTo(at);
      continue;
    }
    if (done < syncedFrom) {
      image.write(at, bytes);
      continue;
    }
    const sectors = [...sectorsOf(at, bytes)];
    const fate = count(state, fateOf(sectors.length > 1));
    if (fate === "kept") image.write(at, bytes);
    if (fate === "torn") for (const sector of fates.someOf(sectors)) image.write(sector.at, sector.bytes);
    if (fate !== "kept" && fates.growsAnyway()) image.growTo(at + bytes.length);
  }
  return image.bytes;
}

function count(state: DiskState, fate: Fate): Fate {
  state.fates[fate] += 1;
  return fate;
}
