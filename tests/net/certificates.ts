/** Makes authorities, certificates and keys for tests: right ones, and wrong in one way each. */

import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
} from "../../cli/certs/x509.ts";
import type { CertificateCredentials, Pem } from "../../lib/net/mod.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
};

/** The URI of a registrar's role. */
export const REGISTRAR = "rserpool:registrar";

/** What extKeyUsage may say. */
const USES = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

/** What a certificate shall say; what is absent is as it should be. */
export interface CertificateWish {
  /** The common name. */
  readonly subject?: string;
  readonly names?: readonly string[];
  readonly ips?: readonly string[];
  readonly uris?: readonly string[];
  /** Default both; an empty list: no such extension. */
  readonly eku?: readonly (keyof typeof USES)[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly keyUsage?: KeyUsageFlags;
  /** Whether basicConstraints say that it is an authority. */
  readonly isAuthority?: boolean;
  /** How many authorities may follow. */
  readonly pathLength?: number;
  /** Extensions beyond these. */
  readonly extensions?: readonly Extension[];
  /** Of an RSA key; default an EC key. */
  readonly rsaBits?: number;
  readonly hash?: "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
}

/** A certificate, what leads from it to its authority, and its key. */
export interface Issued {
  /** Its chain without the authority that is trusted. */
  readonly cert: Pem;
  readonly key: Pem;
  readonly certificate: X509Certificate;
  readonly keys: CryptoKeyPair;
}

/** Somebody who issues certificates. */
export class Authority {
  /** Its certificate. */
  readonly ca: Pem;
  readonly issued: Issued;
  /** The certificates between those it issues and the authority that is trusted. */
  readonly #between: string;

  constructor(issued: Issued, between: string) {
    this.issued = issued;
    this.ca = { path: "ca.pem", text: issued.certificate.toString("pem") };
    this.#between = between;
  }

  /** A certificate for somebody. */
  async issue(wish: CertificateWish = {}): Promise<Issued> {
    const keys = await makeKeys(wish);
    return await make(wish, keys, this.issued, this.#between);
  }

  /** A further authority, under this one. */
  async makeAuthority(wish: CertificateWish = {}): Promise<Authority> {
    const issued = await this.issue(authorityWish(wish));
    return new Authority(issued, issued.certificate.toString("pem") + "\n" + this.#between);
  }

  /** A list of those that it has revoked. */
  async revoke(...revoked: readonly Issued[]): Promise<string> {
    const crl = await X509CrlGenerator.create({
      issuer: this.issued.certificate.subject,
      thisUpdate: new Date(Date.now() - HOUR_MS),
      nextUpdate: new Date(Date.now() + DAY_MS),
      signingAlgorithm: EC,
      signingKey: this.issued.keys.privateKey,
      entries: revoked.map(({ certificate: { serialNumber } }) => ({
        serialNumber,
        revocationDate: new Date("2026-01-02T03:04:05Z"),
      })),
    });
    return PemConverter.encode(crl.rawData, "X509 CRL");
  }

  /** Credentials of somebody who trusts this authority. */
  credentials(issued?: Issued, more: Partial<CertificateCredentials> = {}): CertificateCredentials {
    return { ca: this.ca, cert: issued?.cert, key: issued?.key, ...more };
  }
}

/** An authority that signs its own certificate. */
export async function makeAuthority(wish: CertificateWish = {}): Promise<Authority> {
  const keys = await makeKeys(wish);
  return new Authority(await make(authorityWish(wish), keys, undefined, ""), "");
}

/** A certificate that its own key has signed. */
export async function makeSelfSigned(wish: CertificateWish): Promise<Issued> {
  return await make(wish, await makeKeys(wish), undefined, "");
}

function authorityWish(wish: CertificateWish): CertificateWish {
  return {
    subject: "Test Authority",
    eku: [],
    isAuthority: true,
    keyUsage: KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
    ...wish,
  };
}

async function makeKeys({ rsaBits }: CertificateWish): Promise<CryptoKeyPair> {
  const algorithm = rsaBits === undefined ? EC : { ...RSA, modulusLength: rsaBits };
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
}

async function make(
  wish: CertificateWish,
  keys: CryptoKeyPair,
  issuer: Issued | undefined,
  between: string,
): Promise<Issued> {
  const subject = `CN=${wish.subject ?? wish.names?.[0] ?? "somebody"}`;
  const signingKey = (issuer?.keys ?? keys).privateKey;
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: wish.notBefore ?? new Date(Date.now() - HOUR_MS),
    notAfter: wish.notAfter ?? new Date(Date.now() + 30 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: { ...signingKey.algorithm, hash: wish.hash ?? "SHA-256" } as typeof EC,
    extensions: extensionsOf(wish),
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate,
    keys,
    cert: { path: "cert.pem", text: certificate.toString("pem") + "\n" + between },
    key: { path: "cert.key", text: PemConverter.encode(pkcs8, "PRIVATE KEY") },
  };
}

function extensionsOf(wish: CertificateWish): Extension[] {
  const { names = [], ips = [], uris = [], eku = ["server", "client"] } = wish;
  const alternative: JsonGeneralName[] = [
    ...names.map((value) => ({ type: "dns" as const, value })),
    ...ips.map((value) => ({ type: "ip" as const, value })),
    ...uris.map((value) => ({ type: "url" as const, value })),
  ];
  return [
    new BasicConstraintsExtension(wish.isAuthority ?? false, wish.pathLength, true),
    ...(wish.keyUsage === undefined ? [] : [new KeyUsagesExtension(wish.keyUsage, true)]),
    ...(eku.length === 0 ? [] : [new ExtendedKeyUsageExtension(eku.map((use) => USES[use]))]),
    ...(alternative.length === 0 ? [] : [new SubjectAlternativeNameExtension(alternative)]),
    ...(wish.extensions ?? []),
  ];
}
