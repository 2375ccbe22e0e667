import { posix } from "node:path";
import { basename, isTest, isTypeScript, violation, type Rule, type SourceFile } from "./rule.ts";
import { scan } from "./scan.ts";

/** Every file that this one names by a relative path: imports, workers, `new URL(…)`, the scripts of a page. */
function references({ path, text }: SourceFile): string[] {
  const named = isTypeScript(path)
    ? scan(text).literals.map(({ value }) => value)
    : path.endsWith(".html")
      ? [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((found) => found[1] ?? "")
      : [];
  return named.map((name) => posix.join(posix.dirname(path), name));
}

/** What package.json starts or exports: each path that ends in `.ts`. */
function packageEntries({ path, text }: SourceFile): string[] {
  return [...text.matchAll(/[\w./-]+\.tsx?\b/g)].map(([name]) => posix.join(posix.dirname(path), name));
}

/** Dead files: under services, client, db, books and cli everything is reached from an entry point. */
export const noDeadFiles: Rule = (files) => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const isEntry = (path: string) =>
    basename(path) === "main.ts" ||
    path === "services/market.ts" ||
    isTest(path) ||
    path.startsWith("scripts/");
  const queue = files.flatMap((file) =>
    basename(file.path) === "package.json" ? packageEntries(file) : isEntry(file.path) ? [file.path] : [],
  );
  const reached = new Set<string>();
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    queue.push(...references(file));
  }
  return files
    .filter(
      ({ path }) =>
        isTypeScript(path) && /^(services|client|db|books|cli)\//.test(path) && !reached.has(path),
    )
    .map(({ path }) =>
      violation(path, 1, "nothing imports this file; delete it, or import it where it is used"),
    );
};
