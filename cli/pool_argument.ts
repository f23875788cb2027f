/** The argument POOL: checked before anything is sent. */

import type { ClientApi, PoolHandle } from "./api.ts";
import { UsageError } from "./exit.ts";
import { reasonOf } from "./failure.ts";

const LONGEST_SHOWN = 40;

/**
 * The pool handle that was written.
 *
 * @throws {UsageError} if it is empty, too long, or wrong after `hex:`.
 */
export function parsePoolArgument(
  text: string,
  api: Pick<ClientApi, "parsePoolHandle" | "poolHandleLength">,
  maxBytes: number,
): PoolHandle {
  const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  let handle: PoolHandle;
  try {
    handle = api.parsePoolHandle(text);
  } catch (error) {
    throw new UsageError(`the pool handle "${shown}" is wrong: ${reasonOf(error)}`);
  }
  const length = api.poolHandleLength(handle);
  if (length >= 1 && length <= maxBytes) return handle;
  throw new UsageError(
    `the pool handle "${shown}" has ${length} bytes; it must have 1 to ${maxBytes} ` +
      `(--max-handle-bytes)`,
  );
}
