/**
 * A whole cluster in one process: registrars, pool elements, pool users and observers, a network
 * between them, one virtual clock and one seed. The same seed and the same calls give the same run.
 */

import {
  DEFAULT_LIMITS,
  type Instant,
  type Limits,
  type Message,
  POOL_ELEMENT_TIMING,
  POOL_USER_TIMING,
  type ProtocolName,
  REGISTRAR_TIMING,
  type SocketAddress,
} from "../core/mod.ts";
import { type Random, seededRandom } from "../handlespace/mod.ts";
import { asap, DecodeFailure, enrp } from "../wire/mod.ts";
import type { ClusterTiming } from "./bounds.ts";
import { ClusterBindingElement, type ClusterBindingOptions } from "./cluster_binding_element.ts";
import { ClusterElement } from "./cluster_element.ts";
import { ClusterObserver } from "./cluster_observer.ts";
import { ClusterRegistrar, enrpAddress } from "./cluster_registrar.ts";
import { credentialsOf, type Part } from "./cluster_security.ts";
import type {
  ClusterOptions,
  ElementSettings,
  RegistrarSettings,
  UserSettings,
} from "./cluster_settings.ts";
import { ClusterUser } from "./cluster_user.ts";
import type { Credentials } from "./credentials.ts";
import { type Commons, mixSeed } from "./member.ts";
import { Multicast } from "./multicast.ts";
import { hostAddress, Names } from "./names.ts";
import { narrateBytes, narrateMessage } from "./narrate_message.ts";
import { type Crossing, Network } from "./network.ts";
import type { Surroundings } from "./process.ts";
import { Scheduler } from "./scheduler.ts";
import { Stranger } from "./stranger.ts";
import { Transcript } from "./transcript.ts";
import { Truth } from "./truth.ts";

/** A message that was read by whom it was for. */
export interface Delivery extends Crossing {
  readonly protocol: ProtocolName;
  readonly message: Message;
}

/** Hears of what happens, to check it. */
export interface ClusterWatcher {
  /** A message of somebody was read, as its receiver understands it. */
  onDelivery?(delivery: Delivery): void;
  /** A member tells an event of its machine. */
  onEvent?(member: string, event: { readonly type: string }): void;
}

/** The first number of a host's address within 10.0.0.0/8, by what lives there. */
const NETWORKS = {
  registrar: 0,
  element: 1,
  user: 2,
  observer: 3,
  visitor: 4,
  stranger: 9,
} as const;

const FIRST_ENDPOINT_PORT = 7000;

/**
 * A cluster.
 *
 * @example
 * ```ts
 * import { Cluster } from "./cluster.ts";
 * import assert from "node:assert/strict";
 *
 * const cluster = new Cluster({ seed: 42 });
 * const registrar = cluster.addRegistrar();
 * const element = cluster.addElement({ poolHandle: "web" });
 * element.register();
 * cluster.advance(100);
 * assert.equal(element.state, "registered");
 *
 * registrar.kill();
 * cluster.advance(3_600_000);
 * assert.equal(element.state, "hunting");
 * ```
 */
export class Cluster {
  readonly scheduler = new Scheduler();
  readonly names = new Names();
  readonly transcript: Transcript;
  readonly network: Network;
  readonly multicast: Multicast;
  readonly truth = new Truth();
  readonly registrars: ClusterRegistrar[] = [];
  readonly elements: ClusterElement[] = [];
  readonly users: ClusterUser[] = [];
  /** For whoever drives the cluster: what happens when. Members draw from their own. */
  readonly random: Random;
  private readonly options: ClusterOptions;
  private readonly commons: Commons;
  private readonly strangers = new Set<string>();
  private readonly watchers: ClusterWatcher[] = [];
  private readonly counts = {
    registrar: 0,
    element: 0,
    user: 0,
    observer: 0,
    visitor: 0,
    stranger: 0,
  };

