/** Equality of values as messages carry them: records, lists, bytes, text, numbers. */

/** Whether two values are equal, member by member. */
export function areEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  // A member that is undefined equals one that is absent.
  for (const key in left) if (!areEqual(left[key], right[key])) return false;
  for (const key in right) if (left[key] === undefined && right[key] !== undefined) return false;
  return true;
}
