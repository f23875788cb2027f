/** A registrar of a cluster. */

import {
  REGISTRAR_TIMING,
  type RegistrarCommand,
  type RegistrarEvent,
  RegistrarMachine,
  type RegistrarStatistics,
  type RegistrarTiming,
  type SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/mod.ts";
import { type Commons, Member } from "./member.ts";
import type { Program } from "./process.ts";

const ASAP_PORT = 3863;
const ENRP_PORT = 9901;

/** What a registrar of a cluster is made of. */
export interface ClusterRegistrarSettings {
  readonly identifier: number;
  readonly timing: Partial<RegistrarTiming>;
  /** ENRP addresses of those that it is told of. */
  readonly mentors: readonly SocketAddress[];
}

/** A registrar, or what has replaced it, with what a cluster's owner can do to it. */
export class ClusterRegistrar extends Member<RegistrarCommand, RegistrarEvent> {
  readonly identifier: number;
  readonly asap: SocketAddress;
  readonly enrp: SocketAddress;
  readonly timing: RegistrarTiming;
  private readonly mentors: readonly SocketAddress[];
  private machine: RegistrarMachine | undefined;

  constructor(
    commons: Commons,
    name: string,
    host: string,
    { identifier, timing, mentors }: ClusterRegistrarSettings,
  ) {
    super(commons, name, host);
    this.identifier = identifier;
    this.mentors = mentors;
    this.asap = { host, port: ASAP_PORT };
    this.enrp = enrpAddress(host);
    this.timing = { ...REGISTRAR_TIMING, ...timing };
    commons.names.nameRegistrar(identifier, name);
  }

  override start(): void {
    super.start();
    this.process.command({ type: "start", served: { enrp: [this.enrp] } });
  }

  /** Sizes of its tables and timers; `undefined` while it does not run. */
  statistics(): RegistrarStatistics | undefined {
    return this.process.state === "stopped" ? undefined : this.machine?.statistics();
  }

  /** Ends it in order. */
  stop(): void {
    if (this.process.state !== "running") return;
    this.process.command({ type: "stop" });
    this.end();
  }

  protected program(random: Random): Program<RegistrarCommand, RegistrarEvent> {
    const { identifier, timing, mentors } = this;
    const { limits } = this.commons;
    this.machine = new RegistrarMachine({
      identifier,
      random,
      limits,
      timing,
      mentors,
      addressCheck: "observed",
      interfaceAddresses: () => [this.host],
      loopbackOnly: false,
    });
    const listen = [
      { protocol: "ASAP" as const, port: ASAP_PORT },
      { protocol: "ENRP" as const, port: ENRP_PORT },
    ];
    const machine = this.commons.sabotage.registrar?.(this.machine) ?? this.machine;
    return { machine, limits, listen };
  }
}

/** Where the registrar of a host listens for its peers. */
export function enrpAddress(host: string): SocketAddress {
  return { host, port: ENRP_PORT };
}
