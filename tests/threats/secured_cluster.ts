/**
 * The cluster that is attacked: two registrars that are peers, a pool element and its users, all
 * over TLS with certificates; and an attacker who says what he likes, byte by byte.
 */

import assert from "node:assert/strict";
import {
  asap,
  type AsapMessage,
  type CertificateCredentials,
  certificateTransport,
  type Connection,
  DecodeFailure,
  enrp,
  type EnrpMessage,
  FAST_REGISTRAR_TIMING,
  MessageSplitter,
  type NetTransport,
  type Permission,
  PoolElement,
  type PoolElementSettings,
  type PoolElementValue,
  PoolUser,
  pskTransport,
  type Rates,
  Registrar,
  type RegistrarSettings,
  type SecureTransport,
  type SecurityKind,
  type SocketAddress,
} from "../../mod.ts";
import { tcpTransport } from "../../lib/net/mod.ts";
import { ANY, Events, keyOf, LIMIT } from "../driver/secured.ts";
import { type Authority, type Issued, makeAuthority, REGISTRAR } from "../net/certificates.ts";

export { Events, LIMIT } from "../driver/secured.ts";

/** Elements `web-…` in pool web, `mail-…` and `label-…` in mail, registrars `r…`, an operator. */
export const PERMISSIONS: readonly Permission[] = [
  { proofs: provedBy("r*.example.org"), registrar: true },
  { proofs: provedBy("web-*"), register: ["web"] },
  { proofs: provedBy("mail-*"), register: ["mail"] },
  { proofs: provedBy("label-*"), register: ["mail"] },
  { proofs: [{ kind: "certificate", name: "oncall" }], operate: true },
];

/** By a certificate or by a key: what somebody may do does not depend on it. */
function provedBy(name: string): Permission["proofs"] {
  return [{ kind: "certificate", name }, { kind: "psk", name }];
}

/** What may be other than usual. */
export interface ClusterWish {
  readonly rates?: Partial<Rates>;
  readonly settings?: RegistrarSettings;
  /** How many registrars; default 2. */
  readonly registrars?: number;
  /** Whose pre-shared keys are accepted, too. */
  readonly keys?: readonly string[];
  readonly allowInsecureResolution?: boolean;
  /** How its element is other than usual. */
  readonly element?: Partial<PoolElementSettings>;
}

/** A secured cluster with one pool element in the pool web. */
export class SecuredCluster implements AsyncDisposable {
  readonly registrars: Registrar[] = [];
  /** What each of them tells. */
  readonly events: Events[] = [];
  /** The pool element that is there by right. */
  element!: PoolElement;
  private readonly ending: (() => Promise<void>)[] = [];

  private constructor(
    readonly authority: Authority,
    /** Whom nobody trusts. */
    readonly foreign: Authority,
  ) {}

