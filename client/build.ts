import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Compiles the SDK (the entry file in the arguments, and all that it imports) into `dist/`, for the oldest Node that the
 * package promises: file by file as ES modules, and once more as one CommonJS file. Run by `bun pm pack`.
 */
const outDir = join(import.meta.dir, "dist");
const tsc = join(import.meta.dir, "../node_modules/typescript/bin/tsc");

// Not the repository's tsconfig: it allows Bun's types and the newest language features, and the package may use
// neither.
const flags = ["ignoreConfig", "strict", "exactOptionalPropertyTypes", "verbatimModuleSyntax", "declaration"];
const settings = {
  target: "es2022",
  lib: "es2023,dom",
  types: "",
  module: "nodenext",
  rewriteRelativeImportExtensions: "true",
  rootDir: join(import.meta.dir, "sdk"),
  outDir,
};
const options = [
  ...flags.map((flag) => `--${flag}`),
  ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
];

rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir);
const { exitCode } = Bun.spawnSync([process.execPath, tsc, ...options, ...process.argv.slice(2)], {
  cwd: import.meta.dir,
  stdout: "inherit",
  stderr: "inherit",
});
if (exitCode !== 0) process.exit(exitCode);

// tsc rewrites import paths in JavaScript only; `.ts` in a declaration is a path that the package does not have.
for (const file of new Bun.Glob("*.d.ts").scanSync(outDir)) {
  const path = join(outDir, file);
  const text = readFileSync(path, "utf8");
  const importing = (extension: string) => text.replaceAll(/(from "\.\/[\w-]+)\.ts"/g, `$1.${extension}"`);
  writeFileSync(path, importing("js"));
  writeFileSync(path.replace(/\.ts$/, ".cts"), importing("cjs"));
}

const built = await Bun.build({
  entrypoints: [join(outDir, "client.js")],
  format: "cjs",
  target: "node",
  outdir: outDir,
  naming: "[name].cjs",
});
if (!built.success) process.exit(1);
