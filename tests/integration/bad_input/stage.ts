/**
 * What every row of the table is tried against: a registrar that serves others meanwhile, and
 * servers that are no registrar. After each row the others must not have noticed anything.
 */
import assert from "node:assert/strict";
import { formatIdentifier, PoolElement, PoolUser, UnknownPoolHandle } from "../../../mod.ts";
import { type RegistrarAt, type Running, Scratch, until, untilFolder } from "../harness.ts";

/** Resident memory that a registrar never needs, whatever it is sent. */
const MEMORY_MAX_BYTES = 400 * 1024 * 1024;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT` as a value. */
export function addressOf(text: string): Address {
  const [, host, port] = /^(.*):(\d+)$/.exec(text)!;
  return { host: host!, port: Number(port) };
}

/** A registrar, those who use it, and servers that are none. */
export class Stage {
  /** What stands for `{name}` in the arguments and words of a row. */
  readonly places: Record<string, string> = {};
  private readonly servers: { close(): void }[] = [];
  private readonly idle: Deno.TcpConn[] = [];
  private idleEnded = 0;
  private touched = 0;
  private nextSilent = Promise.withResolvers<void>();

  private constructor(
    readonly scratch: Scratch,
    readonly registrar: Running & { readonly at: RegistrarAt },
    private readonly element: PoolElement,
    private readonly user: PoolUser,
  ) {}

  /** Sets the stage. */
  static async set(): Promise<Stage> {
    const scratch = await Scratch.make();
    const registrar = await scratch.registrar(["-v"]);
    const registrars = [addressOf(registrar.at.asap)];
    const element = new PoolElement({ registrars, poolHandle: "bystander", port: 8081 });
    await element.register();
    const stage = new Stage(
      scratch,
      registrar,
      element,
      new PoolUser({ registrars, timing: { staleCacheValueMs: 0 } }),
    );
    await stage.addPlaces();
    await stage.addIdle(registrar.at.asap);
    await stage.addIdle(registrar.at.enrp);
    await stage.nothingElseIsLost();
    return stage;
  }

  /** Puts the places where their names stand. */
  expand(text: string): string {
    return text.replace(/\{(\w+)\}/g, (whole, name) => this.places[name] ?? whole);
  }

  /** Others are served as before: pools, open connections, and the registrar's memory. */
  async nothingElseIsLost(): Promise<void> {
    assert.ok(this.registrar.isRunning, `the registrar ended:\n${this.registrar.stderr}`);
    const { poolElements } = await this.user.resolve("bystander");
    assert.deepEqual(poolElements.map((each) => each.identifier), [this.element.identifier]);
    assert.equal(this.element.state, "registered");
    assert.equal(this.idleEnded, 0, "an idle connection was closed");
    const memory = residentBytes(this.registrar.pid);
    assert.ok(memory < MEMORY_MAX_BYTES, `the registrar holds ${memory} bytes`);
  }

  /** Resolved when the registrar knows a pool no longer. */
  async poolIsGone(poolHandle: string): Promise<void> {
    await until(`the end of pool ${poolHandle}`, async () => {
      try {
        await this.user.resolve(poolHandle);
        return false;
      } catch (error) {
        if (error instanceof UnknownPoolHandle) return true;
        throw error;
      }
    });
  }

  /** Resolved when a pool has an element. */
  async poolIsThere(poolHandle: string): Promise<void> {
    await until(`pool ${poolHandle}`, async () => {
      return (await this.user.resolve(poolHandle)).poolElements.length > 0;
    });
  }

  /** Resolved when a file is there. */
  async fileIsThere(path: string): Promise<void> {
    await untilFolder(path.slice(0, path.lastIndexOf("/")), path, () => existing(path));
  }

  /** Resolved when somebody connects to the server that is silent, from now on. */
  touchesSilent(): Promise<void> {
    this.nextSilent = Promise.withResolvers();
    return this.nextSilent.promise;
  }

  /** Nobody has connected to the place `{untouched}`. */
  nothingWasSent(): void {
    assert.equal(this.touched, 0, "something was sent");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) server.close();
    for (const connection of this.idle) connection.close();
    this.user.close();
    await this.element.close();
    await this.scratch[Symbol.asyncDispose]();
  }

  private async addPlaces(): Promise<void> {
    const { asap, enrp } = this.registrar.at;
    const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      return new Response("not found", { status: 404 });
    });
    this.servers.push({ close: () => http.shutdown() });
    const bystander = formatIdentifier(this.element.identifier);
    Object.assign(this.places, { asap, enrp, bystander, folder: this.scratch.folder });
    Object.assign(this.places, {
      silent: this.server(() => this.nextSilent.resolve()),
      garbage: this.server((connection) => connection.write(new Uint8Array([5, 0, 0, 3]))),
      untouched: this.server(() => this.touched++),
      refused: await this.freePort(),
      http: `127.0.0.1:${http.addr.port}`,
    });
  }

  /** A server that does with its connections what it is told, and no more. */
  private server(onConnection: (connection: Deno.TcpConn) => unknown): string {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const open: Deno.TcpConn[] = [];
    const accept = async () => {
      for await (const connection of listener) {
        open.push(connection);
        await onConnection(connection);
      }
    };
    accept();
    this.servers.push({
      close() {
        listener.close();
        for (const connection of open) connection.close();
      },
    });
    return `127.0.0.1:${listener.addr.port}`;
  }

  private async freePort(): Promise<string> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }));
    return `127.0.0.1:${port}`;
  }

  private async addIdle(at: string): Promise<void> {
    const { host, port } = addressOf(at);
    const connection = await Deno.connect({ hostname: host, port });
    this.idle.push(connection);
    const ended = () => void this.idleEnded++;
    connection.read(new Uint8Array(1)).then(ended, (error) => {
      if (!(error instanceof Deno.errors.Interrupted)) ended();
    });
  }
}

function existing(path: string): true | undefined {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}
