/**
 * What a signed cookie is made of. RFC 5352 §3.8 leaves it to the elements of a pool, as users send
 * it back unread.
 */

import type { Secured } from "../../net/mod.ts";
import { type PoolHandle, poolHandleBytes } from "../../wire/mod.ts";

/** Version, time of issue, and the signature: what a cookie is longer than its state by. */
export const COOKIE_OVERHEAD_BYTES = 41;

const VERSION = 1;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = 32;
const HEADER_BYTES = 1 + TIME_BYTES;
/** What is signed begins so: a signature of another kind is none of a cookie. */
const PURPOSE = new TextEncoder().encode("rserpool cookie 1\0");

/** For whom a cookie is: what is signed with it, and not sent. */
export interface CookieHolder {
  readonly poolHandle: PoolHandle;
  /** Who the user has proved to be; `undefined`: its connection is not secured. */
  readonly secured: Secured | undefined;
}

/** A cookie, taken apart. */
export interface CookieParts {
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly state: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** A cookie as it is sent. */
export function joinCookie({ issuedAt, state, signature }: CookieParts): Uint8Array<ArrayBuffer> {
  const cookie = new Uint8Array(HEADER_BYTES + state.length + SIGNATURE_BYTES);
  cookie[0] = VERSION;
  new DataView(cookie.buffer).setBigUint64(1, BigInt(issuedAt));
  cookie.set(state, HEADER_BYTES);
  cookie.set(signature, HEADER_BYTES + state.length);
  return cookie;
}

/** `undefined`: it is no cookie of this version. */
export function splitCookie(cookie: Uint8Array): CookieParts | undefined {
  if (cookie.length < COOKIE_OVERHEAD_BYTES || cookie[0] !== VERSION) return undefined;
  const view = new DataView(cookie.buffer, cookie.byteOffset);
  return {
    issuedAt: Number(view.getBigUint64(1)),
    state: cookie.slice(HEADER_BYTES, -SIGNATURE_BYTES),
    signature: cookie.slice(-SIGNATURE_BYTES),
  };
}

/** What is signed: each part of a length of its own is led by that, so that none can move. */
export function signedBytes(
  { issuedAt, state }: Omit<CookieParts, "signature">,
  { poolHandle, secured }: CookieHolder,
): Uint8Array<ArrayBuffer> {
  const pool = poolHandleBytes(poolHandle);
  const user = new TextEncoder().encode(userText(secured));
  const bytes = new Uint8Array(
    PURPOSE.length + TIME_BYTES + 4 + pool.length + 4 + user.length + state.length,
  );
  const view = new DataView(bytes.buffer);
  let at = PURPOSE.length;
  bytes.set(PURPOSE);
  view.setBigUint64(at, BigInt(issuedAt));
  at += TIME_BYTES;
  for (const part of [pool, user]) {
    view.setUint32(at, part.length);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  bytes.set(state, at);
  return bytes;
}

/** Nobody, somebody without a name, and each name are different holders. */
function userText(secured: Secured | undefined): string {
  if (secured === undefined) return "";
  return secured.name === undefined ? secured.kind : `${secured.kind}:${secured.name}`;
}
