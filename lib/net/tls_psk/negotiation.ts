/** What a server makes of a ClientHello, RFC 8446 §4.1.1 and §4.2; its key is chosen elsewhere. */
import type { CipherSuite } from "./cipher_suites.ts";
import type { ClientHello } from "./client_hello.ts";
import { EXTENSION, type Extensions, PSK_DHE_KE, readClientKeyShares } from "./extensions.ts";
import { readKeyExchangeModes, readProtocolNames, readSupportedVersions } from "./extensions.ts";
import { readUint16Vector, TLS13 } from "./extensions.ts";
import { Refusal } from "./failure.ts";
import type { Group } from "./groups.ts";
import type { Settings } from "./settings.ts";
import { isSameBytes } from "./vectors.ts";

/** SSL 3.0, which no legacy_version may name. RFC 8446 §D.5. */
const SSL3 = 0x0300;

/** What the server will use. */
export interface Choice {
  readonly cipherSuite: CipherSuite;
  readonly group: Group;
  /** The client's share of the group; undefined if the client is to be asked for one. */
  readonly publicKey: Uint8Array | undefined;
}

/** Chooses the cipher suite and the group, or refuses what the client offers. */
export function chooseParameters(hello: ClientHello, settings: Settings): Choice {
  checkVersion(hello);
  if (hello.compressionMethods.length !== 1 || hello.compressionMethods[0] !== 0) {
    throw new Refusal("illegal_parameter", "the client offers compression");
  }
  if (hello.extensions.has(EXTENSION.cookie)) {
    // §4.2.2: we never give one, so the client has it from elsewhere.
    throw new Refusal("illegal_parameter", "the client has a cookie that was not given");
  }
  checkKeyExchangeModes(hello.extensions);
  const cipherSuite = settings.cipherSuites.find(({ code }) => hello.cipherSuites.includes(code));
  if (!cipherSuite) throw new Refusal("handshake_failure", "no cipher suite in common");
  const chosen = chooseGroup(hello.extensions, settings.groups);
  checkApplicationProtocol(hello.extensions, settings.alpnBytes);
  return { cipherSuite, ...chosen };
}

/** §4.2.1 and §D.2. */
function checkVersion({ extensions, legacyVersion }: ClientHello): void {
  const versions = extensions.get(EXTENSION.supported_versions);
  if (versions && legacyVersion > SSL3 && readSupportedVersions(versions).includes(TLS13)) return;
  throw new Refusal("protocol_version", "the client has no TLS 1.3");
}

/** §4.2.9, §4.2.11 and §9.2: a pre-shared key, with key exchange. */
function checkKeyExchangeModes(extensions: Extensions): void {
  if (!extensions.has(EXTENSION.pre_shared_key)) {
    const isComplete = extensions.has(EXTENSION.signature_algorithms) &&
      extensions.has(EXTENSION.supported_groups);
    throw new Refusal(
      isComplete ? "handshake_failure" : "missing_extension",
      "the client offers no pre-shared key",
    );
  }
  if ([...extensions.keys()].at(-1) !== EXTENSION.pre_shared_key) {
    throw new Refusal("illegal_parameter", "pre_shared_key is not the last extension");
  }
  const modes = extensions.get(EXTENSION.psk_key_exchange_modes);
  if (!modes) throw new Refusal("missing_extension", "psk_key_exchange_modes is missing");
  if (!readKeyExchangeModes(modes).includes(PSK_DHE_KE)) {
    throw new Refusal("handshake_failure", "the client offers no key exchange with its key");
  }
}

/** §4.2.7 and §4.2.8: the best group of which there is a share, else the best there is. */
function chooseGroup(
  extensions: Extensions,
  ours: readonly Group[],
): Pick<Choice, "group" | "publicKey"> {
  const groups = extensions.get(EXTENSION.supported_groups);
  const keyShares = extensions.get(EXTENSION.key_share);
  if (!groups || !keyShares) {
    throw new Refusal("missing_extension", "supported_groups or key_share is missing");
  }
  // Who is not known yet may offer thousands of both: one pass over each.
  const offered = new Set(readUint16Vector(groups));
  const shares = readClientKeyShares(keyShares);
  for (const code of shares.keys()) {
    if (offered.has(code)) continue;
    throw new Refusal("illegal_parameter", `a key share of group ${code}, which is not offered`);
  }
  const common = ours.filter(({ code }) => offered.has(code));
  const group = common.find(({ code }) => shares.has(code)) ?? common[0];
  if (!group) throw new Refusal("handshake_failure", "no group in common");
  return { group, publicKey: shares.get(group.code) };
}

/** RFC 7301 §3.2. */
function checkApplicationProtocol(extensions: Extensions, ours: Uint8Array): void {
  const alpn = extensions.get(EXTENSION.application_layer_protocol_negotiation);
  const names = alpn ? readProtocolNames(alpn) : [];
  if (names.some((name) => isSameBytes(name, ours))) return;
  throw new Refusal("no_application_protocol", "the client names no application protocol of ours");
}

/** §4.1.2: extensions that may change, come or go after a HelloRetryRequest. */
const MAY_CHANGE: readonly number[] = [
  EXTENSION.key_share,
  EXTENSION.early_data,
  EXTENSION.pre_shared_key,
  EXTENSION.padding,
];

/** §4.1.2 and §4.2.8: the second ClientHello is the first but for what was asked of it. */
export function checkRetriedHello(
  first: ClientHello,
  second: ClientHello,
  asked: Choice,
  chosen: Choice,
): void {
  const isOne = readClientKeyShares(second.extensions.get(EXTENSION.key_share)!).size === 1;
  if (!isOne || chosen.group !== asked.group || !chosen.publicKey) {
    throw new Refusal("illegal_parameter", "the second hello lacks the key share asked for");
  }
  const isUnchanged = isSameBytes(first.random, second.random) &&
    isSameBytes(first.sessionId, second.sessionId) &&
    first.legacyVersion === second.legacyVersion &&
    first.cipherSuites.join() === second.cipherSuites.join() &&
    hasSameExtensions(first.extensions, second.extensions);
  if (!isUnchanged || second.extensions.has(EXTENSION.early_data)) {
    throw new Refusal("illegal_parameter", "the second hello differs from the first");
  }
}

function hasSameExtensions(first: Extensions, second: Extensions): boolean {
  const fixed = (extensions: Extensions) =>
    [...extensions.keys()].filter((type) => !MAY_CHANGE.includes(type)).sort((a, b) => a - b);
  const types = fixed(first);
  return types.join() === fixed(second).join() &&
    types.every((type) => isSameBytes(first.get(type)!, second.get(type)!));
}
