/** The side of a pool element of a cluster on which it shares DHCP bindings. */

import {
  type BindingElementCommand,
  type BindingElementEvent,
  BindingElementMachine,
  type BindingElementTiming,
  type BindingRecords,
  type SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/mod.ts";
import type { PoolHandle } from "../wire/mod.ts";
import { type Commons, Member } from "./member.ts";
import type { Program } from "./process.ts";

/** What it is made of. */
export interface ClusterBindingOptions {
  readonly poolHandle: PoolHandle;
  /** PE identifier, by which it is registered. */
  readonly identifier: number;
  readonly registrars: readonly SocketAddress[];
  readonly timing: BindingElementTiming;
  readonly onEvent: (event: BindingElementEvent) => void;
}

/** A DHCP server's bindings, in a process of their own. */
export class ClusterBindingElement extends Member<BindingElementCommand, BindingElementEvent> {
  private machine: BindingElementMachine | undefined;

  constructor(
    commons: Commons,
    name: string,
    host: string,
    private readonly options: ClusterBindingOptions,
  ) {
    super(commons, name, host);
  }

  /** Whether registrars have taken all that was published. */
  get isPublished(): boolean {
    return this.machine?.isPublished ?? true;
  }

  /** Starts it: it looks for a registrar at once. */
  override start(): void {
    super.start();
    this.process.command({ type: "start" });
  }

  /** Tells registrars, as soon as there is one. */
  publish(records: BindingRecords): void {
    this.process.command({ type: "publish", ...records });
  }

  /** It is registered by now. */
  retry(): void {
    this.process.command({ type: "retry" });
  }

  /** Answers who wants to see its own table. */
  showTable(request: number, records: BindingRecords): void {
    this.process.command({ type: "table-page", request, moreToSend: false, ...records });
  }

  /** Ends it. */
  stop(): void {
    this.process.command({ type: "stop" });
    this.end();
  }

  /** Hands on what registrars say. */
  protected override onEvent(event: BindingElementEvent): void {
    this.options.onEvent(event);
  }

  /** A machine for each life. */
  protected program(random: Random): Program<BindingElementCommand, BindingElementEvent> {
    const { poolHandle, identifier: peIdentifier, registrars, timing } = this.options;
    const { limits } = this.commons;
    this.machine = new BindingElementMachine({
      poolHandle,
      peIdentifier,
      registrars,
      timing,
      limits,
      random,
    });
    return { machine: this.machine, limits, listen: [] };
  }
}
