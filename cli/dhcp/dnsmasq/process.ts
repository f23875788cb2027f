/** A dnsmasq under our control: started with a table of leases, changed while it runs, stopped. */

import { EXIT, ExitError } from "../../exit.ts";
import { reasonOf } from "../../failure.ts";
import { addedArguments, addedEnvironment, type OptionsFound } from "./arguments.ts";
import { DnsmasqBus } from "./dbus.ts";
import { Guard } from "./guard.ts";
import { HOOK_FILES, writeHook } from "./hook.ts";
import { type Lease, leaseTable } from "./lease.ts";
import { outputLines } from "./output_lines.ts";
import { noneLeft, processesOf, signalProcess } from "./processes.ts";
import { ignoreMissing, replaceFile } from "./replaced_file.ts";

/** What is to be at an address: a lease, or nothing. */
export interface LeaseChange {
  readonly address: string;
  readonly lease: Lease | undefined;
}

/** What a dnsmasq is run with. */
export interface DnsmasqOptions {
  /** The state directory; one agent at a time uses it. */
  readonly directory: string;
  /** The program and the user's words. */
  readonly command: readonly [string, ...string[]];
  /** What the user's words and files say. */
  readonly found: OptionsFound;
  readonly leaseMax: number | undefined;
  /** Address of a D-Bus daemon. */
  readonly dbus?: string | undefined;
  /** Hardware address of leases that only hold an address; at a start they are no events. */
  readonly placeholder?: string | undefined;
  /** A line of dnsmasq's own output. */
  readonly onLine?: (line: string) => void;
  /** A warning of ours. */
  readonly onWarning?: (message: string) => void;
  /** dnsmasq has ended and nobody stopped it; all of its events are in the spool. */
  readonly onEnd?: (reason: string) => void;
}

/** Makes the table of a start; what the spool holds by then, belongs into it. */
export type LeaseSource = () => Iterable<Lease> | Promise<Iterable<Lease>>;

/**
 * Milliseconds for dnsmasq to end, and for its hooks. It hands all events to its helper before it
 * ends, after a start the whole table (2 ms each); a full disk is given some time.
 */
const STOP_PATIENCE_MS = 90_000;
const HOOKS_PATIENCE_MS = 90_000;
/** Milliseconds for dnsmasq to read its table and open its sockets. */
const START_PATIENCE_MS = 30_000;
/**
 * Changes under way at a time: dnsmasq reads 2048 bytes at once, in which so many fit, so that no
 * client's message is handled between a deletion and what takes its place.
 */
const CHANGES_AT_A_TIME = 3;

/** One dnsmasq, which may be started again and again. */
export class Dnsmasq {
  private child: Deno.ChildProcess | undefined;
  private ended: Promise<string> | undefined;
  private bus: DnsmasqBus | undefined;
  private isOnBus = false;
  private isWanted = false;
  private lastLine = "";

  constructor(private readonly options: DnsmasqOptions) {}

  /** Process identifier, while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Whether leases can be changed without a restart. */
  get isLive(): boolean {
    return this.child !== undefined && this.bus?.isOpen === true;
  }

  /** Whether it was started without the bus that it is to be on, as no daemon answered. */
  get lacksBus(): boolean {
    return this.options.dbus !== undefined && !this.isOnBus;
  }

