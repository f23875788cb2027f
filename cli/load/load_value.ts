/** A load or load degradation as people and scripts write it. RFC 5356 §5 has 32-bit values. */

const RAW_MAX = 0xffffffff;

/**
 * Reads a fraction from 0 to 1, or a raw 32-bit value as `0x…`.
 *
 * @returns the raw value; 0xffffffff stands for 100 %.
 * @throws {SyntaxError} if it is neither.
 */
export function parseLoad(text: string): number {
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number(text);
  const isDecimal = /^([0-9]+(\.[0-9]*)?|\.[0-9]+)(e-?[0-9]{1,3})?$/i.test(text);
  const fraction = isDecimal ? Number(text) : NaN;
  if (fraction >= 0 && fraction <= 1) return Math.round(fraction * RAW_MAX);
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new SyntaxError(
    `"${shown}" is not a load: it must be a fraction from 0 to 1, or a raw 32-bit value as 0x…`,
  );
}
