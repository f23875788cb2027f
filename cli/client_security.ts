/**
 * How clients of registrars are secured: the options, what they mean together, and the ports that
 * go with it. What TLS needs is loaded only where TLS is wanted. RFC 5352 §9.
 */

import { ASAP_PORT, ENRP_PORT, parseIp, parseWrittenAddress } from "./address.ts";
import type { SecureTransport } from "./api.ts";
import type { Context } from "./command.ts";
import { UsageError } from "./exit.ts";
import {
  flag,
  longName,
  type Option,
  type OptionTable,
  type Source,
  value,
  type ValuesOf,
} from "./option.ts";
import type { SharedValues } from "./options.ts";

const sameText = (text: string) => text;

/** Of clients and of registrars: who this process is, and whom it trusts. */
export const CERTIFICATE_OPTIONS = {
  ca: value("--ca <FILE>", "certificates of who is trusted, and their revocations: PEM", sameText, {
    env: "RSERPOOL_CA",
  }),
  cert: value("--cert <FILE>", "the own certificate, with those between it and a CA", sameText, {
    env: "RSERPOOL_CERT",
  }),
  key: value("--key <FILE>", "the private key of --cert", sameText, { env: "RSERPOOL_KEY" }),
} satisfies OptionTable;

/** Of clients. */
export const CLIENT_SECURITY_OPTIONS = {
  tls: flag("--tls", "certificate TLS; implied by --ca, --cert, --key and --server-name", {
    env: "RSERPOOL_TLS",
  }),
  noTls: flag("--no-tls", "no TLS, whatever the environment and the file say"),
  serverName: value(
    "--server-name <NAME>",
    "the name that a registrar's certificate must have, in place of the host that is asked",
    parseServerName,
    { env: "RSERPOOL_SERVER_NAME" },
  ),
  pskFile: value("--psk-file <FILE>", "TLS with the pre-shared key in this file", sameText, {
    env: "RSERPOOL_PSK_FILE",
  }),
  pskIdentity: value(
    "--psk-identity <NAME>",
    "the identity of that key, if the file has several or does not say it",
    sameText,
    { env: "RSERPOOL_PSK_IDENTITY" },
  ),
} satisfies OptionTable;

/** The values of these options. */
export type ClientSecurityValues = ValuesOf<
  typeof CERTIFICATE_OPTIONS & typeof CLIENT_SECURITY_OPTIONS
>;

/** How a client is secured; `plain`: not at all. */
export type ClientSecurity = "plain" | "certificate" | "psk";

/** What secures a client, as its settings have it. */
export interface Secured {
  readonly transport?: SecureTransport;
  /** Whether this side has a certificate. */
  readonly showsCertificate?: boolean;
  /** Reads the files again; if one is wrong, says so and goes on with what it had. */
  readonly reload?: () => Promise<void>;
}

/** The usual ports. RFC 5352 §8.2, RFC 5353 §6.2; those for pre-shared keys are our own. */
export const PORTS: Readonly<Record<ClientSecurity, Record<"ASAP" | "ENRP", number>>> = {
  plain: { ASAP: ASAP_PORT, ENRP: ENRP_PORT },
  certificate: { ASAP: 3864, ENRP: 9902 },
  psk: { ASAP: 13_864, ENRP: 19_902 },
};

function parseServerName(text: string): string {
  if (text.includes(":")) return parseIp(text);
  return parseWrittenAddress(text).host;
}

/** The weakest first. */
const SOURCES: readonly Source[] = ["default", "file", "environment", "option"];

const CERTIFICATE_KEYS = ["tls", "ca", "cert", "key", "serverName"] as const;
const PSK_KEYS = ["pskIdentity", "pskFile"] as const;

type Key = typeof CERTIFICATE_KEYS[number] | typeof PSK_KEYS[number];

/**
 * How a client is to be secured. Of certificates, pre-shared keys and none the one counts that was
 * asked for by the strongest source: option > environment > file.
 *
 * @throws {UsageError} if one source asks for two of them, or for a part of one.
 */
export function clientSecurity(
  context: Context,
  options: ClientSecurityValues,
): ClientSecurity {
  const plain = strengthOfPlain(context, options);
  const certificate = strongest(context, options, CERTIFICATE_KEYS);
  const psk = strongest(context, options, PSK_KEYS);
  const secured = Math.max(certificate.strength, psk.strength);
  if (plain > 0 && plain >= secured) {
    if (plain > secured || SOURCES[plain] !== "option") return "plain";
    const other = certificate.strength === secured ? certificate : psk;
    throw exclusive("--no-tls", other.name);
  }
  if (secured === 0) return "plain";
  if (certificate.strength === psk.strength) throw exclusive(certificate.name, psk.name);
  return certificate.strength > psk.strength
    ? requireWholeCertificate(options)
    : requireWholePsk(options);
}

/**
 * What to add to the settings of a client, so that it is secured as its options say.
 *
 * @throws {UsageError} if a file is missing, unreadable or wrong.
 */
export async function securedTransport(
  context: Context,
  options: SharedValues,
): Promise<Secured> {
  const security = clientSecurity(context, options);
  if (security === "plain") return {};
  const { clientTransport } = await import("./client_transport.ts");
  return await clientTransport(context, options, security);
}

/** How strongly no TLS is asked for; `--tls` may be false, too. */
function strengthOfPlain(context: Context, { tls, noTls }: ClientSecurityValues): number {
  const strengthOf = (key: string) => SOURCES.indexOf(context.sourceOf(key));
  return Math.max(noTls ? strengthOf("noTls") : 0, tls ? 0 : strengthOf("tls"));
}

/** Of some options the one with the strongest source. */
function strongest(context: Context, options: ClientSecurityValues, keys: readonly Key[]) {
  let found = { strength: 0, name: "" };
  for (const key of keys) {
    const strength = SOURCES.indexOf(context.sourceOf(key));
    const isAsked = options[key] !== undefined && options[key] !== false;
    if (isAsked && strength > found.strength) found = { strength, name: nameOf(key) };
  }
  return found;
}

function nameOf(key: Key): string {
  const table: OptionTable = { ...CERTIFICATE_OPTIONS, ...CLIENT_SECURITY_OPTIONS };
  return `--${longName(table[key] as Option<unknown>)}`;
}

/** Registrars carry a role that no authority of the web certifies, so somebody must be named. */
function requireWholeCertificate({ ca, cert, key }: ClientSecurityValues): "certificate" {
  if (ca === undefined) {
    throw new UsageError("TLS needs --ca FILE: the certificate of who is trusted");
  }
  requirePair("--cert", cert, "--key", key);
  return "certificate";
}

/** A file with one key says whose it is. */
function requireWholePsk({ pskFile }: ClientSecurityValues): "psk" {
  if (pskFile === undefined) throw new UsageError("--psk-identity needs --psk-file, too");
  return "psk";
}

/**
 * Refuses one option of two without the other.
 *
 * @throws {UsageError} that names the missing one.
 */
export function requirePair(a: string, valueA: unknown, b: string, valueB: unknown): void {
  if ((valueA === undefined) === (valueB === undefined)) return;
  const [given, missing] = valueB === undefined ? [a, b] : [b, a];
  throw new UsageError(`${given} needs ${missing}, too`);
}

function exclusive(a: string, b: string): UsageError {
  return new UsageError(`${a} and ${b} exclude each other`);
}
