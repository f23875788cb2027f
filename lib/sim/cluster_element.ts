/** A pool element of a cluster. */

import {
  ClientDiscovery,
  type Discovery,
  DISCOVERY_TIMING,
  POOL_ELEMENT_TIMING,
  type PoolElementCommand,
  type PoolElementEvent,
  PoolElementMachine,
  type PoolElementState,
  type PoolElementTiming,
  type SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/mod.ts";
import type { Policy, PoolHandle, Transport } from "../wire/mod.ts";
import type { Credentials } from "./credentials.ts";
import { type Commons, Member } from "./member.ts";
import type { Program } from "./process.ts";
import type { Departure, Truth } from "./truth.ts";

/** What a pool element of a cluster is. */
export interface ClusterElementOptions {
  readonly poolHandle: PoolHandle;
  readonly identifier: number;
  /** ASAP addresses of registrars. */
  readonly registrars: readonly SocketAddress[];
  readonly policy: Policy;
  /** In seconds, -1 for infinite. */
  readonly registrationLife: number;
  /** No address in it stands for its host's. */
  readonly transport: Transport;
  /** Where it listens for registrars that dial it, if it does. */
  readonly endpointPort: number | undefined;
  readonly order: "given" | "random";
  readonly timing: Partial<PoolElementTiming>;
  /** Whether it finds registrars that announce themselves, too. */
  readonly discovers?: boolean | undefined;
  /** By what it proves who it is. */
  readonly credentials?: readonly Credentials[] | undefined;
}

/** A pool element, with what can happen to it. */
export class ClusterElement extends Member<PoolElementCommand, PoolElementEvent> {
  readonly options: ClusterElementOptions;
  private readonly truth: Truth;
  private machine: PoolElementMachine | undefined;
  private policy: Policy;
  private currentIdentifier: number;
  private wanted = false;
  private endsWhenDeregistered = false;

  constructor(
    commons: Commons,
    truth: Truth,
    name: string,
    host: string,
    options: ClusterElementOptions,
  ) {
    super(commons, name, host, options.credentials);
    this.truth = truth;
    this.options = options;
    this.policy = options.policy;
    this.currentIdentifier = options.identifier;
    commons.names.nameElement(options.identifier, name);
  }

  /** The pool that it registers in. */
  get poolHandle(): PoolHandle {
    return this.options.poolHandle;
  }

  /** Its PE identifier in its present or its next life. */
  get identifier(): number {
    return this.currentIdentifier;
  }

  /** Gives it another PE identifier, as a new process has one; for its next start. */
  renew(identifier: number): void {
    if (this.process.state !== "stopped") throw new RangeError(`${this.name} runs`);
    this.currentIdentifier = identifier;
    this.commons.names.nameElement(identifier, this.name);
  }

  /** Where it is with its registration, in its own view. */
  get state(): PoolElementState {
    return this.isRunning || this.isFrozen ? this.machine!.state : "stopped";
  }

  /** Server identifier of its home, in its own view. */
  get home(): number | undefined {
    return this.machine?.home;
  }

  /** Where registrars may dial it, if they may. */
  get endpoint(): SocketAddress | undefined {
    const { endpointPort: port } = this.options;
    return port === undefined ? undefined : { host: this.host, port };
  }

  /** The policy that it was told last. */
  get latestPolicy(): Policy {
    return this.policy;
  }

  /** Whether its owner wants it to be registered. */
  get isWanted(): boolean {
    return this.wanted;
  }

  /** Registers it, and keeps it registered; it must have been started. */
  register(): void {
    this.wanted = true;
    this.appears();
    this.process.command({ type: "register" });
  }

  /** Registers it with another policy, or with other values of the same. */
  update(policy: Policy): void {
    this.policy = policy;
    this.process.command({ type: "update", policy });
  }

  /** De-registers it; without a limit, for as long as it takes. */
  deregister(limitMs?: number): void {
    this.wanted = false;
    this.process.command((now) => ({
      type: "deregister",
      deadline: limitMs === undefined ? undefined : now + limitMs,
    }));
  }

  /** De-registers it, then ends its process. */
  stop(limitMs = 5000): void {
    this.endsWhenDeregistered = true;
    this.deregister(limitMs);
  }

  /** Starts it, anew or for the first time; it does not register yet. */
  override start(): void {
    this.endsWhenDeregistered = false;
    super.start();
  }

  /** Ends its process without a word, and it serves no more. */
  override kill(): void {
    super.kill();
    this.departs("killed");
  }

  /** Its host loses its power, and nobody is told that it serves no more. */
  override powerOff(): void {
    super.powerOff();
    this.departs("silent");
  }

  /** Its process stands still, and does not serve meanwhile. */
  override freeze(): void {
    super.freeze();
    this.truth.departs(this.poolHandle, this.identifier, "silent", this.now);
  }

  /** Its process goes on, and serves again if it is to. */
  override thaw(): void {
    super.thaw();
    if (this.wanted && this.isRunning) this.appears();
  }

  /** Keeps the truth about it up to date. */
  protected override onEvent(event: PoolElementEvent): void {
    if (event.type === "rejected") this.departs("withdrawn");
    // A registration that is asked for anew ends a de-registration.
    if (event.type !== "deregistered" || this.wanted) return;
    this.departs(event.outcome === "granted" ? "deregistered" : "withdrawn");
    if (!this.endsWhenDeregistered) return;
    this.process.command({ type: "stop" });
    this.end();
  }

  /** How it finds registrars, if it does so by multicast. */
  protected override discovery(random: Random): Discovery<PoolElementCommand> | undefined {
    if (this.options.discovers !== true) return undefined;
    const { limits } = this.commons;
    return new ClientDiscovery("ASAP", { timing: DISCOVERY_TIMING, limits, random });
  }

  /** A machine for each life. */
  protected program(random: Random): Program<PoolElementCommand, PoolElementEvent> {
    const { poolHandle, registrars, order, registrationLife, endpointPort } = this.options;
    const { identifier } = this;
    const { limits } = this.commons;
    this.machine = new PoolElementMachine({
      poolHandle,
      element: {
        identifier,
        registrationLife,
        transport: this.options.transport,
        policy: this.policy,
      },
      registrars,
      discovers: this.options.discovers,
      timing: { ...POOL_ELEMENT_TIMING, ...this.options.timing },
      limits,
      random,
      endpoint: endpointPort === undefined ? undefined : { port: endpointPort },
      order,
    });
    const listen = endpointPort === undefined
      ? []
      : [{ protocol: "ASAP" as const, port: endpointPort }];
    const machine = this.commons.sabotage.element?.(this.machine) ?? this.machine;
    return { machine, limits, listen };
  }

  private appears(): void {
    this.truth.serves(this.name, this.poolHandle, this.identifier, this.now);
  }

  private departs(departure: Departure): void {
    this.wanted = false;
    this.truth.departs(this.poolHandle, this.identifier, departure, this.now);
  }
}
