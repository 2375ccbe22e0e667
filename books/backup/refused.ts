/** A backup or a restoration that was not carried out; nothing was changed. The message is one line for people. */
export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
}
