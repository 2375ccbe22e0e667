import { FileImage, sectorsOf } from "./file-image.ts";
import type { ChangeOutcome, OutcomePolicy } from "./power-cut-outcomes.ts";
import type { Step } from "./trace.ts";

/** A file from its creation on. Its name may have belonged to another file before. */
interface Inode {
  changes: Step[];
  /** Changes that were done before this step are certainly on the disk. */
  syncedFrom: number;
}

/** From this step on the name belongs to this file, or to none. */
interface Entry {
  step: Step;
  inode: Inode | undefined;
}

export interface DiskState {
  /** By name. A file that is missing here does not exist. */
  files: Map<string, Uint8Array>;
  /** Of the unsynced changes. */
  outcomes: Record<ChangeOutcome, number>;
}

/**
 * The disk after a power cut right after step `cut`. What an fsync had completed by then is there: bytes and length of
 * a file, names of the folder. For every other change, `policy` decides what is left of it.
 */
export function diskAfter(steps: readonly Step[], cut: number, policy: OutcomePolicy): DiskState {
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
    else throw new Error(`the trace changes ${step.file}, which does not exist at that step`);
  }

  const state: DiskState = { files: new Map(), outcomes: { kept: 0, dropped: 0, torn: 0 } };
  const found = new Map<string, Inode | undefined>();
  const unsynced = entries.filter(({ step }) => step.done >= folderSyncedFrom);
  const outcomeOfEntry = policy.of("", unsynced.length);
  for (const { step, inode } of entries) {
    const isKept = step.done < folderSyncedFrom || count(state, outcomeOfEntry(false)) === "kept";
    if (isKept) found.set(step.file, inode);
  }
  for (const [name, inode] of found) if (inode) state.files.set(name, imageOf(name, inode, policy, state));
  return state;
}

function imageOf(
  name: string,
  { changes, syncedFrom }: Inode,
  policy: OutcomePolicy,
  state: DiskState,
): Uint8Array {
  const image = new FileImage(Math.max(0, ...changes.map(({ at, bytes }) => at + bytes.length)));
  const outcomeOf = policy.of(name, changes.filter(({ done }) => done >= syncedFrom).length);
  for (const step of changes) {
    const { call, at, bytes, done } = step;
    if (call === "truncate") {
      if (done < syncedFrom || count(state, outcomeOf(false)) === "kept") image.truncate(at);
      continue;
    }
    if (done < syncedFrom) {
      image.write(at, bytes);
      continue;
    }
    const sectors = [...sectorsOf(at, bytes)];
    const outcome = count(state, outcomeOf(sectors.length > 1));
    if (outcome === "kept") image.write(at, bytes);
    if (outcome === "torn") for (const sector of policy.someOf(sectors)) image.write(sector.at, sector.bytes);
    if (outcome !== "kept" && policy.growsAnyway()) image.growTo(at + bytes.length);
  }
  return image.bytes;
}

function count(state: DiskState, outcome: ChangeOutcome): ChangeOutcome {
  state.outcomes[outcome] += 1;
  return outcome;
}
