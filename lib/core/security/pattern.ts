/** Patterns of names: `*` stands for any characters, also none; every other one for itself. */

/** Whether a name is as a pattern says. Takes no longer than the product of their lengths. */
export function matches(pattern: string, name: string): boolean {
  let at = 0;
  let p = 0;
  /** The last `*`, and how far the name goes that it stands for. */
  let star = -1;
  let covered = 0;
  while (at < name.length) {
    if (pattern[p] === "*") {
      star = p++;
      covered = at;
    } else if (p < pattern.length && pattern[p] === name[at]) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++covered;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** Whether a name is as any of the patterns says. */
export function matchesAny(patterns: readonly string[] | undefined, name: string): boolean {
  return patterns !== undefined && patterns.some((each) => each === "*" || matches(each, name));
}
