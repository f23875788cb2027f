/** Pearson's chi-square test of counts against a distribution. */

/** The statistic: how far the counts are from what the probabilities let expect. */
function statistic(counts: readonly number[], expected: readonly number[]): number {
  return counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);
}

/** What the statistic exceeds once in a million times by chance (Wilson and Hilferty). */
function criticalValue(degreesOfFreedom: number): number {
  const quantile = 4.753;
  const spread = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - spread + quantile * Math.sqrt(spread)) ** 3;
}

/** Whether counts may come from the distribution that the weights make. */
export function fits(counts: readonly number[], weights: readonly number[]): boolean {
  const trials = counts.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (counts.some((count, i) => weights[i] === 0 && count > 0)) return false;
  const possible = counts.map((_, i) => i).filter((i) => weights[i]! > 0);
  const expected = possible.map((i) => trials * weights[i]! / total);
  return statistic(possible.map((i) => counts[i]!), expected) < criticalValue(possible.length - 1);
}

/** How often each number from 0 to `n` - 1 comes in so many draws. */
export function tally(n: number, draws: number, draw: () => number): number[] {
  const counts = new Array<number>(n).fill(0);
  for (let i = 0; i < draws; i++) counts[draw()]!++;
  return counts;
}
