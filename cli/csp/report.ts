/**
 * Reports of rsplib's Component Status Protocol, version 2.0, as bytes. docs/monitor.md has the
 * format. Pure; bad bytes are a value.
 */

import { printable } from "../printable.ts";

/** What a component can be, by the number of its group. */
const GROUPS = { 1: "registrar", 2: "pool element", 3: "pool user" } as const;

/** What a component is; of unknown groups nothing more is known. */
export type ComponentKind = typeof GROUPS[keyof typeof GROUPS] | "unknown";

/** Who a component is. */
export interface ComponentId {
  readonly kind: ComponentKind;
  /** The upper eight bits. */
  readonly group: number;
  /** The lower 56 bits, of which registrars and pool elements use 32. */
  readonly object: bigint;
}

/** Somebody with whom a component is associated. */
export interface ComponentAssociation {
  readonly receiver: ComponentId;
  /** For how long, in microseconds; `undefined` if that is unknown. */
  readonly durationUs: bigint | undefined;
  readonly flags: number;
  /** The number of the transport protocol under IP: 6 is TCP, 132 is SCTP. */
  readonly protocol: number;
  /** The payload protocol of SCTP: 11 is ASAP, 12 is ENRP. */
  readonly ppid: number;
}

/** What a component reports of itself. */
export interface ComponentReport {
  readonly sender: ComponentId;
  /** Whether it is the last one: the component ends. */
  readonly isFinal: boolean;
  /** Microseconds of the sender's own clock. */
  readonly timestampUs: bigint;
  /** Microseconds until the next report. */
  readonly intervalUs: number;
  readonly location: string;
  readonly status: string;
  /** From 0 to 1; `undefined` if there is no such thing. */
  readonly workload: number | undefined;
  /** Of a long list the first ones only. */
  readonly associations: readonly ComponentAssociation[];
  /** How many associations there are. */
  readonly associationCount: number;
}

/** Bytes that are no report. */
export interface ReportFailure {
  readonly failure: string;
}

/** What is sent and kept of a report at most. */
export const CSP_LIMITS = {
  /** Associations that are sent: a datagram of them fits into the least MTU of IPv6. */
  sentAssociations: 38,
  /** Associations of a received report that are kept. */
  keptAssociations: 256,
  /** Bytes of the location, and of the status. */
  textBytes: 128,
} as const;

/** The port of monitors, unless another is given. */
export const CSP_PORT = 2960;

const TYPE_REPORT = 1;
const FLAG_FINAL = 1;
const VERSION = 0x0200;
const NO_WORKLOAD = 0xffff;
const FULL_WORKLOAD = 0xfffe;
const NO_DURATION = (1n << 64n) - 1n;
const OBJECT_MASK = (1n << 56n) - 1n;
const HEADER_BYTES = 288;
const ASSOCIATION_BYTES = 24;
const LOCATION_AT = 28;
const STATUS_AT = LOCATION_AT + CSP_LIMITS.textBytes;

/** Who a component is, by its kind and its identifier. */
export function componentId(kind: Exclude<ComponentKind, "unknown">, object: number): ComponentId {
  const [group] = Object.entries(GROUPS).find(([, name]) => name === kind)!;
  return { kind, group: Number(group), object: BigInt(object) };
}

/** The identifier as it is written: eight digits, and more only where there are more. */
export function formatComponentId({ object }: ComponentId): string {
  return `0x${object.toString(16).padStart(8, "0")}`;
}

