/**
 * What was read of standard input by the quick part of the built file, when the whole program takes
 * over: it begins the command anew, and can read that no more.
 */

const KEY = Symbol.for("rserpool: read of standard input, and not used");
type Kept = { [KEY]?: Uint8Array | undefined };

/** Puts bytes back, in front of what comes next. */
export function unread(bytes: Uint8Array): void {
  (globalThis as Kept)[KEY] = bytes;
}

/** Takes what was put back, as much as fits; 0 if there is nothing. */
export function readAgain(buffer: Uint8Array): number {
  const kept = (globalThis as Kept)[KEY];
  if (kept === undefined) return 0;
  const taken = kept.subarray(0, buffer.length);
  buffer.set(taken);
  const rest = kept.subarray(taken.length);
  (globalThis as Kept)[KEY] = rest.length === 0 ? undefined : rest;
  return taken.length;
}

/** Forgets what was put back: whoever read it uses it. */
export function forgetUnread(): void {
  (globalThis as Kept)[KEY] = undefined;
}
