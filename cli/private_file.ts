/** Files that hold a secret: who else can read them is refused before they are read. */

import { UsageError } from "./exit.ts";

/** Who can do what with a file, as far as the file system knows. */
export interface FileAccess {
  /** The permission bits, `undefined` where there are none (Windows). */
  readonly mode: number | undefined;
  /** The number of the user whose file it is. */
  readonly owner: number | undefined;
}

const SUPER_USER = 0;
/** Bits of everyone but the owner. */
const OTHERS = 0o077;
/** The same, but the group may read: so do the secrets of Kubernetes and systemd come. */
const OTHERS_BUT_READING_GROUP = 0o037;

/**
 * Refuses a file that others than its owner can read or write. One of the super-user's may be read
 * by its group.
 *
 * @throws {UsageError} that names the file and its mode.
 */
export function refuseSharedFile(path: string, { mode, owner }: FileAccess): void {
  if (mode === undefined) return;
  const forbidden = owner === SUPER_USER ? OTHERS_BUT_READING_GROUP : OTHERS;
  if ((mode & forbidden) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  throw new UsageError(
    `${path} has mode ${octal}: others than its owner have access; do chmod 600 ${path}`,
  );
}
