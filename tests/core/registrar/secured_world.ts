/** A registrar with security in a made-up world, and who comes to it. */
import type { Permissions } from "../../../lib/core/mod.ts";
import type { Party } from "../../../lib/core/security/authorize.ts";
import { CAUSE, type ErrorCause, type Owner } from "../../../lib/wire/mod.ts";
import { type Client, World, type WorldOptions } from "./registrar_world.ts";

/** Rejected due to security considerations. */
export const SECURITY = CAUSE.rejectedDueToSecurityConsiderations;

/** All read; `pe-*` register in "web", `wide` everywhere; `r*` are registrars. */
export const PERMISSIONS: Permissions = {
  read: ["*"],
  identities: [
    { proofs: [{ kind: "certificate", name: "pe-*" }], register: ["web"] },
    {
      proofs: [{ kind: "psk", name: "wide" }],
      register: ["*"],
      addresses: [{ address: "198.51.100.0", bits: 24 }],
    },
    { proofs: [{ kind: "certificate", name: "r*" }], registrar: true },
    { proofs: [{ kind: "psk", name: "oncall" }], operate: true },
  ],
};

/** A digest for tests: different for different short names. */
export function digest(identity: string): string {
  const hex = [...identity].map((each) => each.charCodeAt(0).toString(16)).join("");
  return hex.slice(-32).padStart(32, "0");
}

/** Whose the elements of an identity are. */
export function ownerNamed(name: string, kind: Owner["kind"] = "certificate"): Owner {
  return { kind, digest: digest(`${kind}:${name}`) };
}

/** A pool element with a certificate. */
export const pe = (name: string): Party => ({ security: "certificate", identity: `pe-${name}` });
/** A registrar with a certificate. */
export const registrar = (name: string): Party => ({
  security: "certificate",
  identity: name,
  isRegistrar: true,
});
/** Somebody who has shown no certificate. */
export const ANYBODY: Party = { security: "certificate" };

/** A secured registrar in a made-up world. */
export function secured(
  options: WorldOptions & { permissions?: Permissions; allowInsecureResolution?: boolean } = {},
): World {
  const { permissions = PERMISSIONS, allowInsecureResolution, ...rest } = options;
  return new World({ ...rest, security: { permissions, allowInsecureResolution, digest } });
}

/** The causes of the error that came next. */
export function takeCauses(client: Client): readonly ErrorCause[] {
  return client.protocol === "ASAP"
    ? client.take("ASAP_ERROR").causes
    : client.take("ENRP_ERROR").causes;
}

/** Other permissions hold from now on. */
export function permit(world: World, permissions: Permissions): void {
  world.command({ type: "permissions", rules: { permissions } });
}
