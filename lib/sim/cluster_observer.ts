/** An observer of a cluster: a person's tool on a registrar's ENRP port. */

import {
  type HuntTiming,
  type ObserverCommand,
  type ObserverEvent,
  ObserverMachine,
  POOL_USER_TIMING,
  type SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/mod.ts";
import type { Credentials } from "./credentials.ts";
import { type Commons, Member } from "./member.ts";
import type { Program } from "./process.ts";

/** An observer. */
export class ClusterObserver extends Member<ObserverCommand, ObserverEvent> {
  /** Told of each answer. */
  onAnswer: (answer: ObserverEvent) => void = () => {};
  private readonly registrars: readonly SocketAddress[];
  private readonly timing: HuntTiming;
  private lastRequest = 0;

  constructor(
    commons: Commons,
    name: string,
    host: string,
    registrars: readonly SocketAddress[],
    credentials?: readonly Credentials[],
    timing: HuntTiming = POOL_USER_TIMING,
  ) {
    super(commons, name, host, credentials);
    this.registrars = registrars;
    this.timing = timing;
  }

  /** Asks for a registrar's list of peers, or for its handle table. */
  ask(what: "list" | "handle-table", limitMs = 10_000): void {
    const request = ++this.lastRequest;
    this.process.command((now) => ({ type: what, request, deadline: now + limitMs }));
  }

  /** Ends it. */
  stop(): void {
    this.process.command({ type: "stop" });
    this.end();
  }

  /** Hands answers on. */
  protected override onEvent(event: ObserverEvent): void {
    this.onAnswer(event);
  }

  /** A machine for each life. */
  protected program(random: Random): Program<ObserverCommand, ObserverEvent> {
    const { registrars, timing } = this;
    const { limits } = this.commons;
    const machine = new ObserverMachine({ registrars, timing, limits, random });
    return { machine, limits, listen: [] };
  }
}
