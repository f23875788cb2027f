/** Where a service is checked: at the address that is registered, as far as it is known. */

import type { Address } from "../address.ts";
import type { SecureTransport } from "../api.ts";

const LOOPBACK = "127.0.0.1";
const DIAL_MS = 2000;

/**
 * The address that the element will be registered with. If none was given, it is the local one of
 * the connection to the registrar, which the first registration tells; until then it is found by
 * asking the system how it would reach the registrar.
 */
export class RegisteredAddress {
  private readonly given: string | undefined;
  private readonly registrars: readonly Address[];
  private readonly transport: SecureTransport | undefined;
  private known: string | undefined;

  /** A registrar that is asked over TLS would take a plain connection for an attack. */
  constructor(
    given: string | undefined,
    registrars: readonly Address[],
    transport: SecureTransport | undefined,
  ) {
    this.given = given;
    this.transport = transport;
    this.registrars = registrars;
    this.known = given ?? loopbackOf(registrars[0]?.host ?? "");
  }

  /** The element was registered with this address. */
  learn(address: string | undefined): void {
    if (this.given === undefined && address !== undefined) this.known = address;
  }

  /** The address, or the best guess while no registrar can be reached. */
  async find(): Promise<string> {
    for (const registrar of this.registrars) {
      if (this.known !== undefined) break;
      this.known = await (this.transport === undefined
        ? localAddress(registrar)
        : securedAddress(registrar, this.transport));
    }
    return this.known ?? LOOPBACK;
  }
}

/** Who reaches the registrar over the loopback comes from the loopback. */
function loopbackOf(host: string): string | undefined {
  if (host === "::1") return host;
  return /^127\./.test(host) ? LOOPBACK : undefined;
}

async function securedAddress(
  registrar: Address,
  transport: SecureTransport,
): Promise<string | undefined> {
  try {
    const connection = await transport.dial(registrar, {
      timeoutMs: DIAL_MS,
      tls: { role: "client", protocol: "asap" },
    });
    await connection.close();
    return connection.local.host;
  } catch {
    return undefined;
  }
}

async function localAddress(
  { host: hostname, port }: Address,
): Promise<string | undefined> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), DIAL_MS);
  try {
    using connection = await Deno.connect({ hostname, port, signal: limit.signal });
    return connection.localAddr.hostname;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
