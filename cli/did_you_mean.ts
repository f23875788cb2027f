/** Suggestions for mistyped names of whatever kind: commands, options, values, fields, keys. */

/** Beginnings that are shorter say nothing. */
const SHORTEST_BEGINNING = 2;

/**
 * The candidate that is closest to what was written, if one is close; or the only one that begins
 * with it.
 */
export function closest(written: string, candidates: Iterable<string>): string | undefined {
  const all = new Set(candidates);
  const begun = [...all].filter((each) => each.toLowerCase().startsWith(written.toLowerCase()));
  const isBegun = written.replace(/^--/, "").length >= SHORTEST_BEGINNING && begun.length === 1;
  return isBegun ? begun[0] : nearest(written, all);
}

function nearest(written: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(written.length * 0.4)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(written.toLowerCase(), candidate.toLowerCase());
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** ` (did you mean X?)` behind a message, or nothing. */
export function didYouMean(written: string, candidates: Iterable<string>): string {
  const candidate = closest(written, candidates);
  return candidate === undefined ? "" : ` (did you mean ${candidate}?)`;
}

/** Insertions, deletions, substitutions, and swaps of neighbours between two words. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
      }
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
