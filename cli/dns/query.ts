/**
 * Queries as they come in: read by hand up to the end of the question, whose bytes are echoed as
 * they are, and bounded before anything else looks at them. RFC 1035 §4.1, RFC 6891 §6.1.
 */

import { opt } from "@dnsquery/dns-packet";
import { u16 } from "../bytes.ts";
import { DNS_LIMITS } from "./limits.ts";

/** Types of records and questions. */
export const TYPE = {
  A: 1,
  NS: 2,
  SOA: 6,
  HINFO: 13,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

/** Response codes. RFC 1035 §4.1.1, RFC 6891 §9. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

/** The header. */
export const HEADER_BYTES = 12;
/** The class of the Internet. */
export const CLASS_IN = 1;
const RESPONSE = 0x8000;
const MAX_LABEL = 63;
const MAX_NAME_BYTES = 255;
const POINTER = 0xc0;

/** What a client says with EDNS. */
export interface Edns {
  readonly version: number;
  /** Bytes that it takes over UDP. */
  readonly udpBytes: number;
  /** Whether it wants DNSSEC records; to be echoed (RFC 3225 §3). */
  readonly isDnssecOk: boolean;
}

/** A query. */
export interface Query {
  readonly id: number;
  /** The flags of the header, as they came. */
  readonly flags: number;
  /** The question, in the client's case. */
  readonly question: Uint8Array;
  /** The labels of its name in lower case, a character a byte. */
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
  readonly edns?: Edns | undefined;
}

/** What came in: nothing that is answered, something wrong, or a query. */
export type Read =
  | { readonly kind: "dropped" }
  | {
    readonly kind: "wrong";
    readonly id: number;
    readonly flags: number;
    readonly rcode: number;
  }
  | { readonly kind: "query"; readonly query: Query };

/** Reads a message; never throws. */
export function readQuery(message: Uint8Array): Read {
  // An answer to an answer could go on for ever between two servers.
  if (message.length < HEADER_BYTES || (u16(message, 2) & RESPONSE) !== 0) {
    return { kind: "dropped" };
  }
  const id = u16(message, 0);
  const flags = u16(message, 2);
  const wrong = (rcode: number): Read => ({ kind: "wrong", id, flags, rcode });
  if (message.length > DNS_LIMITS.maxQueryBytes) return wrong(RCODE.FORMERR);
  if ((flags & 0x7800) !== 0) return wrong(RCODE.NOTIMP);
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) =>
    u16(message, at)
  );
  const isQuery = questions === 1 && answers === 0 && authorities === 0 &&
    additionals! <= DNS_LIMITS.maxQueryRecords;
  if (!isQuery) return wrong(RCODE.FORMERR);
  try {
    const asked = readQuestion(message);
    const edns = readEdns(message, HEADER_BYTES + asked.question.length, additionals!);
    return { kind: "query", query: { id, flags, ...asked, edns } };
  } catch {
    // Whatever is wrong, and whoever saw it: the client is told that much.
    return wrong(RCODE.FORMERR);
  }
}

function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new SyntaxError(what);
}

function readQuestion(message: Uint8Array): Pick<Query, "question" | "labels" | "type" | "class"> {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    require(at < message.length, "the name is cut off");
    const length = message[at++]!;
    if (length === 0) break;
    // There is nothing before it that a pointer could mean.
    require(length <= MAX_LABEL && at + length < message.length, "no label");
    let label = "";
    for (const end = at + length; at < end; at++) label += String.fromCharCode(lower(message[at]!));
    labels.push(label);
  }
  require(at - HEADER_BYTES <= MAX_NAME_BYTES, "the name is too long");
  require(at + 4 <= message.length, "the question is cut off");
  return {
    question: message.slice(HEADER_BYTES, at + 4),
    labels,
    type: u16(message, at),
    class: u16(message, at + 2),
  };
}

/** Of the ASCII letters alone. RFC 4343 §3. */
function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/** What stands behind the question: at most one OPT record counts, the rest is passed over. */
function readEdns(message: Uint8Array, from: number, records: number): Edns | undefined {
  let edns: Edns | undefined;
  let at = from;
  for (let i = 0; i < records; i++) {
    const isRoot = message[at] === 0;
    at = afterName(message, at);
    require(at + 10 <= message.length, "a record is cut off");
    const end = at + 10 + u16(message, at + 8);
    require(end <= message.length, "a record is cut off");
    if (u16(message, at) === TYPE.OPT) {
      require(isRoot && edns === undefined, "OPT is wrong or there twice");
      // Nothing outside of the record can be seen by the options in it.
      opt.decode(message.slice(at + 8, end), 0);
      edns = {
        version: message[at + 5]!,
        udpBytes: u16(message, at + 2),
        isDnssecOk: (message[at + 6]! & 0x80) !== 0,
      };
    }
    at = end;
  }
  require(at === message.length, "something is behind the last record");
  return edns;
}

function afterName(message: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    require(at < message.length, "a name is cut off");
    const length = message[at++]!;
    if (length === 0) return at;
    if ((length & POINTER) === POINTER) return at + 1;
    require(length <= MAX_LABEL, "no label");
    at += length;
  }
}
