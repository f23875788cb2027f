/**
 * The directory of an authority: `ca.crt`, with the revocation list behind the certificate, is for
 * everyone; `ca.key` and `index.json` stay here, beside the certificates and keys that were issued.
 * Whoever changes something holds the lock, and each file is replaced whole or not at all.
 */

import { EXIT, ExitError, UsageError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import { exists, openLocked } from "../locked_file.ts";
import { refuseSharedFile } from "../private_file.ts";
import type { World } from "../world.ts";
import { fileNameOf } from "./names.ts";
import { type Index, MAX_INDEX_BYTES, readIndex } from "./record.ts";

/** Bytes of a file of certificates or keys. */
export const MAX_PEM_BYTES = 16 << 20;
const PRIVATE_FOLDER = 0o700;
const OTHERS = 0o077;

/** The paths of an authority's files. */
export class AuthorityDirectory {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder.replace(/(?<=.)\/+$/, "");
  }

  get certificate(): string {
    return this.path("ca.crt");
  }

  get key(): string {
    return this.path("ca.key");
  }

  get index(): string {
    return this.path("index.json");
  }

  certificateOf(name: string): string {
    return this.path(`${fileNameOf(name)}.crt`);
  }

  keyOf(name: string): string {
    return this.path(`${fileNameOf(name)}.key`);
  }

  /** Makes the directory of mode 0700, or takes an empty one, or one that others cannot enter. */
  async make(): Promise<void> {
    try {
      await Deno.mkdir(this.folder, { recursive: true, mode: PRIVATE_FOLDER });
      const { mode } = await Deno.stat(this.folder);
      if (mode === null || (mode & OTHERS) === 0) return;
      if (await isEmpty(this.folder)) return await Deno.chmod(this.folder, PRIVATE_FOLDER);
    } catch (error) {
      throw failure(`cannot make the directory ${this.folder}`, error);
    }
    throw new ExitError(
      EXIT.world,
      `others have access to ${this.folder}, and it is not empty: chmod 700 it, or take another`,
    );
  }

  /** Does some work as the only process that changes the directory. */
  async alone<T>(world: World, work: () => Promise<T>): Promise<T> {
    let lock: Deno.FsFile;
    try {
      lock = await openLocked(this.path("lock"), world);
    } catch (error) {
      throw failure(`cannot lock ${this.folder}`, error);
    }
    using _lock = lock;
    return await work();
  }

  /**
   * What has been issued.
   *
   * @throws {ExitError} exit 1 if there is no authority.
   */
  async readIndex(world: World): Promise<Index> {
    if (!await this.hasFile(this.index)) {
      throw new ExitError(
        EXIT.world,
        `there is no certificate authority in ${this.folder}; rserpool certs init makes one`,
      );
    }
    return readIndex(await readText(world, this.index, MAX_INDEX_BYTES), this.index);
  }

  /** The authority's key and certificate, as their files have them. */
  async readAuthority(world: World): Promise<{ certificate: NamedText; key: NamedText }> {
    const access = await world.fileAccess(this.key).catch((error) => {
      throw new UsageError(`cannot read ${this.key}: ${reasonOf(error)}`);
    });
    refuseSharedFile(this.key, access);
    const [certificate, key] = await Promise.all(
      [this.certificate, this.key].map(async (path) => ({
        path,
        text: await readText(world, path, MAX_PEM_BYTES),
      })),
    );
    return { certificate: certificate!, key: key! };
  }

  /** The first of some files that is there. */
  async firstThere(paths: readonly string[]): Promise<string | undefined> {
    for (const path of paths) if (await this.hasFile(path)) return path;
    return undefined;
  }

  private async hasFile(path: string): Promise<boolean> {
    try {
      return await exists(path);
    } catch (error) {
      throw failure(`cannot look into ${this.folder}`, error);
    }
  }

  private path(file: string): string {
    return `${this.folder}/${file}`;
  }
}

/** The text of a file, and where it is from. */
export interface NamedText {
  readonly path: string;
  readonly text: string;
}

/**
 * A file of text.
 *
 * @throws {UsageError} if it cannot be read, or is too long.
 */
export async function readText(world: World, path: string, limit: number): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await world.readFile(path, limit + 1);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`);
  }
  if (bytes.length > limit) throw new UsageError(`${path} is longer than ${limit} bytes`);
  return new TextDecoder().decode(bytes);
}

async function isEmpty(folder: string): Promise<boolean> {
  for await (const _ of Deno.readDir(folder)) return false;
  return true;
}

function failure(what: string, error: unknown): ExitError {
  if (error instanceof ExitError) return error;
  return new ExitError(EXIT.world, `${what}: ${reasonOf(error)}`, { cause: error });
}
