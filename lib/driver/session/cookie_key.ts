/** Signs the state of sessions: only elements of its pool can have made it. RFC 5355 §2.16. */

import type { Secured } from "../../net/mod.ts";
import type { PoolHandle } from "../../wire/mod.ts";
import {
  COOKIE_OVERHEAD_BYTES,
  type CookieHolder,
  joinCookie,
  signedBytes,
  splitCookie,
} from "./cookie_layout.ts";

/** A key has this many bytes at least: as many as the signature. */
export const MIN_COOKIE_KEY_BYTES = 32;
/** So many keys are accepted at most: a cookie that is refused is tried with each of them. */
export const MAX_COOKIE_KEYS = 8;
/** So much later than here may it be where a cookie was issued. */
export const COOKIE_CLOCK_SKEW_MS = 60_000;

const DEFAULT_MAX_AGE_MS = 3_600_000;
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/** How the elements of a pool know their cookies. */
export interface CookieSettings {
  /**
   * Keys that all elements of the pool have, of 32 random bytes or more. The first one signs; all
   * are accepted, so that keys can be changed without losing sessions. At most 8.
   */
  readonly keys: readonly Uint8Array[];
  /** A cookie that is older, in milliseconds, is refused. Default: one hour. */
  readonly maxAgeMs?: number | undefined;
  /** This host's time in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Signs and verifies states. */
export class CookieKeys {
  private readonly keys: Promise<readonly CryptoKey[]>;
  private readonly maxAgeMs: number;
  private readonly now: () => number;

  /** @throws {RangeError} if there is no key, too many, or one that is too short. */
  constructor({ keys, maxAgeMs = DEFAULT_MAX_AGE_MS, now = Date.now }: CookieSettings) {
    if (keys.length === 0 || keys.length > MAX_COOKIE_KEYS) {
      throw new RangeError(`Cookies need 1 to ${MAX_COOKIE_KEYS} keys, and not ${keys.length}`);
    }
    if (keys.some((key) => key.length < MIN_COOKIE_KEY_BYTES)) {
      throw new RangeError(`A key of cookies must have ${MIN_COOKIE_KEY_BYTES} bytes or more`);
    }
    if (!(maxAgeMs > 0)) throw new RangeError("Cookies must be allowed an age above 0");
    this.maxAgeMs = maxAgeMs;
    this.now = now;
    this.keys = Promise.all(
      keys.map((key) =>
        crypto.subtle.importKey("raw", key.slice(), HMAC, false, ["sign", "verify"])
      ),
    );
  }

  /** A cookie with a state for somebody. */
  async sign(
    state: Uint8Array,
    poolHandle: PoolHandle,
    secured: Secured | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const parts = { issuedAt: Math.trunc(this.now()), state: state.slice() };
    const [key] = await this.keys;
    const bytes = signedBytes(parts, { poolHandle, secured });
    const signature = new Uint8Array(await crypto.subtle.sign(HMAC, key!, bytes));
    return joinCookie({ ...parts, signature });
  }

  /**
   * The state in a cookie; `undefined`: it was not made with one of the keys for this pool and this
   * user, or is too old. No more is told, as it would help only those who try.
   */
  async verify(cookie: Uint8Array, holder: CookieHolder): Promise<Uint8Array | undefined> {
    const parts = splitCookie(cookie);
    if (parts === undefined) return undefined;
    const bytes = signedBytes(parts, holder);
    for (const key of await this.keys) {
      // Compared in constant time, as the Web Cryptography API has it.
      if (!await crypto.subtle.verify(HMAC, key, parts.signature, bytes)) continue;
      const age = this.now() - parts.issuedAt;
      return age <= this.maxAgeMs && age >= -COOKIE_CLOCK_SKEW_MS ? parts.state : undefined;
    }
    return undefined;
  }
}

/** Bytes of state that fit into a cookie. */
export function maxStateBytes(maxCookieBytes: number): number {
  return maxCookieBytes - COOKIE_OVERHEAD_BYTES;
}
