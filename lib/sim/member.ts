/** What registrars, pool elements, pool users and observers of a cluster have in common. */

import type {
  Discovery,
  DiscoveryEvent,
  Instant,
  Limits,
  Machine,
  PoolElementCommand,
  PoolElementEvent,
  PoolUserCommand,
  PoolUserEvent,
  ProtocolName,
  RegistrarCommand,
  RegistrarEvent,
} from "../core/mod.ts";
import { type Random, seededRandom } from "../handlespace/mod.ts";
import type { ClusterSecurity } from "./cluster_security.ts";
import type { Credentials } from "./credentials.ts";
import { Discovering } from "./discovering.ts";
import { narrateEvent } from "./narrate_event.ts";
import type { Multicast } from "./multicast.ts";
import type { Names } from "./names.ts";
import { Process, type ProcessNote, type Program, type Surroundings } from "./process.ts";
import type { Transcript } from "./transcript.ts";

/** Puts another machine in the place of a right one. */
export interface Sabotage {
  readonly registrar?: Replacement<RegistrarCommand, RegistrarEvent>;
  readonly element?: Replacement<PoolElementCommand, PoolElementEvent>;
  readonly user?: Replacement<PoolUserCommand, PoolUserEvent>;
}

type Replacement<Command, Event> = (machine: Machine<Command, Event>) => Machine<Command, Event>;

/** What a member shares with all others. */
export interface Commons {
  readonly seed: number;
  readonly surroundings: Surroundings;
  readonly names: Names;
  readonly transcript: Transcript;
  readonly limits: Limits;
  readonly multicast: Multicast;
  /** Machines that do not what they should, to see what notices it. */
  readonly sabotage: Sabotage;
  /** How all of them are secured, if they are. */
  readonly security: ClusterSecurity | undefined;
  /** Hears of every event of every member. */
  readonly onEvent: (member: string, event: { readonly type: string }) => void;
}

/** A process of a cluster, under the name that transcripts give it. */
export abstract class Member<Command, Event extends { readonly type: string }> {
  readonly name: string;
  readonly host: string;
  protected readonly commons: Commons;
  protected readonly process: Process<Command, Event>;
  private lives = 0;
  private changedAt: Instant = 0;
  private reads = true;
  private discovering: { close(): void } | undefined;

  constructor(
    commons: Commons,
    name: string,
    host: string,
    credentials?: readonly Credentials[],
  ) {
    this.commons = commons;
    this.name = name;
    this.host = host;
    commons.names.nameHost(host, name);
    const random = this.random("host");
    this.process = new Process({ ...commons.surroundings, random }, { name, host, credentials }, {
      onEvent: (event) => {
        if (commons.transcript.isTold) this.say(narrateEvent(event, commons.names));
        this.onEvent(event);
        commons.onEvent(name, event);
      },
      onNote: (note) => this.narrateNote(note),
    });
  }

  /** Milliseconds since the simulation began. */
  get now(): Instant {
    return this.commons.surroundings.scheduler.now;
  }

  /** Whether its process runs and does not stand still. */
  get isRunning(): boolean {
    return this.process.state === "running";
  }

  /** Whether its process stands still. */
  get isFrozen(): boolean {
    return this.process.state === "frozen";
  }

  /** Whether it runs and reads what comes. */
  get isWell(): boolean {
    return this.isRunning && this.reads;
  }

  /** Since when it is as it is: running, frozen or stopped, reading and listening or not. */
  get unchangedSince(): Instant {
    return this.changedAt;
  }

  /** Number of open connections. */
  get associations(): number {
    return this.process.associations;
  }

  /** Bytes that wait at it for its readers. */
  get queuedBytes(): number {
    return this.process.queuedBytes;
  }

  /** Starts it, anew or for the first time. */
  start(): void {
    this.reads = true;
    this.changed("starts");
    this.process.start(this.program(this.random(String(this.lives++))));
    this.discovering?.close();
    this.discovering = undefined;
    const discovery = this.discovery(this.random(`discovery ${this.lives}`));
    if (discovery !== undefined) this.discovering = this.runDiscovery(discovery);
  }

