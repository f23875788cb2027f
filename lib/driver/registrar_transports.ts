/** The transports of a registrar: plain TCP, and over TLS those that it has credentials for. */

import type { ProtocolName, Rates, SecurityKind, SocketAddress } from "../core/mod.ts";
import {
  type CertificateTransport,
  certificateTransport,
  type Connection,
  formatAddress,
  type InheritedSocket,
  type PskTransport,
  pskTransport,
  type SecureTransport,
  tcpTransport,
  type TlsUse,
  type Transport,
} from "../net/mod.ts";
import { now } from "./clock.ts";
import type { RegistrarSecurity } from "./security.ts";
import { alpnOf, type Transports } from "./transports.ts";

/** A handshake that began before a reload has ended after so many milliseconds, or never does. */
const LONGEST_HANDSHAKE_MS = 30_000;

/** The transports of a registrar, and what it trusts now. */
export class RegistrarTransports implements Transports {
  private readonly plain: Transport;
  private readonly inherited: readonly InheritedSocket[] | undefined;
  private certificate: CertificateTransport | undefined;
  private psk: PskTransport | undefined;
  private security: RegistrarSecurity | undefined;
  /** Until when somebody may appear whose handshake was made with what was trusted before. */
  private doubtfulUntil = -Infinity;

  constructor(plain: Transport | undefined, inherited?: readonly InheritedSocket[]) {
    this.plain = plain ?? tcpTransport({ inherited });
    this.inherited = inherited;
  }

  /**
   * Loads what the credentials need.
   *
   * @throws {CredentialsInvalid} if they cannot be used.
   */
  async open(security: RegistrarSecurity, rates: Rates): Promise<void> {
    const { certificates, psk } = security;
    const { handshakesPerSecond, burstSeconds } = rates;
    const handshakes = { handshakesPerSecond, burstSeconds };
    const options = { handshakes, inherited: this.inherited };
    this.certificate = certificates && await certificateTransport(certificates, options);
    this.psk = psk && await pskTransport(psk, options);
    this.security = security;
  }

  /**
   * Trusts others from now on: all of it, or, if it throws, nothing.
   *
   * @throws {CredentialsInvalid} if the new credentials cannot be used.
   * @throws {RangeError} if they are of other kinds than those before.
   */
  async replace(security: RegistrarSecurity): Promise<void> {
    const { security: before } = this;
    const { certificates, psk } = security;
    if (before === undefined) throw new RangeError("Cannot secure a registrar that runs without");
    requireSame("certificate", before.certificates, certificates);
    requireSame("certificate", before.certificates?.cert, certificates?.cert);
    requireSame("psk", before.psk, psk);
    if (certificates !== undefined) await this.certificate?.replace(certificates);
    try {
      if (psk !== undefined) this.psk?.replace(psk);
    } catch (error) {
      if (before.certificates !== undefined) {
        await this.certificate?.replace(before.certificates);
      }
      throw error;
    }
    this.security = security;
    this.doubtfulUntil = now() + LONGEST_HANDSHAKE_MS;
  }

  toListen(security: SecurityKind | undefined): Transport {
    return security === undefined ? this.plain : this.of(security);
  }

  /** A peer is dialled with the key for its address, if there is one, else with the certificate. */
  toDial(
    _protocol: ProtocolName,
    to: SocketAddress,
    security: SecurityKind | undefined,
  ): Transport {
    if (security !== undefined) return this.of(security);
    const { psk } = this;
    if (psk !== undefined && this.security?.psk?.peers?.has(formatAddress(to))) return psk;
    // A secured registrar tells nobody anything without TLS.
    return this.certificate ?? psk ?? this.plain;
  }

  /** Protocol decision 27: on ASAP it is the server, between registrars the one that listens. */
  tlsUse(protocol: ProtocolName, by: "listen" | "dial"): TlsUse {
    const isClient = protocol === "ENRP" && by === "dial";
    return { role: isClient ? "client" : "server", protocol: alpnOf(protocol) };
  }

  objection(connection: Connection): string | undefined {
    return now() < this.doubtfulUntil ? this.objectionNow(connection) : undefined;
  }

  /** Why a connection would not be made again with what is trusted now, in words. */
  objectionNow(connection: Connection): string | undefined {
    if (connection.secured === undefined) return undefined;
    return this.of(connection.secured.kind).objection(connection);
  }

  private of(kind: SecurityKind): SecureTransport {
    const transport = kind === "certificate" ? this.certificate : this.psk;
    if (transport === undefined) throw new RangeError(`There are no ${WORDS[kind]} here`);
    return transport;
  }
}

function requireSame(kind: SecurityKind, before: unknown, after: unknown): void {
  if ((before === undefined) === (after === undefined)) return;
  const change = before === undefined ? "begin to use" : "do without";
  throw new RangeError(`A registrar that runs cannot ${change} ${WORDS[kind]}`);
}

const WORDS: Readonly<Record<SecurityKind, string>> = {
  certificate: "certificates",
  psk: "pre-shared keys",
};
