import { basename, violation, violationAt, type Rule } from "./rule.ts";

// An exact version, also under another name, or the package of this repository's own workspace.
const EXACT = /^(?:workspace:\*|(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?)$/;

export const exactVersions: Rule = (files) =>
  files
    .filter(({ path }) => basename(path) === "package.json")
    .flatMap((file) => {
      const manifest = JSON.parse(file.text) as Record<string, Record<string, string> | undefined>;
      return ["dependencies", "devDependencies", "optionalDependencies"]
        .flatMap((field) => Object.entries(manifest[field] ?? {}))
        .filter(([, version]) => !EXACT.test(version))
        .map(([name, version]) =>
          violationAt(file, file.text.indexOf(`"${name}"`), `${name} is "${version}"; pin the exact version`),
        );
    });

export const oneTsconfig: Rule = (files) => {
  const tsconfigs = files.filter(({ path }) => /^(?:ts|js)config[^/]*\.json$/.test(basename(path)));
  const extra = tsconfigs
    .filter(({ path }) => path !== "tsconfig.json")
    .map(({ path }) => violation(path, 1, "one tsconfig.json, at the root; delete this one"));
  return tsconfigs.some(({ path }) => path === "tsconfig.json")
    ? extra
    : [...extra, violation("tsconfig.json", 1, "the root has the one tsconfig.json; add it")];
};

export const noPathAliases: Rule = (files) =>
  files.flatMap((file) => {
    const name = basename(file.path);
    const alias = name.startsWith("tsconfig")
      ? /"(?:paths|baseUrl|rootDirs)"\s*:/.exec(file.text)
      : name === "package.json"
        ? /"imports"\s*:/.exec(file.text)
        : null;
    return alias === null ? [] : violationAt(file, alias.index, "no path aliases; imports are relative");
  });

// Users that exist in published container images are no one's machine.
const MACHINE_PATH = /(?<![\w.$~-])\/(?:work|root|Users\/[\w.-]+|home\/(?!(?:bun|node)\/)[\w.-]+)\//g;

export const noMachinePaths: Rule = (files) =>
  files.flatMap((file) =>
    [...file.text.matchAll(MACHINE_PATH)].map(({ index }) =>
      violationAt(file, index, "the path of one machine; make it relative to the repository, or a setting"),
    ),
  );

export const noRegistryHosts: Rule = (files) =>
  files
    .filter(({ path }) => ["bun.lock", ".npmrc", "package-lock.json"].includes(basename(path)))
    .flatMap((file) =>
      [...file.text.matchAll(/https?:\/\//g)].map(({ index }) =>
        violationAt(
          file,
          index,
          "the host of a registry; the lockfile names versions, the machine its registry",
        ),
      ),
    );
