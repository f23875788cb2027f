/** What an authority knows of the certificates that it has issued: the file `index.json`. */

import { UsageError } from "../exit.ts";

/** What an owner of a certificate is. */
export const ROLES = ["registrar", "element", "user", "operator"] as const;
/** One of {@linkcode ROLES}. */
export type Role = typeof ROLES[number];

/** Why a certificate was revoked. RFC 5280 §5.3.1, as OpenSSL spells the reasons. */
export const REASONS = {
  "unspecified": 0,
  "key-compromise": 1,
  "affiliation-changed": 3,
  "superseded": 4,
  "cessation-of-operation": 5,
  "privilege-withdrawn": 9,
} as const;
/** A key of {@linkcode REASONS}. */
export type Reason = keyof typeof REASONS;

/** Bytes of the file: room for about 30,000 certificates. */
export const MAX_INDEX_BYTES = 16 << 20;

/** A certificate that was issued. Dates are ISO 8601 in UTC. */
export interface Issued {
  /** 32 hexadecimal digits. */
  readonly serial: string;
  readonly name: string;
  readonly role: Role;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Other names and addresses in it. */
  readonly addresses: readonly string[];
  /** The certificate that has its files now. */
  readonly replacedBy?: string;
  readonly revoked?: { readonly at: string; readonly reason: Reason };
}

/** All that an authority remembers. */
export interface Index {
  readonly version: 1;
  /** The number of its newest revocation list; 0 where there is none. */
  readonly listNumber: number;
  /** In the order in which they were issued. */
  readonly certificates: readonly Issued[];
}

/** What a certificate is at a time. */
export type State = "valid" | "expired" | "revoked" | "replaced";

/** The state of a certificate: one that was replaced is valid all the same, until revoked. */
export function stateOf(issued: Issued, now: Date): State {
  if (issued.revoked !== undefined) return "revoked";
  if (Date.parse(issued.notAfter) < now.getTime()) return "expired";
  return issued.replacedBy === undefined ? "valid" : "replaced";
}

/** The index of an authority that has issued nothing. */
export const EMPTY_INDEX: Index = { version: 1, listNumber: 0, certificates: [] };

/** The index as text. */
export function writeIndex(index: Index): string {
  return `${JSON.stringify(index, undefined, 1)}\n`;
}

/**
 * Reads the text of an index.
 *
 * @throws {UsageError} naming the file, if it is not one.
 */
export function readIndex(text: string, file: string): Index {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not JSON; take it from a backup`);
  }
  if (isIndex(data)) return data;
  throw new UsageError(`${file} is no index of certificates of this version of rserpool`);
}

function isIndex(data: unknown): data is Index {
  if (!isRecord(data) || data.version !== 1) return false;
  return Number.isSafeInteger(data.listNumber) && Array.isArray(data.certificates) &&
    data.certificates.every(isIssued);
}

function isIssued(data: unknown): data is Issued {
  return isRecord(data) && /^[0-9a-f]{32}$/.test(String(data.serial)) &&
    typeof data.name === "string" && ROLES.some((role) => role === data.role) &&
    isDate(data.notBefore) && isDate(data.notAfter) && isTexts(data.addresses) &&
    (data.replacedBy === undefined || typeof data.replacedBy === "string") &&
    (data.revoked === undefined || isRevocation(data.revoked));
}

function isRevocation(data: unknown): boolean {
  return isRecord(data) && isDate(data.at) && Object.hasOwn(REASONS, String(data.reason));
}

function isDate(data: unknown): boolean {
  return typeof data === "string" && !Number.isNaN(Date.parse(data));
}

function isTexts(data: unknown): boolean {
  return Array.isArray(data) && data.every((each) => typeof each === "string");
}

function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null;
}
