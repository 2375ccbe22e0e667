import { lstatSync, mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { workFolder } from "./work-folder.ts";

export const files = ["catalog.db", "order.db"] as const;
export type FileName = (typeof files)[number];

/** The path of the database itself: a data folder may hold links to databases on other disks. */
export function realPathOf(dataDir: string, name: FileName): string {
  const path = resolve(dataDir, name);
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  return isLink ? resolve(dirname(path), readlinkSync(path)) : path;
}

/** New databases before they are installed, each on the disk where it will be. Removed at the end of its `using` block. */
export interface Staging extends Disposable {
  /** Holds both databases, or links to them. */
  folder: string;
  at: Readonly<Record<FileName, string>>;
}

export function stage(dataDir: string): Staging {
  const work = new DisposableStack();
  const folderFor = (name: FileName): string => {
    const parent = dirname(realPathOf(dataDir, name));
    mkdirSync(parent, { recursive: true });
    return work.use(workFolder(parent, ".restoring-")).path;
  };
  try {
    const folder = folderFor("catalog.db");
    const isTogether =
      dirname(realPathOf(dataDir, "catalog.db")) === dirname(realPathOf(dataDir, "order.db"));
    const at = {
      "catalog.db": join(folder, "catalog.db"),
      "order.db": join(isTogether ? folder : folderFor("order.db"), "order.db"),
    };
    if (!isTogether) symlinkSync(at["order.db"], join(folder, "order.db"));
    return { folder, at, [Symbol.dispose]: () => work.dispose() };
  } catch (error) {
    work.dispose();
    throw error;
  }
}
