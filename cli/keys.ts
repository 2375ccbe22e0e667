import { InvalidArgumentError, Option } from "commander";

import { makeKey } from "../services/frontend/access/api-key.ts";
import {
  changeKeys,
  clientPattern,
  KeysFileError,
  rateMax,
  type ChangedFile,
  readKeys,
} from "../services/frontend/access/keys-file.ts";
import { roles, type Role } from "../services/frontend/access/roles.ts";
import { readEnv } from "../services/runtime/process/env.ts";
import { StartRefused } from "../services/runtime/process/start-refused.ts";
import { newCommand } from "./command.ts";
import type { Subcommand } from "./run.ts";

const help = {
  description: "API keys, kept as hashes in BOURSE_API_KEYS_FILE.",
  examples: [
    ["keys create --client alice --role trader", "prints the key: it is not shown again"],
    ["keys list --json", "a JSON object for each key on a line of its own"],
    ["keys revoke 0123456789ab", "by the id that `list` shows"],
  ],
  exitCodes: { 0: "done", 1: "nothing was changed: one line says why" },
} as const;

export const keys: Subcommand = {
  name: "keys",
  exitCodes: { usage: 1, failed: 1 },
  refusals: [StartRefused, KeysFileError],
  async run(args) {
    const command = newCommand("keys", help);
    command
      .command("create")
      .description("make a key; it is shown once")
      .requiredOption(
        "--client <name>",
        "whose key it is; orders belong to the client, which outlives its keys",
        readClient,
      )
      .addOption(new Option("--role <role>", "what it may do").choices(roles).makeOptionMandatory())
      .option("--rate <requests>", "requests a second that it may send", readRate, 1_000)
      .action(create);
    command
      .command("list")
      .description("all keys, without their secrets")
      .option("--json", "print a JSON object for each key on a line of its own")
      .action(list);
    command.command("revoke <id>").description("end a key; frontends notice within a second").action(revoke);
    command.parse(args, { from: "user" });
    return 0;
  },
};

function create({ client, role, rate }: { client: string; role: Role; rate: number }): void {
  const { id, key, hash } = makeKey();
  const record = { id, hash, client, role, rate, created_at: new Date().toISOString(), revoked_at: null };
  const changed = changeKeys(keysPath(), (records) => [...records, record]);
  warnOfUnreadable(changed);
  process.stderr.write(
    `key ${id} for ${client} (${role}), sent as \`Authorization: Bearer <key>\`; it is not shown again:\n`,
  );
  process.stdout.write(`${key}\n`);
}

function list({ json }: { json?: true }): void {
  for (const { hash: _hash, ...record } of readKeys(keysPath())) {
    const { id, client, role, rate, created_at, revoked_at } = record;
    const state = revoked_at ? `revoked ${revoked_at}` : "active";
    const text = `${id}  ${client}  ${role}  ${rate}/s  created ${created_at}  ${state}`;
    process.stdout.write(`${json ? JSON.stringify(record) : text}\n`);
  }
}

function revoke(id: string): void {
  const changed = changeKeys(keysPath(), (records) => {
    if (!records.some((record) => record.id === id)) throw new KeysFileError(`there is no key ${id}`);
    return records.map((record) =>
      record.id === id ? { ...record, revoked_at: record.revoked_at ?? new Date().toISOString() } : record,
    );
  });
  process.stderr.write(
    `key ${id} is revoked in ${changed.path}: a frontend that reads this file ends it within a second\n`,
  );
  warnOfUnreadable(changed);
}

/** A frontend that cannot read the file goes on with the keys that it read before. */
function warnOfUnreadable({ path, uid, mode }: ChangedFile): void {
  const isReadByOthers = (mode & 0o044) !== 0;
  if ((mode & 0o400) === 0 && !isReadByOthers)
    process.stderr.write(`warning: no user may read ${path}: a frontend does not see this change\n`);
  else if (uid === 0 && !isReadByOthers)
    process.stderr.write(
      `warning: only root can read ${path}: a frontend of another user does not see this change (chown gives it the file)\n`,
    );
}

function keysPath(): string {
  const { apiKeysFile } = readEnv();
  if (!apiKeysFile) throw new StartRefused("set BOURSE_API_KEYS_FILE to the file that holds the keys");
  return apiKeysFile;
}

function readClient(text: string): string {
  if (clientPattern.test(text)) return text;
  throw new InvalidArgumentError("must be 1 to 64 of A-Z a-z 0-9 . _ - and not `anonymous`");
}

function readRate(text: string): number {
  if (/^[1-9]\d*$/.test(text) && Number(text) <= rateMax) return Number(text);
  throw new InvalidArgumentError(`must be an integer from 1 to ${rateMax}`);
}
