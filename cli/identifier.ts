/** Identifiers of registrars and pool elements: 32 bits, written `0x5562e917`. */

const MAX_IDENTIFIER = 0xffffffff;

/**
 * Reads an identifier, in hexadecimal after `0x` or in decimal. 0 stands for "none" in RFC 5353, so
 * it identifies nobody.
 *
 * @throws {SyntaxError} if it is something else.
 */
export function parseIdentifier(text: string): number {
  const isNumber = /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text);
  const identifier = isNumber ? Number(text) : NaN;
  if (identifier >= 1 && identifier <= MAX_IDENTIFIER) return identifier;
  throw new SyntaxError(
    `"${text}" is not an identifier: it must be 0x00000001 to 0xffffffff, or the same in decimal`,
  );
}
