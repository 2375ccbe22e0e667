/** A backup or a restoration that was not carried out; nothing has changed. The message is one line for people. */
export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
}
