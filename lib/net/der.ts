/** Reads DER (X.690), as far as certificates and revocation lists need it. */

/** One element, its content not yet looked into. */
export interface DerElement {
  /** The first byte: class, whether constructed, number. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** The element as it is encoded, header and all. */
  readonly encoded: Uint8Array;
}

/** Bytes that are not DER, or not what they should be. */
export class DerMalformed extends Error {
  override readonly name = "DerMalformed";
}

/** Tags that certificates are made of. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Longer than any that means something; a number of many bytes would cost time to write out. */
const OID_BYTES_MAX = 32;

/** The tag of a context-specific element. */
export function contextTag(number: number, form: "primitive" | "constructed"): number {
  return (form === "constructed" ? 0xa0 : 0x80) + number;
}

/** Reads the one element that the bytes are. */
export function readElement(bytes: Uint8Array): DerElement {
  const { element, end } = elementAt(bytes, 0);
  if (end !== bytes.length) throw new DerMalformed("bytes after the end");
  return element;
}

/** Reads the elements of a constructed one. */
export function childrenOf(parent: DerElement): DerElement[] {
  const children: DerElement[] = [];
  for (let offset = 0; offset < parent.content.length;) {
    const { element, end } = elementAt(parent.content, offset);
    children.push(element);
    offset = end;
  }
  return children;
}

/** Takes elements one after the other; what is optional may be absent. */
export class DerCursor {
  readonly #elements: readonly DerElement[];
  #next = 0;

  constructor(parent: DerElement, tag: number = TAG.sequence) {
    expectTag(parent, tag);
    this.#elements = childrenOf(parent);
  }

  /** The next element, of any tag. */
  any(): DerElement {
    const element = this.#elements[this.#next];
    if (element === undefined) throw new DerMalformed("an element is missing");
    this.#next += 1;
    return element;
  }

  /** The next element, which must have the tag. */
  take(tag: number): DerElement {
    return expectTag(this.any(), tag);
  }

  /** The next element, if it has one of the tags. */
  optional(...tags: number[]): DerElement | undefined {
    const element = this.#elements[this.#next];
    if (element === undefined || !tags.includes(element.tag)) return undefined;
    this.#next += 1;
    return element;
  }

  /** Nothing more may follow. */
  end(): void {
    if (this.#next < this.#elements.length) throw new DerMalformed("an element too many");
  }
}

/** Requires a tag. */
export function expectTag(element: DerElement, tag: number): DerElement {
  if (element.tag === tag) return element;
  throw new DerMalformed(`tag 0x${element.tag.toString(16)} in place of 0x${tag.toString(16)}`);
}

/** An object identifier in dots. */
export function oidOf(element: DerElement): string {
  const { content } = expectTag(element, TAG.oid);
  if (content.length === 0 || content.length > OID_BYTES_MAX || content.at(-1)! >= 0x80) {
    throw new DerMalformed("object identifier");
  }
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    arc = arc * 128n + BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const first = arcs[0]! < 80n ? arcs[0]! / 40n : 2n;
  return [first, arcs[0]! - first * 40n, ...arcs.slice(1)].join(".");
}

/** TRUE is all ones in DER. */
export function booleanOf(element: DerElement): boolean {
  const { content } = expectTag(element, TAG.boolean);
  if (content.length !== 1) throw new DerMalformed("boolean");
  return content[0] !== 0;
}

/** A small integer that is not negative. */
export function smallIntegerOf(element: DerElement): number {
  const { content } = expectTag(element, TAG.integer);
  if (content.length === 0 || content.length > 4 || content[0]! >= 0x80) {
    throw new DerMalformed("integer");
  }
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

/** A bit string's bytes; of one that counts bits, unused bits at the end are zero. */
export function bitStringOf(element: DerElement): Uint8Array {
  const { content } = expectTag(element, TAG.bitString);
  if (content.length === 0 || content[0]! > 7) throw new DerMalformed("bit string");
  return content.subarray(1);
}

/** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 allows them, in milliseconds since 1970. */
export function timeOf(element: DerElement): number {
  const text = String.fromCharCode(...element.content);
  const isShort = element.tag === TAG.utcTime;
  if (!isShort) expectTag(element, TAG.generalizedTime);
  if (!(isShort ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text)) throw new DerMalformed("time");
  const digits = isShort ? (Number(text.slice(0, 2)) >= 50 ? "19" : "20") + text : text;
  const part = (from: number, to: number) => Number(digits.slice(from, to));
  return Date.UTC(
    part(0, 4),
    part(4, 6) - 1,
    part(6, 8),
    part(8, 10),
    part(10, 12),
    part(12, 14),
  );
}

function elementAt(bytes: Uint8Array, offset: number): { element: DerElement; end: number } {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new DerMalformed("cut short");
  if ((tag & 0x1f) === 0x1f) throw new DerMalformed("a tag of several bytes");
  const { length, start } = lengthAt(bytes, offset + 1);
  const end = start + length;
  if (end > bytes.length) throw new DerMalformed("cut short");
  return {
    element: { tag, content: bytes.subarray(start, end), encoded: bytes.subarray(offset, end) },
    end,
  };
}

function lengthAt(bytes: Uint8Array, offset: number): { length: number; start: number } {
  const first = bytes[offset]!;
  if (first < 0x80) return { length: first, start: offset + 1 };
  const count = first & 0x7f;
  if (count === 0 || count > 3) throw new DerMalformed("length");
  let length = 0;
  for (let i = 1; i <= count; i++) {
    const byte = bytes[offset + i];
    if (byte === undefined) throw new DerMalformed("cut short");
    length = length * 256 + byte;
  }
  // A length has one encoding only, the shortest.
  if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new DerMalformed("length");
  return { length, start: offset + 1 + count };
}
