/** Secured registrars and those who come to them, by pre-shared keys. */

import {
  type Permission,
  type PskCredentials,
  type PskTransport,
  pskTransport,
  Registrar,
  type RegistrarEvent,
  type RegistrarSecurity,
  type RegistrarSettings,
} from "../../mod.ts";

export const ANY = [{ host: "127.0.0.1", port: 0 }] as const;
export const LIMIT = { timeoutMs: 5_000 };

/** A key for each name; another one for each number. */
export function keyOf(identity: string, number = 0): Uint8Array {
  const key = new Uint8Array(32).fill(number + 1);
  key.set(new TextEncoder().encode(identity).subarray(0, 31), 1);
  return key;
}

/** What somebody shows who has the right key of an identity, or another. */
export function shownBy(identity: string, number = 0): Promise<PskTransport> {
  return pskTransport({ own: { identity, key: keyOf(identity, number) } });
}

/** Elements `a-…` in all pools, users `u-…`, registrars `r-…`. */
export const PERMISSIONS: readonly Permission[] = [
  { proofs: [{ kind: "psk", name: "a-*" }], register: ["*"] },
  { proofs: [{ kind: "psk", name: "u-*" }], read: ["*"] },
  { proofs: [{ kind: "psk", name: "r-*" }], registrar: true },
  { proofs: [{ kind: "psk", name: "operator" }], operate: true },
];

/** Security of a registrar that accepts the keys of these identities. */
export function pskSecurity(
  accepted: readonly string[],
  more: Partial<RegistrarSecurity> & { readonly peers?: PskCredentials["peers"] } = {},
): RegistrarSecurity {
  const { peers, ...others } = more;
  const keys = new Map(accepted.map((identity) => [identity, keyOf(identity)]));
  return { psk: { accepted: keys, peers }, permissions: { identities: PERMISSIONS }, ...others };
}

/** Starts a registrar for these identities, at any ports. */
export async function pskRegistrar(
  accepted: readonly string[],
  settings: RegistrarSettings = {},
): Promise<Registrar> {
  const security = pskSecurity(accepted);
  return await Registrar.start({ asapPsk: ANY, enrpPsk: ANY, security, ...settings });
}

/** Keeps events, and waits for them. */
export class Events {
  readonly all: RegistrarEvent[] = [];
  private readonly waiting = new Set<() => void>();

  readonly onEvent = (event: RegistrarEvent): void => {
    this.all.push(event);
    for (const look of [...this.waiting]) look();
  };

  /** Those of a type so far. */
  of<T extends RegistrarEvent["type"]>(type: T): (RegistrarEvent & { readonly type: T })[] {
    return this.all.filter((each) => each.type === type) as (RegistrarEvent & { type: T })[];
  }

  /** The first of a type that fits, from the beginning. */
  first<T extends RegistrarEvent["type"]>(
    type: T,
    fits: (event: RegistrarEvent & { readonly type: T }) => boolean = () => true,
  ): Promise<RegistrarEvent & { readonly type: T }> {
    const { promise, resolve } = Promise.withResolvers<RegistrarEvent & { readonly type: T }>();
    const look = () => {
      const found = this.of(type).find(fits);
      if (found === undefined) return;
      this.waiting.delete(look);
      resolve(found);
    };
    this.waiting.add(look);
    look();
    return promise;
  }
}
