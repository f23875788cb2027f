/** The calls of dnsmasq that change its leases while it runs, over a D-Bus daemon. */

import { reasonOf } from "../../failure.ts";
import { FOR_EVER } from "../for_ever.ts";
import { dbusSocket } from "./dbus_address.ts";
import { type DbusArgument, type DbusMessage, DbusMessages, encodeCall } from "./dbus_wire.ts";
import { cleanLease, isAddress, type Lease } from "./lease.ts";
import { DBUS_PATIENCE_MS, MAX_DBUS_AUTH_LINE, MAX_DBUS_CALLS } from "./limits.ts";

/** What a call came to. `lost`: no answer, it may have been done or not. */
export type DbusResult =
  | { readonly ok: true; readonly value?: string | boolean | undefined }
  | { readonly ok: false; readonly problem: string; readonly lost: boolean };

const DNSMASQ = "uk.org.thekelleys.dnsmasq";
const DNSMASQ_PATH = "/uk/org/thekelleys/dnsmasq";
const DBUS = "org.freedesktop.DBus";
const DBUS_PATH = "/org/freedesktop/DBus";

/** One connection to a D-Bus daemon. */
export class DnsmasqBus {
  private readonly waiting = new Map<number, (result: DbusResult) => void>();
  private readonly queue: { count: number; send: () => void }[] = [];
  private serial = 0;
  private problem: string | undefined;
  private sent: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly socket: Deno.Conn,
    private readonly seconds: () => number,
  ) {}

  /**
   * Connects and introduces itself.
   *
   * @param seconds - The time, in seconds since 1970.
   * @param patienceMs - How long the daemon may take.
   * @throws {Error} if no daemon answers there, or it refuses us.
   */
  static async connect(
    address: string,
    seconds: () => number = () => Date.now() / 1000,
    patienceMs = DBUS_PATIENCE_MS,
  ): Promise<DnsmasqBus> {
    const path = dbusSocket(address);
    try {
      const socket = await Deno.connect({ transport: "unix", path });
      const late = Promise.withResolvers<never>();
      const words = `it does not answer within ${patienceMs / 1000} s`;
      const timer = setTimeout(() => late.reject(new Error(words)), patienceMs);
      try {
        return await Promise.race([DnsmasqBus.introduce(socket, seconds), late.promise]);
      } catch (error) {
        closeQuietly(socket);
        throw error;
      } finally {
        clearTimeout(timer);
      }
    } catch (error) {
      const reason = reasonOf(error);
      throw new Error(`no D-Bus daemon at ${address}: ${reason}`, { cause: error });
    }
  }

  private static async introduce(socket: Deno.Conn, seconds: () => number): Promise<DnsmasqBus> {
    await authenticate(socket);
    const bus = new DnsmasqBus(socket, seconds);
    bus.receive();
    const hello = await bus.call(DBUS, DBUS_PATH, "Hello", []);
    if (!hello.ok) throw new Error(hello.problem);
    return bus;
  }

  /** Whether calls can be made still. */
  get isOpen(): boolean {
    return this.problem === undefined;
  }

  /** Whether a dnsmasq is there that hears us. */
  async isServed(): Promise<boolean> {
    const result = await this.call(DBUS, DBUS_PATH, "NameHasOwner", [text(DNSMASQ)]);
    return result.ok && result.value === true;
  }

  /** Gives dnsmasq a lease; what it has at this address is only partly replaced. */
  addLease(lease: Lease): Promise<DbusResult> {
    const added = this.addition(lease);
    return added === undefined ? unusable(lease.address) : this.send([added])[0]!;
  }

  /** Takes a lease away; the value says whether there was one. */
  deleteLease(address: string): Promise<DbusResult> {
    return isAddress(address) ? this.send([deletion(address)])[0]! : unusable(address);
  }

  /**
   * Puts a lease in place of whatever dnsmasq has at this address: the deletion shows in the events
   * what that was, and both go in one write so that nothing comes between.
   */
  async replace(lease: Lease): Promise<DbusResult> {
    const added = this.addition(lease);
    if (added === undefined) return unusable(lease.address);
    const [deleted, result] = await Promise.all(this.send([deletion(lease.address), added]));
    return deleted!.ok ? result! : deleted!;
  }

  /** Ends the connection; what waits for an answer is told that it is lost. */
  close(): void {
    this.end("the connection to the D-Bus daemon was closed");
  }

  private addition(lease: Lease): DnsmasqCall | undefined {
    const clean = cleanLease(lease);
    if (clean === undefined) return undefined;
    const left = Math.ceil(clean.expires - this.seconds());
    const { address, mac, host = "", clientId } = clean;
    const client = clientId?.split(":").map((byte) => parseInt(byte, 16)) ?? [];
    return {
      member: "AddDhcpLease",
      arguments: [
        text(address),
        text(mac),
        { type: "ay", value: new TextEncoder().encode(host) },
        { type: "ay", value: Uint8Array.from(client) },
        { type: "u", value: clean.expires === 0 ? FOR_EVER : finite(left) },
        { type: "u", value: 0 },
        { type: "b", value: false },
      ],
    };
  }

  private call(
    destination: string,
    path: string,
    member: string,
    args: readonly DbusArgument[],
  ): Promise<DbusResult> {
    const call = { member, arguments: args };
    return this.send([call], destination, path)[0]!;
  }

  /** Sends calls in one write, once so many may wait for an answer. */
  private send(
    calls: readonly DnsmasqCall[],
    destination = DNSMASQ,
    path = DNSMASQ_PATH,
  ): Promise<DbusResult>[] {
    const answers = calls.map(() => Promise.withResolvers<DbusResult>());
    const send = () => {
      const messages = calls.map((call, at) => {
        const serial = ++this.serial;
        this.waiting.set(serial, answers[at]!.resolve);
        return encodeCall({ ...call, serial, destination, path, interface: destination });
      });
      const bytes = joined(messages);
      this.sent = this.sent.then(() => writeAll(this.socket, bytes)).catch((error) =>
        this.end(`the D-Bus daemon takes nothing: ${reasonOf(error)}`)
      );
    };
    this.queue.push({ count: calls.length, send });
    this.sendQueued();
    return answers.map(({ promise }) => promise);
  }

  private sendQueued(): void {
    for (;;) {
      const next = this.queue[0];
      if (next === undefined || this.waiting.size + next.count > MAX_DBUS_CALLS) return;
      this.queue.shift();
      next.send();
      if (this.problem !== undefined) this.answerLost(this.problem);
    }
  }

  private async receive(): Promise<void> {
    const messages = new DbusMessages();
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const read = await this.socket.read(buffer);
        if (read === null) return this.end("the D-Bus daemon has closed the connection");
        for (const message of messages.push(buffer.subarray(0, read))) this.answer(message);
      }
    } catch (error) {
      this.end(`the D-Bus daemon cannot be understood: ${reasonOf(error)}`);
    }
  }

  private answer(message: DbusMessage): void {
    if (message.kind === "other" || message.replyTo === undefined) return;
    const resolve = this.waiting.get(message.replyTo);
    if (resolve === undefined) return;
    this.waiting.delete(message.replyTo);
    resolve(resultOf(message));
    this.sendQueued();
  }

  private end(problem: string): void {
    if (this.problem !== undefined) return;
    this.problem = problem;
    closeQuietly(this.socket);
    this.answerLost(problem);
    this.sendQueued();
  }

  private answerLost(problem: string): void {
    for (const resolve of this.waiting.values()) resolve({ ok: false, problem, lost: true });
    this.waiting.clear();
  }
}