  /** Ends it as its owner does, in order. */
  abstract stop(): void;

  /** Ends its process without a word, as SIGKILL does. */
  kill(): void {
    if (this.process.state === "stopped") return;
    this.changed("is killed");
    this.process.kill();
  }

  /** Its host loses its power. */
  powerOff(): void {
    if (this.process.state === "stopped") return;
    this.changed("loses its power");
    this.process.powerOff();
  }

  /** Its process stands still. */
  freeze(): void {
    if (this.process.state !== "running") return;
    this.changed("is frozen");
    this.process.freeze();
  }

  /** Its process goes on. */
  thaw(): void {
    if (this.process.state !== "frozen") return;
    this.changed("goes on");
    this.process.thaw();
  }

  /** It reads nothing more, or reads again. */
  setReading(reads: boolean): void {
    this.reads = reads;
    this.changed(reads ? "reads again" : "stops reading");
    this.process.setReading(reads);
  }

  /** Its listeners accept connections, or are closed. */
  setListening(listens: boolean): void {
    this.changed(listens ? "listens again" : "stops listening");
    if (listens) this.process.openListeners();
    else this.process.closeListeners();
  }

  /** Its host's clock runs so many times as fast as it should; it keeps that over its lives. */
  setClockRate(rate: number): void {
    this.say(`its clock runs ${rate} times as fast`);
    this.process.setClockRate(rate);
  }

  /** Its host's clock jumps. */
  forwardClock(ms: number): void {
    this.changed(`its clock jumps by ${ms} ms`);
    this.process.forwardClock(ms);
  }

  /** What its process runs from now on. */
  protected abstract program(random: Random): Program<Command, Event>;

  /** How it finds registrars that announce themselves, if it does. */
  protected discovery(_random: Random): Discovery<Command> | undefined {
    return undefined;
  }

  /** The datagram by which it announces itself, if it does. */
  protected announcement(_protocol: ProtocolName): Uint8Array | undefined {
    return undefined;
  }

  private runDiscovery(discovery: Discovery<Command>): { close(): void } {
    const { surroundings: { scheduler }, multicast, names } = this.commons;
    return new Discovering({
      party: this.process,
      scheduler,
      multicast,
      discovery,
      state: () => this.process.state,
      command: (command) => this.process.command(command),
      onEvent: (event: DiscoveryEvent) => {
        if (this.commons.transcript.isTold) this.say(narrateEvent(event, names));
      },
      announcement: (protocol) => this.announcement(protocol),
    });
  }

  /** Hears of the events of its machine. */
  protected onEvent(_event: Event): void {}

  /** Ends its process in order. */
  protected end(): void {
    if (this.process.state === "stopped") return;
    this.changed("ends");
    this.process.stop();
  }

  /** Adds a line about it to the transcript. */
  protected say(text: string): void {
    this.commons.transcript.add(`${this.name}: ${text}`);
  }

  /** It is not as it was before: what is late may be so for that. */
  protected noteChange(): void {
    this.changedAt = this.now;
  }

  private changed(text: string): void {
    this.noteChange();
    this.say(text);
  }

  /** A random source of its own: what others draw does not change it. */
  private random(purpose: string): Random {
    return seededRandom(mixSeed(this.commons.seed, `${this.name} ${purpose}`));
  }

  private narrateNote(note: ProcessNote): void {
    const { transcript, names } = this.commons;
    if (!transcript.isTold) return;
    if (note.type === "dial-failed") {
      const to = names.host(note.to);
      return transcript.add(`${this.name} -x ${to}: ${note.reason}`);
    }
    const what = note.type === "lost" ? `lost, ${note.reason}` : note.type;
    transcript.add(`${this.name} -- ${note.other}: ${what}`);
  }
}

/** A seed for one purpose of a run. */
export function mixSeed(seed: number, purpose: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < purpose.length; i++) {
    hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193) >>> 0;
  }
  return (hash & 0x1fffff) * 0x1_0000_0000 + ((seed ^ hash) >>> 0);
}
