/** Files of the state directory that are replaced whole and durably, or not at all. */

import { EXIT, ExitError } from "../../exit.ts";
import { reasonOf } from "../../failure.ts";

/** Only who runs the agent may read what a client is called. */
const PRIVATE = 0o600;

/**
 * Replaces a file; it is on the disk when this resolves.
 *
 * @throws {ExitError} exit 1 that names the file.
 */
export async function replaceFile(path: string, text: string, mode = PRIVATE): Promise<void> {
  const beside = `${path}.new`;
  try {
    await Deno.remove(beside).catch(ignoreMissing);
    {
      using file = await Deno.open(beside, { write: true, createNew: true, mode });
      const bytes = new TextEncoder().encode(text);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      await file.sync();
    }
    await Deno.rename(beside, path);
    await syncDirectory(path.slice(0, path.lastIndexOf("/")));
  } catch (error) {
    await Deno.remove(beside).catch(ignoreMissing);
    throw new ExitError(EXIT.world, `cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Makes the names in a directory durable, where the system can. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    using directory = await Deno.open(path);
    await directory.sync();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw error;
  }
}

/** Nothing, if a file is not there. */
export function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
