/** Adds a key to a file of pre-shared keys, which keeps everything else that is in it. */

import { EXIT, ExitError, UsageError } from "./exit.ts";
import { exists, openLocked, replaceFiles } from "./locked_file.ts";
import { MAX_PSK_FILE_BYTES, readPskFile } from "./psk_file.ts";
import type { World } from "./world.ts";

/** A key that was made, and whether it may take the place of one. */
export interface Addition {
  readonly identity: string;
  /** In hex. */
  readonly key: string;
  readonly force: boolean;
}

/**
 * Writes a key into a file, which is made with mode 0600 where there is none.
 *
 * @throws {ExitError} exit 1 if the identity is there already, or the file is in use or full.
 * @throws {UsageError} if the file is wrong as it is.
 */
export async function addPskKey(
  path: string,
  addition: Addition,
  world: World,
): Promise<{ readonly replaced: boolean }> {
  const isNew = !await exists(path);
  const file = await openLocked(path, world);
  try {
    // What is behind a link is replaced, not the link.
    const real = await Deno.realPath(path);
    const { keys, bare } = await readPskFile(world, real);
    if (bare !== undefined) {
      throw new UsageError(`${path} has one key without an identity; take another file`);
    }
    const replaced = keys.has(addition.identity);
    if (replaced && !addition.force) {
      const { identity } = addition;
      throw new ExitError(
        EXIT.world,
        `${path} has a key for ${identity} already; --force replaces it`,
      );
    }
    const before = new TextDecoder().decode(await world.readFile(real, MAX_PSK_FILE_BYTES));
    const text = withKey(before, addition);
    if (new TextEncoder().encode(text).length > MAX_PSK_FILE_BYTES) {
      throw new ExitError(EXIT.world, `${path} would be longer than ${MAX_PSK_FILE_BYTES} bytes`);
    }
    await replaceFiles([{ path: real, text }]);
    return { replaced };
  } catch (error) {
    if (isNew) await removeEmpty(path);
    throw error;
  } finally {
    file.close();
  }
}

/** The text with the identity's line in the place of its old one, or behind all others. */
function withKey(text: string, { identity, key }: Addition): string {
  const line = `${identity}:${key}`;
  const lines = text.split("\n");
  const at = lines.findIndex((each) => identityIn(each) === identity);
  if (at >= 0) return lines.with(at, line).join("\n");
  const end = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${end}${line}\n`;
}

function identityIn(line: string): string | undefined {
  const content = line.replace(/^\ufeff/, "").trimStart();
  return content.startsWith("#") ? undefined : content.split(":")[0];
}

/** What was made only to be locked does not stay. */
async function removeEmpty(path: string): Promise<void> {
  const { size } = await Deno.stat(path).catch(() => ({ size: 1 }));
  if (size === 0) await Deno.remove(path).catch(() => {});
}