  constructor(options: ClusterOptions) {
    const { scheduler } = this;
    this.options = options;
    this.random = seededRandom(options.seed);
    this.transcript = new Transcript(scheduler, options.keepLines);
    this.network = new Network({
      scheduler,
      randomFor: (purpose) => this.randomFor(purpose),
      latencyMs: options.latencyMs ?? [1, 1],
      windowBytes: options.windowBytes ?? 65_536,
    }, {
      delivered: (crossing) => this.delivered(crossing),
      lost: (crossing) => {
        if (!this.transcript.isTold) return;
        const text = narrateBytes(crossing.protocol, crossing.bytes, this.names);
        this.transcript.add(`${crossing.from} -> ${crossing.to}: lost ${text}`);
      },
    });
    this.multicast = new Multicast(this.network, this.randomFor("multicast"));
    const surroundings: Surroundings = {
      scheduler,
      network: this.network,
      random: this.random,
      readBytes: options.readBytes ?? Infinity,
      timerLatenessMs: options.timerLatenessMs ?? 0,
    };
    this.commons = {
      seed: options.seed,
      surroundings,
      names: this.names,
      transcript: this.transcript,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      multicast: this.multicast,
      sabotage: options.sabotage ?? {},
      security: options.security,
      onEvent: (member, event) => {
        for (const watcher of this.watchers) watcher.onEvent?.(member, event);
      },
    };
  }

  /** Milliseconds since it began. */
  get now(): Instant {
    return this.scheduler.now;
  }

  /** The timers of all its machines. */
  get timing(): ClusterTiming {
    const { registrarTiming, elementTiming, userTiming } = this.options;
    return {
      registrar: { ...REGISTRAR_TIMING, ...registrarTiming },
      element: { ...POOL_ELEMENT_TIMING, ...elementTiming },
      user: { ...POOL_USER_TIMING, ...userTiming },
    };
  }

  /** The longest time that a piece of a stream travels, where nothing delays it. */
  get latencyMs(): number {
    return this.options.latencyMs?.[1] ?? 1;
  }

  /** A random source for one purpose, which draws no numbers from others. */
  randomFor(purpose: string): Random {
    return seededRandom(mixSeed(this.options.seed, purpose));
  }

  /** The limits of all its machines. */
  get limits(): Limits {
    return this.commons.limits;
  }

  /** Whether a name is that of a process of ours, and no stranger's. */
  isMember(name: string): boolean {
    return !this.strangers.has(name);
  }

  /** Lets someone hear of all messages and events from now on. */
  watch(watcher: ClusterWatcher): void {
    this.watchers.push(watcher);
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.scheduler.run(this.now + ms);
  }

  /** Adds a registrar and starts it. */
  addRegistrar(
    name = `R${this.counts.registrar + 1}`,
    settings: RegistrarSettings = {},
  ): ClusterRegistrar {
    const registrar = this.makeRegistrar(name, this.newHost("registrar"), settings);
    registrar.start();
    return registrar;
  }

  /** Adds registrars of which each has all others as mentors, and starts them at once. */
  addMesh(members: readonly { readonly name: string; readonly identifier?: number }[]): void {
    const hosts = members.map(() => this.newHost("registrar"));
    const made = members.map(({ name, identifier }, index) =>
      this.makeRegistrar(name, hosts[index]!, {
        ...(identifier !== undefined && { identifier }),
        mentors: hosts.filter((_, i) => i !== index).map(enrpAddress),
      })
    );
    for (const registrar of made) registrar.start();
  }

  private makeRegistrar(name: string, host: string, settings: RegistrarSettings): ClusterRegistrar {
    const registrar = new ClusterRegistrar(this.commons, name, host, {
      identifier: settings.identifier ?? this.random.below(0xffffffff) + 1,
      timing: this.options.registrarTiming ?? {},
      mentors: settings.mentors ?? [],
      announces: settings.announces,
      rsplibPeers: settings.rsplibPeers,
      credentials: settings.credentials ?? this.usual("registrar", name),
    });
    this.registrars.push(registrar);
    return registrar;
  }

  /** Adds a pool element and starts it; it does not register yet. */
  addElement(settings: ElementSettings = {}): ClusterElement {
    const host = this.newHost("element");
    const name = settings.name ?? `PE#${this.counts.element}`;
    // Elements that share a host share no port.
    const isShared = settings.host !== undefined;
    const endpointPort = FIRST_ENDPOINT_PORT + (isShared ? this.counts.element : 0);
    const element = new ClusterElement(this.commons, this.truth, name, settings.host ?? host, {
      poolHandle: settings.poolHandle ?? "web",
      identifier: settings.identifier ?? this.random.below(0xffffffff) + 1,
      registrars: settings.registrars ?? this.known(settings),
      discovers: settings.discovers,
      policy: settings.policy ?? { name: "round-robin" },
      registrationLife: settings.registrationLife ?? 300,
      transport: settings.transport ?? { protocol: "tcp", port: 80, use: 0, addresses: [] },
      endpointPort: settings.hasEndpoint === false ? undefined : endpointPort,
      order: settings.order ?? "random",
      timing: this.options.elementTiming ?? {},
      credentials: settings.credentials ?? this.usual("element", name),
    });
    this.elements.push(element);
    element.start();
    return element;
  }