interface DnsmasqCall {
  readonly member: string;
  readonly arguments: readonly DbusArgument[];
}

function text(value: string): DbusArgument {
  return { type: "s", value };
}

/** What has just ended must not become endless (0), nor what ends in a hundred years. */
function finite(seconds: number): number {
  return Math.min(Math.max(1, seconds), FOR_EVER - 1);
}

function deletion(address: string): DnsmasqCall {
  return { member: "DeleteDhcpLease", arguments: [text(address)] };
}

function unusable(address: string): Promise<DbusResult> {
  return Promise.resolve({
    ok: false,
    problem: `the lease of ${address} is not one that dnsmasq could take`,
    lost: false,
  });
}

function resultOf({ kind, error, first }: DbusMessage): DbusResult {
  if (kind === "return") return { ok: true, value: first };
  const problem = typeof first === "string" ? first : error ?? "an error without a name";
  return { ok: false, problem, lost: error === `${DBUS}.Error.NoReply` };
}

/** SASL EXTERNAL: the system tells the daemon who we are, and we say the same. */
async function authenticate(socket: Deno.Conn): Promise<void> {
  const user = [...String(Deno.uid() ?? 0)].map((digit) => `3${digit}`).join("");
  await writeAll(socket, new TextEncoder().encode(`\0AUTH EXTERNAL ${user}\r\n`));
  const line = await readLine(socket);
  if (!line.startsWith("OK ")) throw new Error(`it refuses us: ${JSON.stringify(line)}`);
  await writeAll(socket, new TextEncoder().encode("BEGIN\r\n"));
}

/** The daemon says nothing after this line until we do, so none of it is read too early. */
async function readLine(socket: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(MAX_DBUS_AUTH_LINE);
  let length = 0;
  for (;;) {
    const read = await socket.read(buffer.subarray(length));
    if (read === null) throw new Error("it closed the connection");
    length += read;
    const line = new TextDecoder().decode(buffer.subarray(0, length));
    if (line.endsWith("\r\n")) return line.slice(0, -2);
    if (length === buffer.length) throw new Error("its answer is too long");
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

async function writeAll(socket: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await socket.write(rest));
}

function closeQuietly(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // It is closed already.
  }
}
