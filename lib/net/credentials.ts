/** What a transport over TLS is made of: certificates or keys. Their files are read elsewhere. */

/** A text in PEM, and where it came from, for errors. */
export interface Pem {
  /** Its file, for messages. */
  readonly path: string;
  /** What is in the file. */
  readonly text: string;
}

/** Certificates, as read from files. */
export interface CertificateCredentials {
  /** Certificates of the authorities that are trusted, and their revocation lists, if any. */
  readonly ca: Pem;
  /** This process's own certificate, with what leads from it to an authority. */
  readonly cert?: Pem | undefined;
  /** The key of that certificate. */
  readonly key?: Pem | undefined;
  /**
   * The name that a dialled registrar must have, in place of the host that was dialled; in
   * sessions, the name that all elements of the pool have.
   */
  readonly serverName?: string | undefined;
}

/** A pre-shared key. RFC 9257 §6.1: its identity travels in clear. */
export interface PskKey {
  /** 1 to 64 bytes of UTF-8. */
  readonly identity: string;
  /** At least 16 bytes. */
  readonly key: Uint8Array;
}

/** Pre-shared keys; one is for one node in the client's role and one in the server's. */
export interface PskCredentials {
  /** What this process shows where it is the TLS client. */
  readonly own?: PskKey | undefined;
  /** What it shows instead to those that it dials, by `HOST:PORT` as `formatAddress` writes it. */
  readonly peers?: ReadonlyMap<string, PskKey> | undefined;
  /** Keys by identity that it accepts where it is the TLS server. */
  readonly accepted?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** Credentials that cannot be used: the file is named, and what is wrong with it. */
export class CredentialsInvalid extends Error {
  /** The name of the class. */
  override readonly name = "CredentialsInvalid";

  /** Of what is wrong, and where. */
  constructor(
    /** The file. */
    readonly path: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${why}`, options);
  }
}
