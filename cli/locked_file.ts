/**
 * Files that are replaced whole or not at all, by one process at a time. The lock is the operating
 * system's: it ends with the process, however that ends, so that none is ever left behind.
 */

import { EXIT, ExitError } from "./exit.ts";
import { reasonOf } from "./failure.ts";
import type { World } from "./world.ts";

/** How long to wait for another process that holds a lock. */
const LOCK_PATIENCE_MS = 10_000;
const LOCK_PAUSE_MS = 20;
/** Who owns a secret may read and write it. */
const PRIVATE = 0o600;

/**
 * Opens a file, making an empty one of mode 0600 if there is none, and holds its lock until the
 * result is closed. A file that was replaced meanwhile is opened anew.
 *
 * @throws {ExitError} exit 1 if another process does not let go of it.
 */
export async function openLocked(
  path: string,
  world: Pick<World, "now" | "pause">,
): Promise<Deno.FsFile> {
  const end = world.now() + LOCK_PATIENCE_MS;
  for (;;) {
    const file = await Deno.open(path, { read: true, write: true, create: true, mode: PRIVATE });
    try {
      if (await file.tryLock(true) && await isAt(path, file)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
    if (world.now() > end) {
      throw new ExitError(EXIT.world, `another process has had ${path} locked for too long`);
    }
    await world.pause(LOCK_PAUSE_MS);
  }
}

/** A text and the file that it is to be. */
export interface Replacement {
  readonly path: string;
  readonly text: string;
}

/**
 * Replaces files by ones of mode 0600. All are written before the first takes its place, so that a
 * full disk changes nothing.
 *
 * @throws {ExitError} exit 1 that names the file.
 */
export async function replaceFiles(files: readonly Replacement[]): Promise<void> {
  try {
    for (const { path, text } of files) await writeBeside(path, text);
    for (const { path } of files) await named(path, Deno.rename(besideOf(path), path));
  } catch (error) {
    for (const { path } of files) await Deno.remove(besideOf(path)).catch(() => {});
    throw error;
  }
}

/** Whether something is there, a link that leads nowhere included. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const here = await file.stat();
  const there = await Deno.stat(path).catch(ignoreMissing);
  return there?.ino === here.ino && there?.dev === here.dev;
}

function besideOf(path: string): string {
  return `${path}.new`;
}

/** Who writes holds a lock: what stands there already, a process has left that ended too early. */
async function writeBeside(path: string, text: string): Promise<void> {
  const beside = besideOf(path);
  await named(path, Deno.remove(beside).catch(ignoreMissing));
  using file = await named(
    path,
    Deno.open(beside, { write: true, createNew: true, mode: PRIVATE }),
  );
  const bytes = new TextEncoder().encode(text);
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await named(path, file.write(rest)));
  }
  await named(path, file.sync());
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function named<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const reason = reasonOf(error);
    throw new ExitError(EXIT.world, `cannot write ${path}: ${reason}`, { cause: error });
  }
}
