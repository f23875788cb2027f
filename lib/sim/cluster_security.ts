/** A secured cluster: who has which credentials, and who may do what. */

import type { Rates, SecurityKind, SecurityOptions, SecurityRules } from "../core/mod.ts";
import type { Credentials } from "./credentials.ts";

/** How a cluster is secured. */
export interface ClusterSecurity {
  /** What its members have, in turns; registrars have all of it. Default: certificates. */
  readonly kinds?: readonly SecurityKind[];
  /** Who may do what at each registrar, at first. Default: each kind of member what it needs. */
  readonly rules?: SecurityRules;
  /** Default: as often as they like. */
  readonly rates?: Rates;
}

/** The kinds of members of a secured cluster. */
export type Part = "registrar" | "element" | "user" | "operator";

const KINDS: readonly SecurityKind[] = ["certificate"];

/** What a member has that nothing else is said of, by its kind and its number among those. */
export function credentialsOf(
  part: Part,
  name: string,
  { kinds = KINDS }: ClusterSecurity,
  number: number,
): readonly Credentials[] {
  const identity = `${part}-${name}`;
  if (part === "registrar") return kinds.map((kind) => ({ kind, identity, isRegistrar: true }));
  return [{ kind: kinds[number % kinds.length]!, identity }];
}

/** Each kind of member may do what it needs. */
export const USUAL_RULES: SecurityRules = {
  permissions: {
    read: [],
    identities: [
      { proofs: proofs("registrar"), registrar: true },
      { proofs: proofs("element"), register: ["*"] },
      { proofs: proofs("user"), read: ["*"] },
      { proofs: proofs("operator"), operate: true },
    ],
  },
};

/** What a registrar's machine is made of in a secured cluster. */
export function securityOptions(rules: SecurityRules): SecurityOptions {
  return { ...rules, digest: madeUpDigest };
}

/** In the place of SHA-256: as long, and different for different identities, as far as is seen. */
function madeUpDigest(identity: string): string {
  let digest = "";
  for (let word = 0; word < 4; word++) {
    let hash = 0x811c9dc5 ^ word;
    for (let i = 0; i < identity.length; i++) {
      hash = Math.imul(hash ^ identity.charCodeAt(i), 0x01000193) >>> 0;
    }
    digest += hash.toString(16).padStart(8, "0");
  }
  return digest;
}

function proofs(part: Part) {
  return (["certificate", "psk"] as const).map((kind) => ({ kind, name: `${part}-*` }));
}
