/** What makes a registrar a secured one: the section `security:`, certificates and keys. */

import { formatAddress } from "../address.ts";
import type {
  Api,
  Proof,
  PskCredentials,
  PskKey,
  RegistrarSecurity,
  RegistrarSettings,
  SocketAddress,
} from "../api.ts";
import { PORTS, requirePair } from "../client_security.ts";
import type { Context } from "../command.ts";
import { pathOf, readCertificates, warnOfCertificates } from "../credential_files.ts";
import { UsageError } from "../exit.ts";
import { longName, type Option } from "../option.ts";
import { SHARED_OPTIONS, type SharedValues } from "../options.ts";
import { type PskFile, pskKeyOf, readPskFile } from "../psk_file.ts";
import type { PskPeer, SecuritySection } from "../security_section.ts";
import { hasRsplib } from "./registrar_compat.ts";
import { SECURED_OPTIONS } from "./registrar_listeners.ts";
import { peersOf, type RegistrarValues, withPort } from "./registrar_options.ts";

type Options = RegistrarValues & SharedValues;

/** What a secured registrar is given, besides what every registrar is. */
export type SecuredSettings =
  & Pick<RegistrarSettings, "asapTls" | "enrpTls" | "asapPsk" | "enrpPsk">
  & { readonly security: RegistrarSecurity };

/**
 * The settings of a secured registrar; `undefined`: it is none.
 *
 * @throws {UsageError} if something of it is missing, or a file is missing, unreadable or wrong.
 */
export async function securedSettings(
  context: Context,
  options: Options,
  api: Api,
): Promise<SecuredSettings | undefined> {
  const section = context.configuration?.security;
  if (section === undefined) {
    refuseWithoutSection(context, options);
    tellOfUnusedTrust(context);
    return undefined;
  }
  if (hasRsplib(options)) {
    throw new UsageError("--compat rsplib and security exclude each other: rsplib has no TLS");
  }
  const security = await readSecurity(context, options, section, api);
  const { certificates, psk } = security;
  const hasKeys = (psk?.accepted?.size ?? 0) > 0;
  if (certificates === undefined) {
    refuseListeners(context, ["asapTls", "enrpTls"], "--ca, --cert and --key");
  }
  if (section.pskKeys === undefined) {
    refuseListeners(context, ["asapPsk", "enrpPsk"], `psk-keys in the section at ${section.where}`);
  }
  const { asapTls, enrpTls, asapPsk, enrpPsk } = options;
  return {
    security,
    asapTls: certificates === undefined ? [] : withPort(asapTls, PORTS.certificate.ASAP),
    enrpTls: certificates === undefined ? [] : withPort(enrpTls, PORTS.certificate.ENRP),
    asapPsk: hasKeys ? withPort(asapPsk, PORTS.psk.ASAP) : [],
    enrpPsk: hasKeys ? withPort(enrpPsk, PORTS.psk.ENRP) : [],
  };
}

/**
 * Reads the files of a secured registrar, at its start and at each reload.
 *
 * @throws {UsageError} if one is missing, unreadable or wrong.
 */
export async function readSecurity(
  context: Context,
  options: Options,
  section: SecuritySection,
  api: Api,
): Promise<RegistrarSecurity> {
  const certificates = await certificatesOf(context, options);
  if (certificates !== undefined) {
    await warnOfCertificates(context, api, certificates, "registrar");
  }
  const psk = await pskOf(context, section);
  if (certificates === undefined && (psk?.accepted?.size ?? 0) === 0) {
    throw new UsageError(
      `${section.where}: security: nobody can prove anything: give the registrar a certificate ` +
        "by --ca, --cert and --key, or psk-keys here",
    );
  }
  warnOfUnknownKeys(context, section, psk);
  return {
    ...(certificates === undefined ? {} : { certificates }),
    ...(psk === undefined ? {} : { psk }),
    permissions: { identities: section.identities, read: section.read },
    allowInsecureResolution: options.allowInsecureResolution || section.allowInsecureResolution,
    rates: section.rates,
  };
}

/**
 * The peers of a secured registrar: who writes no port means the one of TLS.
 *
 * @throws {UsageError} if there is nothing by which one could be dialled.
 */
export function securedPeers(options: Options, secured: SecuredSettings): SocketAddress[] {
  const { security: { certificates, psk }, enrpPsk = [] } = secured;
  const hasKey = (address: SocketAddress) => psk?.peers?.has(formatAddress(address)) === true;
  const peers = peersOf(options, (host) => {
    const isByKey = certificates === undefined || hasKey({ host, port: PORTS.psk.ENRP });
    return PORTS[isByKey ? "psk" : "certificate"].ENRP;
  });
  if (certificates !== undefined) return peers;
  // The same list may be on all hosts, and nobody has a key for itself.
  const own = new Set(enrpPsk.map(formatAddress));
  const others = peers.filter((peer) => hasKey(peer) || !own.has(formatAddress(peer)));
  const without = others.find((peer) => !hasKey(peer));
  if (without === undefined) return others;
  throw new UsageError(
    `--peer ${
      formatAddress(without)
    }: there is no key for it in psk-peers of the section security:`,
  );
}

