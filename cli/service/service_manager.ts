/**
 * What runs this process as a service and waits to hear how it is, as systemd does: sd_notify(3).
 * One datagram to a Unix socket a word.
 */

/** Sends datagrams; `Deno.listenDatagram` gives one, where Deno was started so that it does. */
export interface DatagramSocket {
  send(bytes: Uint8Array, to: { transport: "unixpacket"; path: string }): Promise<number>;
  close(): void;
}

/** The parts of the process that it needs. Tests give others. */
export interface ServiceProcess {
  readonly pid: number;
  /** Reads a variable, and takes it away from the processes that this one starts. */
  takeEnv(name: string): string | undefined;
  /** `undefined`: this Deno cannot. */
  open(): DatagramSocket | undefined;
}

/** The most characters of a status. */
export const MAX_STATUS_CHARACTERS = 200;
/** The watchdog is told so many times in its time: sd_watchdog_enabled(3) advises two. */
const TELLS_PER_WATCHDOG_TIME = 3;
const US_PER_MS = 1000;

/** The service manager of this process. */
export class ServiceManager {
  private readonly path: string;
  private readonly socket: DatagramSocket;
  private readonly watchdogMs: number | undefined;
  private watchdog: ReturnType<typeof setInterval> | undefined;

  private constructor(path: string, socket: DatagramSocket, watchdogMs: number | undefined) {
    this.path = path;
    this.socket = socket;
    this.watchdogMs = watchdogMs;
  }

  /**
   * The one that runs this process; `undefined`: there is none, `"deaf"`: it cannot be told.
   */
  static of(process: ServiceProcess): ServiceManager | "deaf" | undefined {
    const path = process.takeEnv("NOTIFY_SOCKET");
    const watchdogMs = watchdogOf(process);
    // What else a socket can be, such as one of a virtual machine, is not for a process like this.
    if (path === undefined || !/^[/@]/.test(path)) return undefined;
    const socket = process.open();
    if (socket === undefined) return "deaf";
    // An abstract socket is written with an at sign, as zero bytes cannot be.
    return new ServiceManager(path.replace(/^@/, "\0"), socket, watchdogMs);
  }

  /** It does what it is there for; from now on the watchdog hears of every turn of its loop. */
  async ready(status: string): Promise<void> {
    const line = status.replaceAll(/\s+/g, " ").slice(0, MAX_STATUS_CHARACTERS);
    await this.send(`READY=1\nSTATUS=${line}`);
    if (this.watchdogMs === undefined || this.watchdog !== undefined) return;
    const everyMs = this.watchdogMs / TELLS_PER_WATCHDOG_TIME;
    this.watchdog = setInterval(() => void this.send("WATCHDOG=1"), everyMs);
    // It must not keep a process alive that has nothing else to do.
    Deno.unrefTimer(this.watchdog as unknown as number);
  }

  /** It ends, in order. */
  async stopping(): Promise<void> {
    await this.send("STOPPING=1");
  }

  /** Nothing more is told. */
  close(): void {
    clearInterval(this.watchdog);
    this.socket.close();
  }

  /** That nobody listens any more is no reason to end. */
  private async send(text: string): Promise<void> {
    const to = { transport: "unixpacket", path: this.path } as const;
    await this.socket.send(new TextEncoder().encode(text), to).catch(() => {});
  }
}

/** For how long the process may be silent, if it is meant. */
function watchdogOf(process: ServiceProcess): number | undefined {
  const microseconds = Number(process.takeEnv("WATCHDOG_USEC"));
  const pid = process.takeEnv("WATCHDOG_PID");
  if (!(microseconds > 0) || (pid !== undefined && Number(pid) !== process.pid)) return undefined;
  return microseconds / US_PER_MS;
}
