/**
 * A process of the simulation: a machine in its host, moved as the driver moves it, with everything
 * that can happen to a process: killed, frozen, without power, too slow to read.
 */

import {
  type Association,
  type DisconnectReason,
  Host,
  type HostOutput,
  type Instant,
  type Limits,
  type Machine,
  type ProtocolName,
  type SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/random.ts";
import type { Credentials } from "./credentials.ts";
import { HostClock } from "./host_clock.ts";
import type { Network } from "./network.ts";
import type { Scheduler, Task } from "./scheduler.ts";
import type { Party, Socket } from "./socket.ts";

/** As in the driver: more than this queued to a reader, and nothing more is read from it. */
const READ_PAUSE_BYTES = 256 * 1024;

/** What a process lives in. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  /** The most that one read takes; a read takes any number of bytes up to it. Infinity: all. */
  readonly readBytes: number;
  /** How late a timer may fire, in milliseconds. */
  readonly timerLatenessMs: number;
}

/** What is run in a process. */
export interface Program<Command, Event> {
  readonly machine: Machine<Command, Event>;
  readonly limits: Limits;
  readonly listen: readonly { readonly protocol: ProtocolName; readonly port: number }[];
}

/** What happened to a connection of a process. */
export type ProcessNote =
  | { readonly type: "connected" | "closes" | "overflows" | "refuses"; readonly other: string }
  | { readonly type: "lost"; readonly other: string; readonly reason: DisconnectReason }
  | { readonly type: "dial-failed"; readonly to: SocketAddress; readonly reason: DisconnectReason };

/** What a process tells. */
export interface ProcessObserver<Event> {
  /** The machine tells something. */
  onEvent(event: Event): void;
  /** Something happened to a connection. */
  onNote(note: ProcessNote): void;
}

/** How a process is. */
export type ProcessState = "running" | "frozen" | "stopped";

/** One process and what runs in it. */
export class Process<Command, Event> implements Party {
  readonly name: string;
  readonly host: string;
  readonly credentials: readonly Credentials[] | undefined;
  private readonly surroundings: Surroundings;
  private readonly observer: ProcessObserver<Event>;
  private program: Program<Command, Event> | undefined;
  private machineHost: Host<Command, Event> | undefined;
  private readonly sockets = new Map<Association, Socket>();
  private readonly dials = new Map<Association, Task>();
  private stopListening: (() => void)[] = [];
  private timer: Task | undefined;
  private timerAt: Instant = Infinity;
  /** Counts lives, so that what was meant for an earlier one does not reach the next. */
  private life = 0;
  private frozen = false;
  private deferred: (() => void)[] = [];
  private readsNothing = false;
  private readonly clock: HostClock;

  constructor(
    surroundings: Surroundings,
    party: Party,
    observer: ProcessObserver<Event>,
  ) {
    this.surroundings = surroundings;
    this.name = party.name;
    this.host = party.host;
    this.credentials = party.credentials;
    this.observer = observer;
    this.clock = new HostClock(surroundings.scheduler, surroundings.random.below(1_000_000_000));
    surroundings.network.addHost(party.host);
  }

  /** Whether it runs, stands still, or neither. */
  get state(): ProcessState {
    if (this.machineHost === undefined) return "stopped";
    return this.frozen ? "frozen" : "running";
  }

  /** Number of open connections. */
  get associations(): number {
    return this.sockets.size;
  }

  /** Bytes that wait at this process for its readers. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const socket of this.sockets.values()) bytes += socket.queuedBytes;
    return bytes;
  }

  /** Starts a program; the process must not be running. */
  start(program: Program<Command, Event>): void {
    if (this.machineHost !== undefined) throw new RangeError(`${this.name} runs already`);
    this.surroundings.network.powerOn(this.host);
    this.program = program;
    this.machineHost = new Host(program.machine, program.limits);
    this.openListeners();
    this.settle();
  }

