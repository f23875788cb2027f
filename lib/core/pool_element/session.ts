/** What all procedures of a pool element share. */

import {
  comparableAddress,
  type Policy,
  type PoolElement,
  type Transport,
} from "../../wire/mod.ts";
import { USE_DATA_ONLY } from "../../wire/mod.ts";
import { type Attempt, followed } from "../attempt.ts";
import type { Association, Connected, Instant, SocketAddress } from "../machine.ts";
import { Outputs } from "../outputs.ts";
import { TokenBucket } from "../security/token_bucket.ts";
import { type HuntOutlet, ServerHunt } from "../server_hunt.ts";
import { Timers } from "../timers.ts";
import type { AsapEndpoint, HuntReason, PoolElementEvent, PoolElementOptions } from "./contract.ts";

/** The timers of RFC 5352 §7.1 that an element has, and two of ours. */
export type PoolElementTimer =
  | "T2-registration"
  | "T3-deregistration"
  | "T4-reregistration"
  | "home-silence"
  | "deregistration-end";

/** The association with the home. */
export interface HomeAssociation {
  readonly association: Association;
  readonly registrar: SocketAddress;
  readonly local: SocketAddress;
}

/** The state of one registration. */
export class Session {
  readonly options: PoolElementOptions;
  readonly outputs = new Outputs<PoolElementEvent>();
  readonly timers = new Timers<PoolElementTimer>();
  readonly hunt: ServerHunt;
  /** Associations that registrars opened to the ASAP endpoint, oldest first. */
  readonly accepted = new Map<Association, Connected>();

  policy: Policy;
  /** No address in it: that of the association. */
  transport: Transport;
  endpoint: AsapEndpoint | undefined;
  wants: "nothing" | "registration" | "deregistration" | "stopped" = "nothing";
  home: HomeAssociation | undefined;
  /** Server identifier of the home, as its keep-alives tell it. */
  homeIdentifier: number | undefined;
  /** A registration was granted since `register` was asked for. */
  wasGranted = false;
  /** The home holds the registration, as far as can be known. */
  isRegistered = false;
  /** Some registrar may hold the registration. */
  mayBeListed = false;
  /** De-registration was given up: the element serves no more, whoever still lists it. */
  hasLeft = false;
  /** Both, before `register` was asked for: they hold again if it is rejected. */
  before = { mayBeListed: false, hasLeft: false };
  /** When the registration ends by itself, at the latest; Infinity for an infinite life. */
  lifeEnd: Instant = -Infinity;
  /** Registration attempts at this home since the last grant. RFC 5352 §3.1. */
  attempts = 0;
  /** Registrations at this home that are not answered yet. */
  unanswered = 0;
  /** What was sent last, in the answer's absence. */
  sent: PoolElement | undefined;
  /** Something changed since it was sent. */
  isChanged = false;
  /** Keep-alives that may be answered. */
  readonly keepAlives: TokenBucket;

  constructor(options: PoolElementOptions) {
    this.options = options;
    this.policy = options.element.policy;
    this.transport = options.element.transport;
    this.endpoint = options.endpoint;
    const { registrars, timing, limits, random, staggerMs } = options;
    this.keepAlives = new TokenBucket(2 * limits.maxKeepAlivesPerSecond, -Infinity);
    const maxHints = options.discovers === true ? limits.maxHintsPerRound : undefined;
    const { outputs } = this;
    const order = options.order ?? "random";
    const hunting = {
      protocol: "ASAP" as const,
      registrars,
      maxHints,
      timing,
      random,
      order,
      staggerMs,
    };
    const outlet: HuntOutlet = {
      connect: (protocol, to, timeoutMs) => outputs.connect(protocol, to, timeoutMs),
      close: (association) => outputs.close(association),
      failed: (attempts) => outputs.event({ type: "hunt-failure", attempts }),
    };
    this.hunt = new ServerHunt(hunting, followed(outlet, options.tellsAttempts, outputs));
  }

  /** Whether a message names this element. */
  isOurs(message: { readonly poolHandle: string; readonly peIdentifier: number }): boolean {
    return message.poolHandle === this.options.poolHandle &&
      message.peIdentifier === this.options.element.identifier;
  }

  /** Looks for a registrar. RFC 5352 §3.6. */
  seek(why: HuntReason, now: Instant, avoid?: SocketAddress): void {
    if (this.hunt.isHunting) return;
    this.outputs.event({ type: "hunting", why });
    this.hunt.start(now, avoid);
  }

  /** Takes an association as the home; the one before is closed (protocol decision 12). */
  adopt(home: HomeAssociation): void {
    const previous = this.home;
    this.home = home;
    this.unanswered = 0;
    if (previous !== undefined && previous.association !== home.association) {
      this.accepted.delete(previous.association);
      this.outputs.close(previous.association);
    }
  }

  /** Forgets the home, whose association has ended or is to end. */
  forgetHome(): void {
    if (this.home !== undefined) this.accepted.delete(this.home.association);
    this.home = undefined;
    this.homeIdentifier = undefined;
    this.isRegistered = false;
    this.stopTimers("T2-registration", "T3-deregistration", "T4-reregistration", "home-silence");
  }

  /** A home that does not answer is left for another one. RFC 5352 §3.1 and §3.2. */
  abandonHome(now: Instant): void {
    const { home } = this;
    if (home === undefined) return;
    this.hunt.note(home.registrar, "silent");
    this.outputs.close(home.association);
    this.forgetHome();
    this.seek("no-answer", now, home.registrar);
  }

  /** What became of the registrars; the home is silent as long as it owes an answer. */
  fates(): Attempt[] {
    const { home, timers } = this;
    const owes = timers.has("T2-registration") || timers.has("T3-deregistration");
    if (home === undefined || !owes) return this.hunt.attempts();
    const { registrar: address } = home;
    return this.hunt.attempts({ address, reason: "silent", detail: undefined });
  }

  stopTimers(...timers: PoolElementTimer[]): void {
    for (const timer of timers) this.timers.delete(timer);
  }

  /** Tells that a message was ignored. */
  discard(association: Association, messageType: string, why: string): void {
    this.outputs.event({ type: "discarded", association, messageType, why });
  }

  /** The element as it is registered over an association. RFC 5352 §3.1, R2. */
  elementFor(home: HomeAssociation): PoolElement {
    const { identifier, registrationLife } = this.options.element;
    const local = comparableAddress(home.local.host);
    const endpoint = this.endpoint ?? { port: this.options.endpointPort?.(local) ?? 0 };
    const asapTransport = asapTransportOf(endpoint, local);
    return {
      identifier,
      home: this.homeIdentifier ?? 0,
      registrationLife,
      transport: withAddress(this.transport, local),
      policy: this.policy,
      ...(asapTransport && { asapTransport }),
    };
  }
}

/** RFC 5352 §2.2.1: addresses are those of the association; they are filled in where none is. */
function withAddress(transport: Transport, local: string): Transport {
  if (transport.protocol === "opaque" || transport.addresses.length > 0) return transport;
  return { ...transport, addresses: [local] };
}

/** docs/tcp-mapping.md §3.3: type TCP, where the RFC says SCTP; port 0 is no listener. */
function asapTransportOf(endpoint: AsapEndpoint, local: string): Transport | undefined {
  if (endpoint.port === 0) return undefined;
  const addresses = [endpoint.host ?? local];
  return { protocol: "tcp", port: endpoint.port, use: USE_DATA_ONLY, addresses };
}
