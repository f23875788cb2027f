/** The pre-shared keys of one process: checked, copied, and compared with those of before. */

import { CredentialsInvalid, type PskCredentials, type PskKey } from "./credentials.ts";
import { MAX_IDENTITY_BYTES, MIN_KEY_BYTES } from "./tls_psk/mod.ts";
import { type Address, formatAddress } from "./transport.ts";

const encoder = new TextEncoder();
/** Different bytes are different texts: it neither replaces what is no UTF-8 nor drops a mark. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Keys by whom they are for. */
export class PskKeys {
  readonly #own: PskKey | undefined;
  readonly #peers: ReadonlyMap<string, PskKey>;
  readonly #accepted: ReadonlyMap<string, Uint8Array>;

  /** @throws {CredentialsInvalid} when an identity or a key is unfit. */
  constructor({ own, peers, accepted }: PskCredentials) {
    this.#own = own && checked(own);
    this.#peers = new Map(Array.from(peers ?? [], ([address, key]) => [address, checked(key)]));
    this.#accepted = new Map(
      Array.from(accepted ?? [], ([identity, key]) => [identity, checked({ identity, key }).key]),
    );
    this.#refuseSharing();
  }

  /** What is shown at an address that was dialled, or to whoever has dialled. */
  shownAt(dialled: Address | undefined): PskKey | undefined {
    const ofPeer = dialled && this.#peers.get(formatAddress(dialled));
    return ofPeer ?? this.#own;
  }

  /** The key of an identity that is accepted. */
  accepted(identity: string): Uint8Array | undefined {
    return this.#accepted.get(identity);
  }

  /**
   * RFC 9257 §4.1: who shows a key and accepts it, too, can be led to itself and take that for the
   * other one; and who has a key of two identities can take either.
   */
  #refuseSharing(): void {
    const owners = new Map<string, string>();
    for (const [identity, key] of this.#accepted) {
      const owner = owners.get(key.join());
      if (owner !== undefined) {
        const why = `it is that of ${quoted(owner)}, too; each identity needs a key of its own`;
        throw new CredentialsInvalid(whereOf(identity), why);
      }
      owners.set(key.join(), identity);
    }
    for (const { identity, key } of [this.#own, ...this.#peers.values()].filter((key) => !!key)) {
      if (!owners.has(key.join())) continue;
      throw new CredentialsInvalid(
        whereOf(identity),
        "it is both shown and accepted here; each direction needs a key of its own",
      );
    }
  }
}

/** An identity as it came over the wire. What is no UTF-8 becomes a text that is never accepted. */
export function identityText(identity: Uint8Array): string {
  try {
    return decoder.decode(identity);
  } catch {
    return "";
  }
}

/** An identity for people: who sent it may have put anything into it. */
export function quoted(identity: string): string {
  return JSON.stringify(identity).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function whereOf(identity: string): string {
  return `pre-shared key ${quoted(identity.slice(0, MAX_IDENTITY_BYTES))}`;
}

function checked({ identity, key }: PskKey): PskKey {
  const where = whereOf(identity);
  const length = encoder.encode(identity).length;
  if (length === 0) throw new CredentialsInvalid(where, "its identity is empty");
  if (length > MAX_IDENTITY_BYTES) {
    const why = `its identity has ${length} bytes, at most ${MAX_IDENTITY_BYTES} are allowed`;
    throw new CredentialsInvalid(where, why);
  }
  if (!identity.isWellFormed()) throw new CredentialsInvalid(where, "its identity is no text");
  if (key.length < MIN_KEY_BYTES) {
    const why = `it has ${key.length} bytes, at least ${MIN_KEY_BYTES} are needed`;
    throw new CredentialsInvalid(where, why);
  }
  return { identity, key: key.slice() };
}

/** Whether two keys are one. Both are our own: nobody can measure how long this takes. */
export function sameKey(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