  /** Hands the machine a command of its local user, or one made of what its clock shows. */
  command(command: Command | ((now: Instant) => Command)): void {
    if (this.machineHost === undefined) throw new RangeError(`${this.name} does not run`);
    this.whenAwake(() => {
      const now = this.now();
      this.machineHost!.command(isMaker(command) ? command(now) : command, now);
      this.settle();
    });
  }

  /** Ends the process in order: what is queued leaves first. */
  stop(): void {
    for (const socket of this.end()) socket.close();
  }

  /** Ends the process by a signal: its system ends its connections, in mid-message. */
  kill(): void {
    for (const socket of this.end()) socket.kill();
  }

  /** The host loses its power. `start` brings it back. */
  powerOff(): void {
    this.end();
    this.surroundings.network.powerOff(this.host);
  }

  /** The process stands still; its system still takes connections and bytes for it. */
  freeze(): void {
    this.frozen = true;
  }

  /** The process goes on with all that has happened meanwhile. */
  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.surroundings.scheduler.after(0, () => this.catchUp());
  }

  /** Does what was deferred, in order; whatever happens before it is done comes after it. */
  private catchUp(): void {
    while (!this.frozen && this.deferred.length > 0) this.deferred[0]!();
  }

  /** The process runs, but reads nothing more, or reads again. */
  setReading(reads: boolean): void {
    this.readsNothing = !reads;
    if (!reads) return;
    for (const association of this.sockets.keys()) this.readSoon(association);
  }

  /** Its host's clock runs so many times as fast as it should from now on. */
  setClockRate(rate: number): void {
    this.clock.setRate(rate);
    this.arm();
  }

  /** Its host's clock jumps. */
  forwardClock(ms: number): void {
    this.clock.forward(ms);
    this.arm();
  }

  /** Its listeners are closed, as if another program had taken the port. */
  closeListeners(): void {
    for (const stop of this.stopListening.splice(0)) stop();
  }

  /** Accepts connections again. */
  openListeners(): void {
    const { network } = this.surroundings;
    for (const { protocol, port } of this.program!.listen) {
      this.stopListening.push(network.listen(this, protocol, port, (socket) => {
        this.whenAwake(() => this.accept(socket), () => socket.kill());
      }));
    }
  }

  /** What the host's clock shows. */
  private now(): Instant {
    return this.clock.now();
  }

  /** Ends this life of the process; its sockets are the caller's to end. */
  private end(): Socket[] {
    this.closeListeners();
    for (const dial of this.dials.values()) dial.cancel();
    this.dials.clear();
    this.timer?.cancel();
    this.timerAt = Infinity;
    this.machineHost = undefined;
    this.life++;
    this.frozen = false;
    this.readsNothing = false;
    const sockets = [...this.sockets.values()];
    this.sockets.clear();
    // What was deferred belongs to the life that ends: connections not yet accepted end with it.
    while (this.deferred.length > 0) this.deferred[0]!();
    return sockets;
  }

  /** Does something now, or when a frozen process goes on; never in another life. */
  private whenAwake(action: () => void, otherwise: () => void = () => {}): void {
    const life = this.life;
    const guarded = () => {
      this.deferred.shift();
      if (life === this.life) action();
      else otherwise();
    };
    if (this.frozen || this.deferred.length > 0) this.deferred.push(guarded);
    else action();
  }

  private accept(socket: Socket): void {
    const association = this.machineHost!.accept(socket.protocol, socket, this.now());
    if (association === undefined) {
      this.observer.onNote({ type: "refuses", other: socket.other.name });
      return socket.abort();
    }
    this.own(association, socket);
  }

  private own(association: Association, socket: Socket): void {
    this.sockets.set(association, socket);
    const read = () => this.read(association, socket);
    let isPlanned = false;
    socket.onReadable = () => {
      if (isPlanned) return;
      isPlanned = true;
      this.surroundings.scheduler.after(0, () => {
        isPlanned = false;
        this.whenAwake(read);
      });
    };
    socket.onWritable = () => {
      if (socket.unreadBytes > 0) socket.onReadable();
    };
    this.settle();
    this.readSoon(association);
  }

  private readSoon(association: Association): void {
    this.sockets.get(association)?.onReadable();
  }

  private read(association: Association, socket: Socket): void {
    if (this.sockets.get(association) !== socket || this.readsNothing) return;
    if (socket.queuedBytes > READ_PAUSE_BYTES && socket.ended === undefined) return;
    const bytes = socket.read(this.readSize(socket.unreadBytes));
    if (bytes.length > 0) {
      this.machineHost!.receive(association, bytes, this.now());
      this.settle();
    }
    if (this.sockets.get(association) !== socket) return;
    const { ended } = socket;
    if (ended === undefined) {
      if (socket.unreadBytes > 0) socket.onReadable();
      return;
    }
    this.sockets.delete(association);
    socket.close();
    this.observer.onNote({ type: "lost", other: socket.other.name, reason: ended });
    this.machineHost!.disconnected(association, ended, this.now());
    this.settle();
  }

  private readSize(available: number): number {
    const most = Math.min(available, this.surroundings.readBytes);
    if (this.surroundings.readBytes === Infinity || most === 0) return most;
    return 1 + this.surroundings.random.below(most);
  }

  /** Does all that was asked for, then sets the timer for the next deadline. */
  private settle(): void {
    for (;;) {
      const output = this.machineHost?.poll();
      if (output === undefined) break;
      this.perform(output);
    }
    this.arm();
  }

  private perform(output: HostOutput<Event>): void {
    if (output.type === "event") return this.observer.onEvent(output.event);
    if (output.type === "connect") return this.dial(output);
    // Nothing costs anything under virtual time, so that nothing need wait to be read.
    if (output.type === "pause") return;
    const { association } = output;
    if (output.type === "write") return this.write(association, output.bytes);
    this.dials.get(association)?.cancel();
    this.dials.delete(association);
    const socket = this.sockets.get(association);
    if (!this.sockets.delete(association)) return;
    this.observer.onNote({ type: "closes", other: socket!.other.name });
    socket!.close();
  }

  private write(association: Association, bytes: Uint8Array): void {
    const socket = this.sockets.get(association);
    if (socket === undefined) return;
    socket.write(bytes);
    if (socket.queuedBytes <= this.program!.limits.maxQueuedBytes) return;
    this.observer.onNote({ type: "overflows", other: socket.other.name });
    this.sockets.delete(association);
    socket.abort();
    this.machineHost!.abandon(association, "overflow", this.now());
  }

  private dial(output: HostOutput<Event> & { type: "connect" }): void {
    const { association, to, timeoutMs, security } = output;
    const dial = this.surroundings.network.dial(this, to, timeoutMs, (result) => {
      this.whenAwake(() => {
        if (!this.dials.delete(association)) {
          if (typeof result !== "string") result.abort();
        } else if (typeof result === "string") {
          this.observer.onNote({ type: "dial-failed", to, reason: result });
          this.machineHost!.disconnected(association, result, this.now());
          this.settle();
        } else this.dialled(association, result);
      }, () => {
        if (typeof result !== "string") result.kill();
      });
    }, security);
    this.dials.set(association, dial);
  }

  private dialled(association: Association, socket: Socket): void {
    this.observer.onNote({ type: "connected", other: socket.other.name });
    if (!this.machineHost!.connected(association, socket, this.now())) return socket.abort();
    this.own(association, socket);
  }

  private arm(): void {
    const deadline = this.machineHost?.deadline();
    const at = deadline === undefined ? Infinity : this.clock.when(deadline);
    if (at === this.timerAt) return;
    this.timer?.cancel();
    this.timerAt = at;
    if (at === Infinity) return;
    const { scheduler, random, timerLatenessMs } = this.surroundings;
    const lateness = timerLatenessMs === 0 ? 0 : random.below(timerLatenessMs + 1);
    this.timer = scheduler.at(at + lateness, () => {
      this.timerAt = Infinity;
      this.whenAwake(() => {
        this.machineHost!.tick(this.now());
        this.settle();
      });
    });
  }
}

function isMaker<Command>(
  command: Command | ((now: Instant) => Command),
): command is (now: Instant) => Command {
  return typeof command === "function";
}
