import { join } from "node:path";
import type { SourceFile } from "./rule.ts";

const ROOT = join(import.meta.dir, "../..");

/** Every text file of the working tree that git tracks or would track. Throws outside a git clone. */
export async function readTree(): Promise<SourceFile[]> {
  const git = Bun.spawnSync(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
  });
  if (!git.success)
    throw new Error(
      `the repo rules read the list of files from git, in a clone: ${git.stderr.toString().trim()}`,
    );
  const paths = [...new Set(git.stdout.toString().split("\0"))].filter((path) => path !== "").sort();
  const files = await Promise.all(
    paths.map(async (path) => {
      const file = Bun.file(join(ROOT, path));
      // A deleted file stays in git's list until the deletion is staged.
      return (await file.exists()) ? { path, text: await file.text() } : undefined;
    }),
  );
  return files.filter((file) => file !== undefined && !file.text.includes("\0")) as SourceFile[];
}