/** A registrar that somebody wanted to be secured must not serve everybody. RFC 5355 §2.15. */
function refuseWithoutSection({ sourceOf, configuration }: Context, options: Options): void {
  const keys = [...Object.keys(SECURED_OPTIONS), "cert", "key", "ca"] as (keyof Options)[];
  const wanted = keys.find((key) => {
    // Whom clients of this host trust is no wish of this registrar.
    const isOfClients = key === "ca" && sourceOf(key) === "environment";
    return sourceOf(key) !== "default" && options[key] !== false && !isOfClients;
  });
  if (wanted === undefined) return;
  const table: Partial<Record<string, Option<unknown>>> = { ...SHARED_OPTIONS, ...SECURED_OPTIONS };
  const where = configuration === undefined
    ? "--config FILE with a section security:"
    : `a section security: in ${options.config}`;
  throw new UsageError(`--${longName(table[wanted]!)} needs ${where}, which says who may do what`);
}

/** Whoever set it for the clients of this host may believe that the registrar is secured, too. */
function tellOfUnusedTrust({ sourceOf, log }: Context): void {
  if (sourceOf("ca") !== "environment") return;
  const message =
    "RSERPOOL_CA is not used: without a section security: the registrar is not secured";
  log.event("notice", "trust-unused", {}, message);
}

function refuseListeners(
  { sourceOf }: Context,
  keys: readonly (keyof typeof SECURED_OPTIONS)[],
  needed: string,
): void {
  const given = keys.find((key) => sourceOf(key) !== "default");
  if (given === undefined) return;
  throw new UsageError(`--${longName(SECURED_OPTIONS[given])} needs ${needed}`);
}

async function certificatesOf(context: Context, options: SharedValues) {
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) =>
    pathOf(context, options, name)
  );
  requirePair("--cert", cert, "--key", key);
  if (cert === undefined) {
    if (ca !== undefined && context.sourceOf("ca") !== "environment") {
      throw new UsageError("--ca of a registrar needs its own certificate, too: --cert and --key");
    }
    return undefined;
  }
  if (ca === undefined) throw new UsageError("--cert needs --ca, too: whom the registrar trusts");
  return await readCertificates(context.world, { ca, cert, key });
}

async function pskOf(
  { world }: Context,
  { pskKeys, pskPeers }: SecuritySection,
): Promise<PskCredentials | undefined> {
  if (pskKeys === undefined && pskPeers.size === 0) return undefined;
  const files = new Map<string, PskFile>();
  const peers = new Map<string, PskKey>();
  for (const [address, peer] of pskPeers) {
    const file = files.get(peer.file) ?? await readPskFile(world, peer.file);
    files.set(peer.file, file);
    peers.set(address, keyOf(file, peer));
  }
  if (pskKeys === undefined) return { peers };
  const accepted = await readPskFile(world, pskKeys);
  if (accepted.bare !== undefined) {
    throw new UsageError(`${pskKeys} has a key without an identity; write IDENTITY:KEY`);
  }
  return { peers, accepted: accepted.keys };
}

function keyOf(file: PskFile, { identity }: PskPeer): PskKey {
  return { identity, key: pskKeyOf(file, identity) };
}

/**
 * Says who can prove nothing. It is no error, as the key of somebody is taken away by removing it,
 * but most often a mistake. Of a peer one key may be what this registrar shows, or another one.
 */
function warnOfUnknownKeys(
  { log }: Context,
  { identities, pskKeys }: SecuritySection,
  psk: PskCredentials | undefined,
): void {
  const known = new Set(psk?.accepted?.keys());
  for (const { identity } of psk?.peers?.values() ?? []) known.add(identity);
  const isPossible = ({ kind, name }: Proof) => {
    return kind === "certificate" || name.includes("*") || known.has(name);
  };
  const without = identities.filter(({ proofs }) => !proofs.some(isPossible));
  if (without.length === 0) return;
  const names = without.map(({ proofs }) => proofs.map(({ name }) => `"${name}"`).join(" or "));
  log.event(
    "warning",
    "key-missing",
    { identities: without.flatMap(({ proofs }) => proofs.map(({ name }) => name)) },
    `security: there is no key for ${names.join(", ")} in ${pskKeys ?? "psk-keys"}`,
  );
}