/** A report as a datagram; of too many associations the first are sent. */
export function encodeReport(report: ComponentReport): Uint8Array {
  const associations = report.associations.slice(0, CSP_LIMITS.sentAssociations);
  const bytes = new Uint8Array(HEADER_BYTES + associations.length * ASSOCIATION_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, TYPE_REPORT);
  view.setUint8(1, report.isFinal ? FLAG_FINAL : 0);
  view.setUint16(2, bytes.length);
  view.setUint32(4, VERSION);
  view.setBigUint64(8, idNumber(report.sender));
  view.setBigUint64(16, report.timestampUs);
  view.setUint32(24, report.intervalUs);
  writeText(bytes, LOCATION_AT, report.location);
  writeText(bytes, STATUS_AT, report.status);
  view.setUint16(284, workloadNumber(report.workload));
  view.setUint16(286, associations.length);
  associations.forEach((each, i) => {
    const at = HEADER_BYTES + i * ASSOCIATION_BYTES;
    view.setBigUint64(at, idNumber(each.receiver));
    view.setBigUint64(at + 8, each.durationUs ?? NO_DURATION);
    view.setUint16(at + 16, each.flags);
    view.setUint16(at + 18, each.protocol);
    view.setUint32(at + 20, each.ppid);
  });
  return bytes;
}

/** What a datagram says, if it is a report. Texts in it are harmless for a terminal. */
export function decodeReport(bytes: Uint8Array): ComponentReport | ReportFailure {
  if (bytes.length < HEADER_BYTES) return { failure: `${bytes.length} bytes are no report` };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint8(0);
  if (type !== TYPE_REPORT) return { failure: `type ${type} is no report` };
  const length = view.getUint16(2);
  if (length !== bytes.length) {
    return { failure: `a length of ${length} in a datagram of ${bytes.length} bytes` };
  }
  const version = view.getUint32(4);
  if (version !== VERSION) return { failure: `version 0x${version.toString(16)} is unknown` };
  const associationCount = view.getUint16(286);
  if (length < HEADER_BYTES + associationCount * ASSOCIATION_BYTES) {
    return { failure: `${associationCount} associations in ${length} bytes` };
  }
  const kept = Math.min(associationCount, CSP_LIMITS.keptAssociations);
  return {
    sender: idOf(view.getBigUint64(8)),
    isFinal: (view.getUint8(1) & FLAG_FINAL) !== 0,
    timestampUs: view.getBigUint64(16),
    intervalUs: view.getUint32(24),
    location: readText(bytes, LOCATION_AT),
    status: readText(bytes, STATUS_AT),
    workload: workloadOf(view.getUint16(284)),
    associations: Array.from({ length: kept }, (_, i) => associationAt(view, i)),
    associationCount,
  };
}

function associationAt(view: DataView, index: number): ComponentAssociation {
  const at = HEADER_BYTES + index * ASSOCIATION_BYTES;
  const duration = view.getBigUint64(at + 8);
  return {
    receiver: idOf(view.getBigUint64(at)),
    durationUs: duration === NO_DURATION ? undefined : duration,
    flags: view.getUint16(at + 16),
    protocol: view.getUint16(at + 18),
    ppid: view.getUint32(at + 20),
  };
}

function idNumber({ group, object }: ComponentId): bigint {
  return (BigInt(group & 0xff) << 56n) | (object & OBJECT_MASK);
}

function idOf(number: bigint): ComponentId {
  const group = Number(number >> 56n);
  const kind = (GROUPS as Readonly<Record<number, ComponentKind>>)[group] ?? "unknown";
  return { kind, group, object: number & OBJECT_MASK };
}

function workloadNumber(workload: number | undefined): number {
  if (workload === undefined) return NO_WORKLOAD;
  return Math.round(Math.min(1, Math.max(0, workload)) * FULL_WORKLOAD);
}

function workloadOf(number: number): number | undefined {
  return number === NO_WORKLOAD ? undefined : number / FULL_WORKLOAD;
}

/** A text ends with NUL, so the last byte is never one of its own; no character is cut. */
function writeText(bytes: Uint8Array, at: number, text: string): void {
  new TextEncoder().encodeInto(text, bytes.subarray(at, at + CSP_LIMITS.textBytes - 1));
}

function readText(bytes: Uint8Array, at: number): string {
  const field = bytes.subarray(at, at + CSP_LIMITS.textBytes);
  const end = field.indexOf(0);
  return printable(new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)));
}
