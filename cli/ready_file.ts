/**
 * `--ready-file FILE`: one JSON object, there once a long-running command serves, and only while it
 * does. Whoever waits for it never sees half of it. A service manager is told at the same moment.
 */

import { EXIT, ExitError } from "./exit.ts";
import { reasonOf } from "./failure.ts";
import { thisServiceManager } from "./service/this_service.ts";

/** It would be killed as one that never served. */
const DEAF = "NOTIFY_SOCKET is set, and this Deno cannot tell the service manager: " +
  "start it with --unstable-net, as the built file is";

/** A ready file, or none if no path was given. */
export class ReadyFile {
  private readonly path: string | undefined;

  constructor(path: string | undefined) {
    this.path = path;
  }

  /**
   * Removes what an earlier process left: call it at the start.
   *
   * @throws {ExitError} if it cannot be removed.
   */
  async clear(): Promise<void> {
    if (this.path === undefined) return;
    try {
      if (await isSpecial(this.path)) return;
      await Deno.remove(this.path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw failure("remove", this.path, error);
    }
  }

  /**
   * Writes the file, whole or not at all, and tells the service manager, if one runs this process.
   *
   * @throws {ExitError} if that fails, naming the file.
   */
  async write(content: Readonly<Record<string, unknown>>): Promise<void> {
    const text = `${JSON.stringify(content)}\n`;
    await this.replace(text);
    const manager = thisServiceManager();
    if (manager === "deaf") throw new ExitError(EXIT.usage, DEAF);
    await manager?.ready(`serves ${text}`);
  }

  private async replace(text: string): Promise<void> {
    if (this.path === undefined) return;
    try {
      // A device or pipe must not be replaced by a file: it is written as it is.
      if (await isSpecial(this.path)) await Deno.writeTextFile(this.path, text, { create: false });
      else await replace(this.path, text);
    } catch (error) {
      throw failure("write", this.path, error);
    }
  }

  /** Removes the file at a clean end; that it is gone already does not matter. */
  async remove(): Promise<void> {
    await this.clear();
  }
}

async function isSpecial(path: string): Promise<boolean> {
  try {
    const { isFile } = await Deno.stat(path);
    return !isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** By way of a file beside it: a rename is atomic within one file system. */
async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${Deno.pid}.tmp`;
  try {
    using file = await Deno.open(beside, { write: true, create: true, truncate: true });
    const bytes = new TextEncoder().encode(text);
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
    await file.sync();
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw error;
  }
}

function failure(verb: string, path: string, error: unknown): ExitError {
  return new ExitError(EXIT.world, `cannot ${verb} the ready file ${path}: ${reasonOf(error)}`);
}
