import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { DCLinter } from "dclint";

import manifest from "../package.json";
import { temporaryFolder } from "../testing/temporary-folder.ts";

/** What compose.yaml, the Dockerfile and docs/deploy.md promise, without an engine; scripts/container-smoke has one. */
const root = join(import.meta.dir, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface ComposeService {
  image: string;
  command: string;
  env_file: string;
  environment: Record<string, string>;
  volumes: string[];
  networks: string[];
  ports?: string[];
  profiles?: string[];
  restart?: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}

const compose = Bun.YAML.parse(read("compose.yaml")) as {
  services: Record<"catalog" | "order" | "frontend" | "tools", ComposeService>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean } | null>;
};
const { catalog, order, frontend, tools } = compose.services;
const entries = Object.entries(compose.services);

describe("compose.yaml", () => {
  test("is true to the compose specification's schema, and the check catches what is not", () => {
    using folder = temporaryFolder();
    const broken = join(folder.path, "compose.yaml");
    writeFileSync(broken, read("compose.yaml").replace("mem_limit:", "memory_limit:"));
    expect(schemaProblems(join(root, "compose.yaml"))).toEqual([]);
    expect(schemaProblems(broken)).toHaveLength(1);
  });

  test("has nothing that compose 1.29 refuses", () => {
    expect(Object.keys(compose)).not.toContain("name");
    const conditions = entries.flatMap(([, { depends_on = {} }]) => Object.values(depends_on));
    for (const condition of conditions) expect(Object.keys(condition)).toEqual(["condition"]);
    expect(read("compose.yaml")).not.toMatch(/start_interval|required:|!reset|!override/);
  });

  test("starts three services, each when the one before is healthy", () => {
    expect(entries.filter(([, { profiles }]) => !profiles).map(([name]) => name)).toEqual([
      "catalog",
      "order",
      "frontend",
    ]);
    expect(catalog.depends_on).toBeUndefined();
    expect(order.depends_on).toEqual({ catalog: { condition: "service_healthy" } });
    expect(frontend.depends_on).toEqual({ order: { condition: "service_healthy" } });
    for (const service of [catalog, order, frontend]) {
      expect(service.healthcheck?.test.join(" ")).toContain("/readyz");
      expect(service.restart).toMatch(/^on-failure:\d$/);
    }
  });

  test("publishes the frontend alone, on loopback unless told otherwise", () => {
    expect(entries.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(["frontend"]);
    expect(frontend.ports).toEqual(["${BOURSE_PUBLISH:-127.0.0.1:8080}:8080"]);
    for (const service of [catalog, order, tools]) expect(service.networks).toEqual(["inside"]);
    expect(compose.networks["inside"]).toEqual({ internal: true });
  });

  test.each(entries)("gives %s no right that it does not need", (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      init: true,
      mem_limit: expect.stringMatching(/^\d+m$/),
      pids_limit: expect.any(Number),
      stop_grace_period: "15s",
      logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "5" } },
    });
    expect(service).not.toContainAnyKeys(["privileged", "user", "cap_add", "network_mode", "pid"]);
  });

  test("keeps each database on a volume of its own, and the keys where the frontend cannot write them", () => {
    expect(catalog.volumes).toEqual(["catalog-data:/data"]);
    expect(order.volumes).toEqual(["order-data:/data"]);
    expect(frontend.volumes).toEqual(["keys:/keys:ro"]);
    const named = entries.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(":", 1)[0]));
    expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)));
  });

  test("runs the image of this version, and holds no secret", () => {
    for (const [, { image, env_file, environment }] of entries) {
      expect(image).toBe(`bourse:\${BOURSE_TAG:-${manifest.version}}`);
      expect(env_file).toBe(".secrets/service.env");
      expect(Object.keys(environment)).not.toContain("BOURSE_SERVICE_SECRET");
    }
    expect(read(".gitignore").split("\n")).toContain(".secrets/");
    expect(read(".dockerignore").split("\n")).toContain("*");
    expect(read(".dockerignore")).not.toMatch(/^!.*(secrets|data|git)/m);
  });
});

describe("the Dockerfile", () => {
  const lines = read("Dockerfile").split("\n");
  const bases = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);

  test("starts from the Bun that checks this project, pinned", () => {
    const version = /^bun_version=(.+)$/m.exec(read(".ci/run"))?.[1];
    expect(new Set(bases)).toEqual(new Set([`oven/bun:${version}-slim`]));
  });

  test("runs as a user without rights, and pulls no image but the base", () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
    expect(last.filter((line) => line.startsWith("USER "))).toEqual(["USER 1000:1000"]);
    expect(read("Dockerfile")).not.toMatch(/syntax=|ADD |latest|SECRET|_KEY/);
  });

  test("installs what the lockfile says, without what only a build or a check needs", () => {
    expect(read("Dockerfile")).toContain("bun install --frozen-lockfile --production");
    const copied = last("COPY ").flatMap((line) =>
      line
        .replace(/^COPY (--from=\S+ )?/, "")
        .split(" ")
        .slice(0, -1),
    );
    expect(copied.toSorted()).toEqual([
      "/home/bun/app/node_modules",
      "LICENSE",
      "books",
      "cli",
      "db",
      "package.json",
      "services",
    ]);
  });

  function last(instruction: string): string[] {
    return lines
      .slice(lines.findLastIndex((line) => line.startsWith("FROM ")))
      .filter((line) => line.startsWith(instruction));
  }
});

describe("docs/deploy.md", () => {
  const doc = read("docs/deploy.md");
  const smoke = read("scripts/container-smoke");
  const marks = [...doc.matchAll(/^<!-- smoke: (\w+) -->$/gm)].map(([, mark = ""]) => mark);

  test("has each of its commands run by the smoke script", () => {
    const shellBlocks = [...doc.matchAll(/^```sh$/gm)].length;
    const markedBlocks = [...doc.matchAll(/^<!-- smoke: \w+ -->\n\n```sh$/gm)].length;
    expect(markedBlocks).toBe(shellBlocks);
    expect(new Set(marks).size).toBe(marks.length);
    const run = [...smoke.matchAll(/run_documented (\w+)/g)].map(([, mark = ""]) => mark);
    expect(new Set(run)).toEqual(new Set(marks));
  });

  test("names only commands that there are", () => {
    const commands = [...doc.matchAll(/(?:run --rm tools|bun run) ([a-z:]+)/g)].map(([, name = ""]) => name);
    expect(commands).not.toBeEmpty();
    expect<object>(manifest.scripts).toContainKeys([...new Set(commands)]);
  });

  test("tells the defaults that compose.yaml has", () => {
    const defaults = [...read("compose.yaml").matchAll(/\$\{(\w+):-([^}]+)\}/g)];
    expect(defaults).not.toBeEmpty();
    for (const [, name, value] of defaults)
      expect(doc).toMatch(new RegExp(`^\\| \`${name}\` +\\| \`${value}\` +\\|`, "m"));
  });
});

function schemaProblems(path: string): string[] {
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  return linter
    .lintFiles([path], false)
    .flatMap(({ messages }) => messages)
    .filter(({ rule }) => rule === "invalid-schema")
    .map(({ message }) => message);
}
