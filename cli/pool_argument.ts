/** The argument POOL: checked before anything is sent. */

import type { ClientApi, PoolHandle } from "./api.ts";
import { UsageError } from "./exit.ts";
import { printable } from "./printable.ts";

const LONGEST_SHOWN = 40;

/**
 * The pool handle that was written.
 *
 * @throws {UsageError} if it is empty, too long, or wrong after `hex:`.
 */
export function parsePoolArgument(text: string, api: ClientApi, maxBytes: number): PoolHandle {
  let handle: PoolHandle;
  try {
    handle = api.parsePoolHandle(text);
  } catch (error) {
    throw new UsageError(`the pool handle is wrong: ${(error as Error).message}`);
  }
  const length = api.poolHandleLength(handle);
  if (length >= 1 && length <= maxBytes) return handle;
  if (length === 0) throw new UsageError("the pool handle is empty; it must have 1 byte or more");
  const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  throw new UsageError(
    `the pool handle "${printable(shown)}" has ${length} bytes; it must have 1 to ${maxBytes} ` +
      `(--max-handle-bytes)`,
  );
}
