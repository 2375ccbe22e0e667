import { Command, InvalidArgumentError, Option } from "commander";

import { readEnv } from "../../runtime/process/env.ts";
import { ExitCode } from "../../runtime/process/exit-codes.ts";
import { StartRefused } from "../../runtime/process/start-refused.ts";
import { makeKey } from "./api-key.ts";
import { changeKeys, clientPattern, KeysFileError, rateMax, readKeys } from "./keys-file.ts";
import { roles, type Role } from "./roles.ts";

/** `bun run keys`: makes, lists and revokes API keys in BOURSE_API_KEYS_FILE. */
const program = new Command("keys").description("API keys, kept as hashes in BOURSE_API_KEYS_FILE");

program
  .command("create")
  .description("make a key; it is shown once")
  .requiredOption(
    "--client <name>",
    "whom it speaks for; orders belong to the client, which outlives its keys",
    readClient,
  )
  .addOption(new Option("--role <role>", "what it may do").choices(roles).makeOptionMandatory())
  .option("--rate <requests>", "requests a second it may keep up", readRate, 1_000)
  .action(({ client, role, rate }: { client: string; role: Role; rate: number }) => {
    const { id, key, hash } = makeKey();
    const record = { id, hash, client, role, rate, created_at: new Date().toISOString(), revoked_at: null };
    changeKeys(keysPath(), (keys) => [...keys, record]);
    process.stderr.write(`key ${id} for ${client} (${role}); it is not shown again:\n`);
    process.stdout.write(`${key}\n`);
  });

program
  .command("list")
  .description("all keys, without their secrets")
  .action(() => {
    for (const { id, client, role, rate, created_at, revoked_at } of readKeys(keysPath())) {
      const state = revoked_at ? `revoked ${revoked_at}` : "active";
      process.stdout.write(`${id}  ${client}  ${role}  ${rate}/s  created ${created_at}  ${state}\n`);
    }
  });

program
  .command("revoke <id>")
  .description("end a key; frontends notice within a second")
  .action((id: string) => {
    changeKeys(keysPath(), (keys) => {
      if (!keys.some((key) => key.id === id)) throw new KeysFileError(`there is no key ${id}`);
      return keys.map((key) =>
        key.id === id ? { ...key, revoked_at: key.revoked_at ?? new Date().toISOString() } : key,
      );
    });
    process.stderr.write(`key ${id} is revoked\n`);
  });

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

try {
  program.parse();
} catch (error) {
  if (!(error instanceof StartRefused || error instanceof KeysFileError)) throw error;
  process.stderr.write(`keys: ${error.message}\n`);
  process.exit(ExitCode.refused);
}