  /** Whether a daemon answers now. */
  async findsBus(): Promise<boolean> {
    const { dbus } = this.options;
    if (dbus === undefined) return false;
    try {
      (await DnsmasqBus.connect(dbus)).close();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Starts it, after one that an agent before us left behind has been stopped. Resolves when it
   * serves clients.
   *
   * @throws {ExitError} exit 1 if it does not start, with its last words.
   */
  async start(table: LeaseSource): Promise<void> {
    const { directory, placeholder } = this.options;
    const hook = await writeHook(directory, placeholder);
    await this.endOthers(hook);
    await replaceFile(`${directory}/${HOOK_FILES.table}`, leaseTable(await table()));
    await this.connect();
    const pidFile = `${directory}/${HOOK_FILES.pid}`;
    await Deno.remove(pidFile).catch(ignoreMissing);
    // Not its subdirectories: closing it would end the spool's watcher of its own (Deno 2.9).
    using watcher = Deno.watchFs(directory, { recursive: false });
    this.spawn(hook, pidFile);
    await this.serving(watcher, pidFile);
    if (await this.bus?.isServed() === false) this.disconnect();
  }

  /** Stops it, reads the table anew and starts it. */
  async restart(table: LeaseSource): Promise<void> {
    await this.stop();
    await this.start(table);
  }

  /** Stops it; when this resolves, all of its events are in the spool. */
  async stop(): Promise<void> {
    this.isWanted = false;
    this.disconnect();
    const { child, ended } = this;
    if (child === undefined) return;
    signalProcess(child.pid, "SIGTERM");
    const timer = setTimeout(() => {
      const seconds = STOP_PATIENCE_MS / 1000;
      this.warn(`dnsmasq did not end within ${seconds} s and is killed: its events may be lost`);
      signalProcess(child.pid, "SIGKILL");
    }, STOP_PATIENCE_MS);
    await ended;
    clearTimeout(timer);
    this.child = undefined;
  }

  /**
   * Changes leases while it runs. Answers why that did not work, for all or for some: then only a
   * restart makes sure.
   */
  async apply(changes: readonly LeaseChange[]): Promise<string | undefined> {
    if (this.child === undefined) return "dnsmasq does not run";
    if (!this.isLive) return "dnsmasq cannot be reached by D-Bus";
    const bus = this.bus!;
    const problems: string[] = [];
    const rest = changes.values();
    const work = async () => {
      for (const { address, lease } of rest) {
        const result = lease === undefined
          ? await bus.deleteLease(address)
          : await bus.replace({ ...lease, address });
        if (!result.ok) problems.push(`${address}: ${result.problem}`);
      }
    };
    await Promise.all(Array.from({ length: CHANGES_AT_A_TIME }, work));
    if (problems.length > 0 && this.bus === bus) this.disconnect();
    return problems[0];
  }

  private async endOthers(hook: string): Promise<void> {
    const others = processesOf(hook);
    if (others.length === 0) return;
    this.warn(`a dnsmasq that an agent before this one left behind is stopped`);
    // Its helper ignores the signal and ends when all events are told.
    for (const pid of others) signalProcess(pid, "SIGTERM");
    if (await noneLeft(hook, HOOKS_PATIENCE_MS)) return;
    throw new ExitError(
      EXIT.world,
      `the dnsmasq of an agent before this one does not end (process ${processesOf(hook)[0]})`,
    );
  }

  /** If no daemon answers, dnsmasq must not wait for one: its hooks would wait, too. */
  private async connect(): Promise<void> {
    const { dbus } = this.options;
    if (dbus === undefined) return;
    try {
      this.bus = await DnsmasqBus.connect(dbus);
    } catch (error) {
      this.warn(`${reasonOf(error)}; leases are changed by restarts`);
    }
  }

  private disconnect(): void {
    this.bus?.close();
    this.bus = undefined;
  }

  private spawn(hook: string, pidFile: string): void {
    const { command: [program, ...words], found, leaseMax, dbus } = this.options;
    this.isOnBus = this.bus !== undefined;
    const usedDbus = this.isOnBus ? dbus : undefined;
    const additions = { hook, pidFile, leaseMax, dbus: usedDbus };
    try {
      const child = new Deno.Command(program, {
        args: [...words, ...addedArguments(additions, found)],
        env: addedEnvironment(Deno.pid, usedDbus),
        // A Ctrl-C in the terminal is for us; we stop it when all is in order.
        detached: true,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      this.child = child;
      this.lastLine = "";
      this.ended = this.end(child, hook, new Guard(child.pid, hook));
    } catch (error) {
      this.disconnect();
      throw new ExitError(EXIT.world, `cannot start ${program}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Follows a dnsmasq to its end and that of its hooks; answers how it ended. */
  private async end(child: Deno.ChildProcess, hook: string, guard: Guard): Promise<string> {
    const tell = (line: string) => {
      this.lastLine = line;
      this.options.onLine?.(line);
    };
    const output = Promise.all([
      outputLines(child.stdout, tell),
      outputLines(child.stderr, tell),
    ]);
    const { code, signal } = await child.status;
    await guard.release();
    await output;
    if (!await noneLeft(hook, HOOKS_PATIENCE_MS)) {
      this.warn("dnsmasq's hooks are still at work: is the disk full?");
    }
    const reason = signal === null ? `exit code ${code}` : signal;
    if (this.child === child) {
      this.child = undefined;
      this.disconnect();
      if (this.isWanted) this.options.onEnd?.(reason);
    }
    return reason;
  }

  /** It writes its pid file when its table is read and its sockets are open. */
  private async serving(watcher: Deno.FsWatcher, pidFile: string): Promise<void> {
    const written = async () => {
      const exists = () => Deno.stat(pidFile).then(({ size }) => size > 0, () => false);
      if (await exists()) return;
      for await (const _ of watcher) if (await exists()) return;
    };
    const timer = Promise.withResolvers<string>();
    const timeout = setTimeout(() => timer.resolve("no answer"), START_PATIENCE_MS);
    const failure = await Promise.race([written(), this.ended!, timer.promise]);
    clearTimeout(timeout);
    if (failure === undefined) {
      this.isWanted = true;
      if (this.child === undefined) this.options.onEnd?.("it ended at once");
      return;
    }
    await this.stop();
    const words = this.lastLine === "" ? "" : `: ${this.lastLine}`;
    throw new ExitError(EXIT.world, `dnsmasq did not start (${failure})${words}`);
  }

  private warn(message: string): void {
    this.options.onWarning?.(message);
  }
}
