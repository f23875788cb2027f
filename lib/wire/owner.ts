/** Whose a pool element is: our own parameter in ENRP (protocol decision 29). */

import type { Field } from "./field.ts";
import { reserved16 } from "./field.ts";
import { formatNumber, hex, parseHex } from "./hex.ts";
import { parameter } from "./schema.ts";

/** Bytes of a digest: half of a SHA-256. */
const DIGEST_BYTES = 16;

/** How owners prove who they are, by number on the wire. */
const KINDS: readonly (string | undefined)[] = [undefined, "certificate", "psk"];

/** How an owner proves who it is; other numbers as four hexadecimal digits. */
export type OwnerKind = "certificate" | "psk" | `0x${string}`;

/** The identity that registered a pool element (protocol decision 29). */
export interface Owner {
  /** What its ASAP endpoint is secured with. */
  readonly kind: OwnerKind;
  /** The first 16 bytes of the SHA-256 of its name, as 32 hexadecimal digits. */
  readonly digest: string;
}

const ownerKind: Field<OwnerKind> = {
  label: "Kind",
  form: "16 bits: 1 certificate, 2 pre-shared key",
  read(cursor) {
    const number = cursor.u16("Kind");
    return (KINDS[number] ?? formatNumber(number, 4)) as OwnerKind;
  },
  write(sink, kind) {
    const number = KINDS.indexOf(kind);
    sink.u16(number < 0 ? Number(kind) : number);
  },
  view: (kind) => kind,
  show: (kind) => kind,
};

const digest: Field<string> = {
  label: "Digest",
  form: "128 bits",
  read: (cursor) => hex(cursor.copy(DIGEST_BYTES, "Digest")),
  write(sink, value) {
    const bytes = parseHex(value);
    if (bytes.length !== DIGEST_BYTES) {
      throw new RangeError(`Cannot encode Digest of ${bytes.length} bytes: it must have 16`);
    }
    sink.bytes(bytes);
  },
  view: (value) => value,
  show: (value) => value,
};

/** Owner: the identity that registered the pool element around it (protocol decision 29). */
export const OwnerParameter = parameter("Owner", 0x80f3, "docs/tcp-mapping.md §9", {
  kind: ownerKind,
  reserved: reserved16(),
  digest,
});
