/** Answers as they go out: the question as it came, then records, as many as fit. */

import {
  a,
  aaaa,
  answer,
  hinfo,
  ns,
  soa,
  type SoaData,
  srv,
  type SrvData,
} from "@dnsquery/dns-packet";
import { joined } from "../bytes.ts";
import { DNS_LIMITS } from "./limits.ts";
import { CLASS_IN, HEADER_BYTES, type Query, type Read, TYPE } from "./query.ts";

const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const OPCODE = 0x7800;
/** "Recursion desired" and "checking disabled" are echoed. RFC 1035 §4.1.1, RFC 4035 §3.1.6. */
const ECHOED = 0x0110;
const POINTER = 0xc000;
const DNSSEC_OK = 0x8000;

/** What a record says. */
export type RecordData =
  | { readonly type: "A"; readonly data: string }
  | { readonly type: "AAAA"; readonly data: string }
  | { readonly type: "NS"; readonly data: string }
  | { readonly type: "SRV"; readonly data: SrvData }
  | { readonly type: "SOA"; readonly data: SoaData }
  | { readonly type: "HINFO"; readonly data: { readonly cpu: string; readonly os: string } };

/** A record. */
export type DnsRecord = RecordData & {
  /** Labels within the zone, or `undefined`: the name that was asked for. */
  readonly owner?: readonly string[] | undefined;
  /** Seconds. */
  readonly ttl: number;
};

/** An answer to a query. */
export interface Reply {
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  /** What a client may do without. */
  readonly additionals: readonly DnsRecord[];
}

/** How it is to be written. */
export interface WriteOptions {
  /** Bytes at most. */
  readonly maxBytes: number;
  /** Labels of the zone, with which the question's name ends if there are records. */
  readonly zoneLabels: number;
}

/** The answer to what was wrong: a header and nothing else. */
export function writeWrong({ id, flags, rcode }: Read & { kind: "wrong" }): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, RESPONSE | (flags & (OPCODE | ECHOED)) | rcode);
  return bytes;
}

/**
 * The bytes of an answer. What does not fit is left out: first what a client may do without (RFC
 * 2181 §9), then records from the end, which sets TC.
 */
export function writeReply(query: Query, reply: Reply, options: WriteOptions): Uint8Array {
  const edns = query.edns === undefined ? [] : [optRecord(query, reply.rcode)];
  const zoneAt = zoneOffset(query, options.zoneLabels);
  const encoded = (records: readonly DnsRecord[]) => records.map((each) => encode(each, zoneAt));
  const room = options.maxBytes - HEADER_BYTES - query.question.length - sizeOf(edns);
  let answers = encoded(reply.answers);
  let authorities = encoded(reply.authorities);
  let additionals = encoded(reply.additionals);
  const needed = sizeOf(answers) + sizeOf(authorities);
  if (needed + sizeOf(additionals) > room) additionals = [];
  const isTruncated = needed > room;
  if (isTruncated) {
    answers = fitting(answers, room);
    authorities = [];
  }
  const flags = RESPONSE | (query.flags & ECHOED) | (reply.rcode & 0xf) |
    (reply.isAuthoritative ? AUTHORITATIVE : 0) | (isTruncated ? TRUNCATED : 0);
  const counts = [1, answers.length, authorities.length, additionals.length + edns.length];
  return joined([
    header(query.id, flags, counts),
    query.question,
    ...answers,
    ...authorities,
    ...additionals,
    ...edns,
  ]);
}

/** Bytes that a client takes over UDP. RFC 6891 §6.2.3. */
export function udpBytes({ edns }: Query): number {
  const { plainUdpBytes, maxUdpBytes } = DNS_LIMITS;
  if (edns === undefined) return plainUdpBytes;
  return Math.max(plainUdpBytes, Math.min(edns.udpBytes, maxUdpBytes));
}

function header(id: number, flags: number, counts: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  [id, flags, ...counts].forEach((value, i) => view.setUint16(2 * i, value));
  return bytes;
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function fitting(parts: readonly Uint8Array[], room: number): Uint8Array[] {
  let left = room;
  const first = parts.findIndex(({ length }) => (left -= length) < 0);
  return parts.slice(0, first < 0 ? parts.length : first);
}

/** Where the zone's name begins in the question. */
function zoneOffset({ labels }: Query, zoneLabels: number): number {
  const above = labels.slice(0, Math.max(0, labels.length - zoneLabels));
  return HEADER_BYTES + above.reduce((sum, { length }) => sum + 1 + length, 0);
}

/** Owners are compressed to what the question has: the client's case comes along. */
function encode(record: DnsRecord, zoneAt: number): Uint8Array {
  const data = encodeData(record);
  const labels = record.owner ?? [];
  const nameBytes = labels.reduce((sum, { length }) => sum + 1 + length, 0) + 2;
  const bytes = new Uint8Array(nameBytes + 8 + data.length);
  let at = 0;
  for (const label of labels) {
    bytes[at++] = label.length;
    for (let i = 0; i < label.length; i++) bytes[at++] = label.charCodeAt(i);
  }
  const view = new DataView(bytes.buffer);
  view.setUint16(at, POINTER | (record.owner === undefined ? HEADER_BYTES : zoneAt));
  view.setUint16(at + 2, TYPE[record.type]);
  view.setUint16(at + 4, CLASS_IN);
  view.setUint32(at + 6, record.ttl);
  bytes.set(data, at + 10);
  return bytes;
}

/** With its length in front. */
function encodeData(record: RecordData): Uint8Array {
  switch (record.type) {
    case "A":
      return a.encode(record.data);
    case "AAAA":
      return aaaa.encode(record.data);
    case "NS":
      return ns.encode(record.data);
    case "SRV":
      return srv.encode(record.data);
    case "SOA":
      return soa.encode(record.data);
    case "HINFO":
      return hinfo.encode(record.data);
  }
}

/** RFC 6891 §6.1.3: the upper bits of the response code stand here. */
function optRecord({ edns }: Query, rcode: number): Uint8Array {
  const record = {
    name: ".",
    type: "OPT" as const,
    udpPayloadSize: DNS_LIMITS.maxUdpBytes,
    extendedRcode: rcode >> 4,
    ednsVersion: 0,
    flags: edns!.isDnssecOk ? DNSSEC_OK : 0,
    options: [],
    data: [],
  };
  return answer.encode(record);
}