  static async make(wish: ClusterWish = {}): Promise<SecuredCluster> {
    const cluster = new SecuredCluster(await makeAuthority(), await makeAuthority());
    try {
      for (let i = 1; i <= (wish.registrars ?? 2); i++) await cluster.addRegistrar(i, wish);
      cluster.element = await cluster.addElement("web-1.example.org", wish.element);
      await cluster.untilAllKnow(cluster.element);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** Where ASAP is served over TLS. */
  get asap(): SocketAddress[] {
    return this.registrars.map((each) => each.asapTls[0]!);
  }

  get enrp(): SocketAddress[] {
    return this.registrars.map((each) => each.enrpTls[0]!);
  }

  /** A certificate of somebody of this cluster. */
  issue(name: string): Promise<Issued> {
    return this.authority.issue({ names: [name], eku: ["client"] });
  }

  /** A certificate of a registrar on this host. */
  issueRegistrar(name: string, by = this.authority): Promise<Issued> {
    return by.issue({ names: [name], ips: ["127.0.0.1"], uris: [REGISTRAR] });
  }

  /** What somebody with a certificate of this cluster, or without one, speaks over. */
  transport(issued?: Issued, more: Partial<CertificateCredentials> = {}) {
    return certificateTransport(this.authority.credentials(issued, more));
  }

  /** Where the first registrar is served over certificates or over keys. */
  at(protocol: "asap" | "enrp", kind: SecurityKind): SocketAddress {
    const { asapTls, asapPsk, enrpTls, enrpPsk } = this.registrars[0]!;
    const [tls, psk] = protocol === "asap" ? [asapTls, asapPsk] : [enrpTls, enrpPsk];
    return (kind === "psk" ? psk : tls)[0]!;
  }

  /** What somebody speaks over who proves its name by a certificate or by a key. */
  async as(kind: SecurityKind, name: string): Promise<SecureTransport> {
    if (kind === "psk") return await pskTransport({ own: { identity: name, key: keyOf(name) } });
    const isRegistrar = /^r[0-9]/.test(name);
    return await this.transport(
      await (isRegistrar ? this.issueRegistrar : this.issue)
        .call(this, name),
    );
  }

  /** What secures a second registrar, r2.example.org, which dials the first at an address. */
  async securityOfSecond(
    kind: SecurityKind,
    first: SocketAddress,
  ): Promise<Pick<RegistrarSettings, "asapTls" | "enrpTls" | "asapPsk" | "enrpPsk" | "security">> {
    const permissions = { identities: PERMISSIONS };
    const identity = "r2.example.org";
    if (kind === "certificate") {
      const certificates = this.authority.credentials(await this.issueRegistrar(identity));
      return { asapTls: ANY, enrpTls: ANY, security: { certificates, permissions } };
    }
    const peers = new Map([[`${first.host}:${first.port}`, { identity, key: keyOf(identity) }]]);
    const accepted = new Map([["r1.example.org", keyOf("r1.example.org")]]);
    return { asapPsk: ANY, enrpPsk: ANY, security: { psk: { accepted, peers }, permissions } };
  }

  async addElement(
    name: string,
    settings: Partial<PoolElementSettings> = {},
  ): Promise<PoolElement> {
    const element = new PoolElement({
      registrars: this.asap.slice(0, 1),
      poolHandle: "web",
      port: 8081,
      addresses: ["192.0.2.10"],
      transport: await this.transport(await this.issue(name)),
      timingProfile: "fast",
      ...settings,
    });
    this.ending.push(() => element.close());
    await element.register(LIMIT);
    return element;
  }

  /** The pool as a user of a registrar sees it, by PE identifier. */
  async resolve(poolHandle = "web", registrar = 0): Promise<PoolElementValue[]> {
    const transport = await this.transport();
    const registrars = [this.asap[registrar]!];
    await using user = new PoolUser({ registrars, transport, once: true });
    return [...(await user.resolve(poolHandle, LIMIT)).poolElements];
  }

  /** Asserts that pool web is as it was, at every registrar. */
  async assertUntouched(): Promise<void> {
    for (const i of this.registrars.keys()) {
      const elements = await this.resolve("web", i);
      assert.deepEqual(elements.map((each) => each.identifier), [this.element.identifier]);
      const { transport } = elements[0]!;
      assert.deepEqual(transport, {
        protocol: "tcp",
        port: 8081,
        use: 0,
        addresses: ["192.0.2.10"],
      });
    }
    assert.equal(this.element.state, "registered");
  }

  /** Waits until each registrar lists an element. */
  async untilAllKnow({ identifier }: { readonly identifier: number }): Promise<void> {
    for (const [i, events] of this.events.entries()) {
      const type = i === 0 ? "pool-element-registered" : "pool-element-updated";
      await events.first(type, (event) => event.identifier === identifier);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.ending.splice(0).reverse()) await end();
    for (const registrar of this.registrars.splice(0)) await registrar.stop();
  }

  private async addRegistrar(number: number, wish: ClusterWish): Promise<void> {
    const { rates, keys, settings, allowInsecureResolution } = wish;
    const events = new Events();
    const certificates = this.authority.credentials(
      await this.issueRegistrar(`r${number}.example.org`),
    );
    const accepted = new Map(keys?.map((identity) => [identity, keyOf(identity)]));
    const psk = keys && { accepted };
    const permissions = { identities: PERMISSIONS, read: ["web", "mail"] };
    this.registrars.push(
      await Registrar.start({
        asap: ANY,
        enrp: ANY,
        asapTls: ANY,
        enrpTls: ANY,
        ...(keys && { asapPsk: ANY, enrpPsk: ANY }),
        identifier: number,
        timing: FAST_REGISTRAR_TIMING,
        addressCheck: "any",
        mentors: this.enrp.slice(0, 1),
        security: { certificates, psk, permissions, rates, allowInsecureResolution },
        onEvent: events.onEvent,
        ...settings,
      }),
    );
    this.events.push(events);
  }
}

/** Somebody who speaks ASAP or ENRP as he likes. */
export class Speaker<Message extends AsapMessage | EnrpMessage> implements AsyncDisposable {
  private readonly splitter = new MessageSplitter();
  private readonly heard: Message[] = [];

  private constructor(
    readonly connection: Connection,
    private readonly protocol: "asap" | "enrp",
  ) {}

  /** Speaks ASAP to a registrar; without a transport over plain TCP. */
  static asap(to: SocketAddress, over?: NetTransport): Promise<Speaker<AsapMessage>> {
    return Speaker.to<AsapMessage>("asap", to, over);
  }

  /** Speaks to a pool element as registrars do: as the TLS server (protocol decision 27). */
  static toElement(to: SocketAddress, over?: NetTransport): Promise<Speaker<AsapMessage>> {
    return Speaker.to<AsapMessage>("asap", to, over, "server");
  }

  /** Speaks ENRP to a registrar. */
  static enrp(to: SocketAddress, over?: NetTransport): Promise<Speaker<EnrpMessage>> {
    return Speaker.to<EnrpMessage>("enrp", to, over);
  }

  private static async to<Message extends AsapMessage | EnrpMessage>(
    protocol: "asap" | "enrp",
    to: SocketAddress,
    over: NetTransport = tcpTransport(),
    role: "client" | "server" = "client",
  ): Promise<Speaker<Message>> {
    const options = { ...LIMIT, tls: { role, protocol } } as const;
    return new Speaker<Message>(await over.dial(to, options), protocol);
  }

  /** Says several messages at once. */
  say(...messages: readonly Message[]): void {
    for (const message of messages) {
      const bytes = this.protocol === "asap"
        ? asap.encode(message as AsapMessage)
        : enrp.encode(message as EnrpMessage);
      void this.connection.write(bytes);
    }
  }

  /** The next message; `undefined` if the other side has ended the connection. */
  async hear(): Promise<Message | undefined> {
    for (;;) {
      const next = this.heard.shift();
      if (next !== undefined) return next;
      const bytes = await this.connection.read();
      if (bytes === null) return undefined;
      for (const split of this.splitter.split(bytes)) {
        assert(split.kind !== "garbage");
        const decoded = this.protocol === "asap"
          ? asap.decode(split.bytes)
          : enrp.decode(split.bytes);
        assert(!(decoded instanceof DecodeFailure));
        this.heard.push(decoded.message as Message);
      }
    }
  }

  /** The next message of a type, whatever comes before it. */
  async hearOf<Type extends Message["type"]>(
    type: Type,
  ): Promise<Extract<Message, { readonly type: Type }>> {
    for (;;) {
      const message = await this.hear();
      assert(message !== undefined, `the connection ended without ${type}`);
      if (message.type === type) return message as Extract<Message, { readonly type: Type }>;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}

/** A registration of somebody's. */
export function registration(
  identifier: number,
  poolHandle = "web",
): Extract<AsapMessage, { readonly type: "ASAP_REGISTRATION" }> {
  return {
    type: "ASAP_REGISTRATION",
    poolHandle,
    poolElement: {
      identifier,
      home: 0,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 666, use: 0, addresses: ["203.0.113.66"] },
      policy: { name: "round-robin" },
    },
  };
}

/** The causes by which something was refused. */
export function codesOf(
  { causes = [] }: { readonly causes?: readonly { readonly code: number }[] | undefined },
): number[] {
  return causes.map(({ code }) => code);
}
