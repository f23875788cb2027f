/** Promises of sessions that a program may leave alone. */

/**
 * A rejected promise that nobody awaits ends a process, and all other sessions with it: so it would
 * be one user, or one element, who ends them. Whoever does await it is told all the same.
 */
export function unawaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
