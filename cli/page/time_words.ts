/** Times as one reads them at a glance. */

const UNITS: readonly [name: string, seconds: number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** The two largest units that it has: `3 d 4 h`, `4 min 32 s`, `0 s`. */
export function durationWords(milliseconds: number): string {
  let seconds = Math.floor(milliseconds / 1000);
  const words: string[] = [];
  for (const [name, length] of UNITS) {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    if (count > 0 || words.length > 0 || length === 1) words.push(`${count} ${name}`);
  }
  return words.slice(0, 2).filter((word, index) => index === 0 || !word.startsWith("0 ")).join(" ");
}
