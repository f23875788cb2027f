/** How two patterns of names stand to each other; in both `*` stands for any characters. */

/** Whether every name that fits `narrow` fits `wide`, too. */
export function covers(wide: string, narrow: string): boolean {
  // What `*` of the narrow one stands for only a `*` of the wide one can stand for.
  return meet(wide, narrow, (w, n) => w === n && w !== "*", false);
}

/** Whether a name can fit both. */
export function overlaps(a: string, b: string): boolean {
  return meet(a, b, (x, y) => x === y, true);
}

/**
 * Walks both patterns at once, remembering how far it is in the one for each place in the other:
 * the work is the product of their lengths.
 */
function meet(
  a: string,
  b: string,
  isSame: (a: string, b: string) => boolean,
  starsOfB: boolean,
): boolean {
  let row = new Array<boolean>(b.length + 1).fill(false);
  for (let i = a.length; i >= 0; i--) {
    const next = row;
    row = new Array<boolean>(b.length + 1).fill(false);
    for (let j = b.length; j >= 0; j--) {
      const atEnd = i === a.length && j === b.length;
      const starOfA = a[i] === "*" && (next[j]! || (j < b.length && row[j + 1]!));
      const starOfB = starsOfB && b[j] === "*" && (row[j + 1]! || (i < a.length && next[j]!));
      const both = i < a.length && j < b.length && isSame(a[i]!, b[j]!) && next[j + 1]!;
      row[j] = atEnd || starOfA || starOfB || both;
    }
  }
  return row[0]!;
}
