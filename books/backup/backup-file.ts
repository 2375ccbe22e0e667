import { createHash } from "node:crypto";
import { open, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

import { privateFileMode } from "../../db/sqlite/private-file.ts";
import { format, parseManifest, type Manifest } from "./manifest.ts";
import { BackupRefused } from "./refused.ts";

/** Called with the number of bytes that were read or written since the last call. */
export type OnBytes = (bytes: number) => void;

type PartName = Manifest["parts"][number]["name"];

const chunkBytes = 2 ** 20;
const maxHeadBytes = 2 ** 16;
const magic = "bourse-backup ";

/**
 * Writes a backup: one line `bourse-backup FORMAT BYTES SHA256` about the manifest, the manifest as one line of JSON,
 * then the bytes of the parts, and nothing after them. It is on the disk when this resolves.
 */
export async function packBackup(
  path: string,
  manifest: Manifest,
  folder: string,
  onBytes: OnBytes,
): Promise<void> {
  const text = `${JSON.stringify(manifest)}\n`;
  const line = `bourse-backup ${format} ${Buffer.byteLength(text)} ${sha256(text)}\n`;
  await using file = await open(path, "wx", 0o600);
  await file.writeFile(line + text);
  for (const { name } of manifest.parts) {
    await using part = await open(join(folder, name));
    for await (const chunk of chunksOf(part, 0, (await part.stat()).size)) {
      await writeWhole(file, chunk);
      onBytes(chunk.length);
    }
  }
  await file.sync();
}

/** The bytes of a file and their SHA-256, in hex. */
export async function digestOf(path: string, onBytes: OnBytes): Promise<{ bytes: number; sha256: string }> {
  await using file = await open(path);
  const { size } = await file.stat();
  const hash = createHash("sha256");
  for await (const chunk of chunksOf(file, 0, size)) {
    hash.update(chunk);
    onBytes(chunk.length);
  }
  return { bytes: size, sha256: hash.digest("hex") };
}

/** Whether a file begins as a backup of any format, damaged or not. */
export async function isBackup(path: string): Promise<boolean> {
  await using file = await open(path);
  return (await readUpTo(file, 0, magic.length)).toString("latin1") === magic;
}

/** An existing backup. Each of its bytes is covered by a checksum or fixed by the format. */
export class BackupFile implements AsyncDisposable {
  readonly manifest: Manifest;
  readonly #file: FileHandle;
  readonly #partsAt: number;

  private constructor(file: FileHandle, manifest: Manifest, partsAt: number) {
    this.#file = file;
    this.manifest = manifest;
    this.#partsAt = partsAt;
  }

  /** Throws BackupRefused for a file that is no backup, of another format, incomplete, or with a damaged manifest. */
  static async open(path: string): Promise<BackupFile> {
    const file = await openExisting(path);
    try {
      const { manifest, partsAt } = await readHead(file);
      const { size } = await file.stat();
      const due = manifest.parts.reduce((sum, { bytes }) => sum + bytes, partsAt);
      if (size !== due)
        throw new BackupRefused(`the backup is damaged: it has ${size} bytes instead of ${due}`);
      return new BackupFile(file, manifest, partsAt);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get partBytes(): number {
    return this.manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Reads all parts. Throws BackupRefused when a part is not the one that the manifest describes. */
  async verify(onBytes: OnBytes): Promise<void> {
    await this.#eachPart(async (_name, chunks) => {
      for await (const chunk of chunks) onBytes(chunk.length);
    });
  }

  /** Writes each part to `pathOf` its name. Throws BackupRefused when a part is not the one in the manifest. */
  async extract(pathOf: (name: PartName) => string, onBytes: OnBytes): Promise<void> {
    await this.#eachPart(async (name, chunks) => {
      await using part = await open(pathOf(name), "wx", privateFileMode);
      for await (const chunk of chunks) {
        await writeWhole(part, chunk);
        onBytes(chunk.length);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  async #eachPart(use: (name: PartName, chunks: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void> {
    let at = this.#partsAt;
    for (const { name, bytes, sha256: due } of this.manifest.parts) {
      const hash = createHash("sha256");
      await use(name, hashed(chunksOf(this.#file, at, bytes), hash));
      if (hash.digest("hex") !== due)
        throw new BackupRefused(`the backup is damaged: the checksum of ${name} is wrong`);
      at += bytes;
    }
  }
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function readHead(file: FileHandle): Promise<{ manifest: Manifest; partsAt: number }> {
  const start = await readUpTo(file, 0, maxHeadBytes);
  const line = /^bourse-backup (\d{1,6}) (\d{1,6}) ([0-9a-f]{64})\n/.exec(start.toString("latin1"));
  if (!line) throw new BackupRefused("this is no backup of Bourse, or a damaged one");
  const [head, version, bytes, due] = line;
  if (Number(version) !== format)
    throw new BackupRefused(
      `the backup is of format ${version}, this Bourse knows format ${format}: it is of a newer Bourse, or damaged`,
    );
  const partsAt = head.length + Number(bytes);
  const manifest = start.subarray(head.length, partsAt);
  if (sha256(manifest) !== due)
    throw new BackupRefused("the backup is damaged: the checksum of its manifest is wrong");
  return { manifest: parseManifest(manifest.toString("utf8")), partsAt };
}

async function openExisting(path: string): Promise<FileHandle> {
  try {
    if ((await stat(path)).isFile()) return await open(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BackupRefused(`the backup cannot be opened: ${why}`, { cause });
  }
  throw new BackupRefused(`the backup cannot be opened: ${path} is no file`);
}

async function* chunksOf(file: FileHandle, from: number, bytes: number): AsyncGenerator<Uint8Array> {
  const end = from + bytes;
  for (let at = from; at < end;) {
    const chunk = await readUpTo(file, at, Math.min(chunkBytes, end - at));
    if (chunk.length === 0) throw new BackupRefused("the backup is damaged: it ends too early");
    yield chunk;
    at += chunk.length;
  }
}

async function readUpTo(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, at);
  return buffer.subarray(0, bytesRead);
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;)
    done += (await file.write(chunk, done, chunk.length - done)).bytesWritten;
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
