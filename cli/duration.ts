/** Durations on the command line: a number with its unit, so that nobody has to guess. */

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest wait that a timer of the runtime can keep: 2^31 - 1 milliseconds, 24 days. */
const MAX_DURATION_MS = 0x7fffffff;

/**
 * Milliseconds of a duration such as `250ms`, `1.5s`, `5m` or `1h`.
 *
 * @throws {SyntaxError} without a unit, or if it is no duration.
 * @throws {RangeError} if it is longer than 24 days.
 */
export function parseDuration(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([a-z\u00b5]*)$/i.exec(text.trim());
  if (match === null) {
    throw new SyntaxError(`"${text}" is not a duration; write for example 250ms, 30s, 5m or 1h`);
  }
  const [, number, unit] = match as unknown as [string, string, string];
  if (unit === "") {
    throw new SyntaxError(`"${text}" has no unit; write for example ${number}s or ${number}ms`);
  }
  const milliseconds = MILLISECONDS[unit];
  if (milliseconds === undefined) {
    throw new SyntaxError(`"${text}" has an unknown unit "${unit}"; the units are ms, s, m and h`);
  }
  const duration = Math.round(Number(number) * milliseconds);
  if (duration > MAX_DURATION_MS) throw new RangeError(`"${text}" is longer than 24 days`);
  return duration;
}

/** A duration that must last. */
export function parsePositiveDuration(text: string): number {
  const duration = parseDuration(text);
  if (duration === 0) throw new RangeError(`"${text}" is no time at all; it must be above 0`);
  return duration;
}

/** A duration in the largest unit that shows it exactly: `5m`, `90s`, `1500ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  for (const unit of ["h", "m", "s"]) {
    const length = MILLISECONDS[unit]!;
    if (milliseconds % length === 0) return `${milliseconds / length}${unit}`;
  }
  return `${milliseconds}ms`;
}
