import { AuditImpossible } from "../books/audit/source.ts";
import { BackupRefused } from "../books/backup/refused.ts";
import { DatabaseOpenError, MigrationError } from "../db/sqlite/errors.ts";
import { StartRefused } from "../services/runtime/process/start-refused.ts";

/** Backup and restore: wrong options and a failure have one exit code. */
export const backupExitCodes = { usage: 1, failed: 1 } as const;
export const backupRefusals = [
  BackupRefused,
  AuditImpossible,
  StartRefused,
  DatabaseOpenError,
  MigrationError,
];
