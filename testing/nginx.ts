import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { freePorts } from "./free-ports.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

/** The nginx of this machine (Debian: `nginx-light`); undefined where there is none. */
export const nginxPath = Bun.which("nginx", { PATH: `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin` });

/** A real nginx with the block that docs/deploy.md prints, on a free port without TLS, before `upstream` (`host:port`). */
export async function startNginx(upstream: string) {
  const folder = temporaryFolder();
  const [port = 0] = freePorts(1);
  const file = join(folder.path, "nginx.conf");
  writeFileSync(file, configuration(port, upstream));
  const process = Bun.spawn([nginxPath ?? "nginx", "-p", folder.path, "-c", file, "-e", "stderr"], {
    stdout: "inherit",
    stderr: "inherit",
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/healthz`)).status > 0, 10_000, "nginx answers");
  return {
    url,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.exited;
      folder[Symbol.dispose]();
    },
  };
}

/** Without its TLS lines, which need a certificate, and with addresses of this test. */
function configuration(port: number, upstream: string): string {
  const page = readFileSync(join(import.meta.dir, "../docs/deploy.md"), "utf8");
  const printed = /```nginx\n([^`]*)```/.exec(page)?.[1] ?? "";
  const block = printed
    .replace(/^ *ssl_certificate.*\n/gm, "")
    .replace("listen 443 ssl", `listen 127.0.0.1:${port}`)
    .replaceAll("127.0.0.1:8080", upstream);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${name};`,
  );
  return `daemon off;
master_process off;
pid nginx.pid;
error_log stderr emerg;
events {}
http {
access_log off;
${paths.join("\n")}
${block}}
`;
}
