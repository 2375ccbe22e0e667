import { basename, serviceOf, violation, type Rule } from "./rule.ts";

const TOP_LEVEL_REQUIRED = (
  "package.json bunfig.toml services client db books README.md " +
  "ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md LICENSE docs tests"
).split(" ");

const TOP_LEVEL_OPTIONAL = (
  "compose.yaml Dockerfile bench cli testing torture scripts tsconfig.json bun.lock " +
  ".gitattributes .gitignore .dockerignore .editorconfig .oxlintrc.json .github .ci"
).split(" ");

export const topLevelIsTheDesign: Rule = (files) => {
  const entries = new Map(files.map(({ path }) => [path.split("/", 1)[0] ?? path, path]));
  const unknown = [...entries]
    .filter(([entry]) => !TOP_LEVEL_REQUIRED.includes(entry) && !TOP_LEVEL_OPTIONAL.includes(entry))
    .map(([entry, path]) =>
      violation(path, 1, `${entry} is not of the top level; put it into the folder that uses it`),
    );
  const missing = TOP_LEVEL_REQUIRED.filter((entry) => !entries.has(entry)).map((entry) =>
    violation(entry, 1, "the design's top level has it; add it, or change the design by an ADR"),
  );
  return [...unknown, ...missing];
};

const JUNK_DRAWERS = /^(?:utils?|helpers?|common|misc|lib|shared)$/;

export const noJunkDrawers: Rule = (files) =>
  files.flatMap(({ path }) => {
    const names = path.split("/").map((name) => name.replace(/(?:\.test)?\.[^.]+$/, ""));
    const drawer = names.find((name) => JUNK_DRAWERS.test(name));
    if (drawer !== undefined)
      return violation(path, 1, `"${drawer}" says nothing; name it after what it does`);
    if (/^index\.[jt]sx?$/.test(basename(path)))
      return violation(path, 1, "no index files; import from the file that defines the name");
    return [];
  });

const REQUIRED_ROOMS = ["main.ts", "app.ts", "config.ts"];

/** A service with few routes has them in routes.ts, one with many in a file for each resource. */
const hasRoutes = (files: readonly { path: string }[], service: string): boolean =>
  files.some(
    ({ path }) => path === `services/${service}/routes.ts` || path.startsWith(`services/${service}/routes/`),
  );

/** What a room is sometimes called elsewhere, and what it is called here. */
const RENAMED_ROOMS: Record<string, string> = {
  "server.ts": "main.ts and app.ts",
  "router.ts": "routes.ts",
  "controller.ts": "routes.ts",
  "controllers.ts": "routes.ts",
  "handlers.ts": "routes.ts",
  "service.ts": "rules.ts",
  "model.ts": "store.ts",
  "models.ts": "store.ts",
  "repository.ts": "store.ts",
  "clients.ts": "peers.ts",
  "types.ts": "the file that makes the values, or services/contract",
};

export const sameRoomsInEveryService: Rule = (files) => {
  const renamed = files.flatMap(({ path }) => {
    const name = RENAMED_ROOMS[basename(path)];
    return serviceOf(path) !== undefined && name !== undefined
      ? violation(path, 1, `every service has the same rooms; this belongs in ${name}`)
      : [];
  });
  const services = new Set(files.flatMap(({ path }) => serviceOf(path) ?? []));
  const missing = [...services].flatMap((service) =>
    [
      ...REQUIRED_ROOMS.map((room) => `services/${service}/${room}`).filter(
        (room) => !files.some(({ path }) => path === room),
      ),
      ...(hasRoutes(files, service) ? [] : [`services/${service}/routes.ts`]),
    ].map((room) => violation(room, 1, "every service has the same rooms; add this one")),
  );
  return [...renamed, ...missing];
};
