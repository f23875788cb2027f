/** Equality of values as messages carry them: records, lists, bytes, text, numbers. */

/** Whether two values are equal, member by member. */
export function areEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  // Apart from records: to go through a list by its keys takes ten times as long.
  if (isList(a) || isList(b)) return isList(a) && isList(b) && areEqualLists(a, b);
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  // A member that is undefined equals one that is absent.
  for (const key in left) if (!areEqual(left[key], right[key])) return false;
  for (const key in right) if (left[key] === undefined && right[key] !== undefined) return false;
  return true;
}

function isList(value: object): value is ArrayLike<unknown> {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function areEqualLists(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!areEqual(a[i], b[i])) return false;
  return true;
}