  /** Adds the side of an element on which it shares DHCP bindings; it is not started yet. */
  addBindingElement(
    { name, host, identifier, poolHandle }: ClusterElement,
    options: Pick<ClusterBindingOptions, "timing" | "onEvent">,
  ): ClusterBindingElement {
    const registrars = this.registrars.map((each) => each.asap);
    const about = { poolHandle, identifier, registrars, ...options };
    return new ClusterBindingElement(this.commons, `${name} bindings`, host, about);
  }

  /** Adds a pool user and starts it. */
  addUser(settings: UserSettings = {}): ClusterUser {
    const host = this.newHost("user");
    const name = settings.name ?? `PU#${this.counts.user}`;
    const user = new ClusterUser(this.commons, name, host, {
      registrars: settings.registrars ?? this.known(settings),
      discovers: settings.discovers,
      order: settings.order ?? "random",
      timing: this.options.userTiming ?? {},
      credentials: settings.credentials ?? this.usual("user", name),
    });
    this.users.push(user);
    user.start();
    return user;
  }

  /** Adds a pool user of one registrar, who is not counted among the cluster's, and starts it. */
  addVisitor(registrar: ClusterRegistrar): ClusterUser {
    const host = this.newHost("visitor");
    const name = `V${this.counts.visitor}`;
    const visitor = new ClusterUser(this.commons, name, host, {
      registrars: [registrar.asap],
      order: "given",
      timing: {},
      credentials: this.usual("user", name),
    });
    visitor.start();
    return visitor;
  }

  /** Adds an observer of a registrar and starts it. */
  addObserver(
    registrar: ClusterRegistrar,
    givenName?: string,
    credentials?: readonly Credentials[],
  ): ClusterObserver {
    const host = this.newHost("observer");
    const name = givenName ?? `O${this.counts.observer}`;
    const has = credentials ?? this.usual("operator", name);
    const observer = new ClusterObserver(this.commons, name, host, [registrar.enrp], has);
    observer.start();
    return observer;
  }

  /** Adds someone who keeps no rule. */
  addStranger(
    name = `S${this.counts.stranger + 1}`,
    credentials: readonly Credentials[] = [],
  ): Stranger {
    const host = this.newHost("stranger");
    this.names.nameHost(host, name);
    this.strangers.add(name);
    return new Stranger(this.network, this.multicast, this.transcript, name, host, credentials);
  }

  /** What a member of a secured cluster has that nothing else is said of. */
  private usual(part: Part, name: string): readonly Credentials[] | undefined {
    const { options: { security }, counts } = this;
    const number = counts.element + counts.user + counts.observer + counts.visitor;
    return security && credentialsOf(part, name, security, number);
  }

  /** The registrars of whoever is told of none in particular. */
  private known({ discovers }: { readonly discovers?: boolean }): SocketAddress[] {
    return discovers === true ? [] : this.registrars.map((each) => each.asap);
  }

  private newHost(kind: keyof typeof NETWORKS): string {
    return hostAddress(NETWORKS[kind], ++this.counts[kind]);
  }

  private delivered(crossing: Crossing): void {
    const { protocol, bytes, from, to } = crossing;
    const decoded = protocol === "ASAP" ? asap.decode(bytes) : enrp.decode(bytes);
    if (decoded instanceof DecodeFailure) {
      this.transcript.add(`${from} -> ${to}: ${narrateBytes(protocol, bytes, this.names)}`);
      return;
    }
    const { message } = decoded;
    if (this.transcript.isTold) {
      this.transcript.add(`${from} -> ${to}: ${narrateMessage(message, this.names)}`);
    }
    for (const watcher of this.watchers) watcher.onDelivery?.({ ...crossing, message });
  }
}
