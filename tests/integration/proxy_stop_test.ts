/** `proxy` while elements are stopped or die, while readers are slow, and when it is stopped. */
import assert from "node:assert/strict";
import { type Running, until } from "./harness.ts";
import {
  ask,
  type At,
  bytesOf,
  echo,
  House,
  readAll,
  readExactly,
  textOf,
  writeAll,
} from "./proxy/house.ts";

const ANY = "127.0.0.1:0=web";
const CLIENTS = 64;
const DOWNLOAD_BYTES = 16 * 1024 * 1024;
const DOWNLOAD_SERVER = decodeURIComponent(
  new URL("servers/download_server.ts", import.meta.url).pathname,
);

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A web server behind `register`. */
interface WebServer {
  readonly port: number;
  readonly running: Running;
}

async function webServer(house: House): Promise<WebServer> {
  const port = freePort();
  const options = ["-r", house.asap, "--port", String(port), "--drain", "100ms"];
  const command = ["deno", "run", "-A", "--no-config", DOWNLOAD_SERVER, String(port)];
  const running = house.scratch.serve("register", ["web", ...options, "--", ...command]);
  await running.ready();
  return { port, running };
}

/** Clients that ask again and again, each time on a new connection. */
class Clients {
  /** What went wrong, and when that request began. */
  readonly failures: { startedAt: number; why: string }[] = [];
  private readonly counts = new Map<number, number>();
  private waiting: { count: number; resolve: () => void } | undefined;
  private isOver = false;
  private readonly running: Promise<void>[];

  constructor(private readonly at: At) {
    this.running = Array.from({ length: CLIENTS }, () => this.loop());
  }

  /** Resolved when so many more requests were answered. */
  async answers(count: number): Promise<void> {
    await new Promise<void>((resolve) => this.waiting = { count, resolve });
  }

  servedBy(port: number): number {
    return this.counts.get(port) ?? 0;
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.running);
  }

  private async loop(): Promise<void> {
    while (!this.isOver) {
      const startedAt = performance.now();
      try {
        const answer = await ask(this.at, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        const page = /^HTTP\/1\.1 200 [^]*\r\n\r\npage of (\d+)\n$/.exec(answer);
        if (page === null) throw new Error(JSON.stringify(answer));
        this.answered(Number(page[1]));
      } catch (error) {
        this.failures.push({ startedAt, why: String(error) });
      }
    }
  }

  private answered(port: number): void {
    this.counts.set(port, this.servedBy(port) + 1);
    if (this.waiting !== undefined && --this.waiting.count === 0) this.waiting.resolve();
  }
}

async function untilRefused(port: number): Promise<void> {
  await until(`the end of port ${port}`, async () => {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused;
    }
  });
}

/** A download that has begun and is not read further. */
async function beginDownload(at: At): Promise<{ connection: Deno.TcpConn; port: number }> {
  const connection = await Deno.connect(at);
  await writeAll(
    connection,
    bytesOf("GET /download HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
  );
  let head = "";
  while (!head.endsWith("\r\n\r\n")) head += textOf(await readExactly(connection, 1));
  return { connection, port: Number(/served-by: (\d+)/i.exec(head)![1]) };
}

Deno.test("an element that is stopped in order costs no request and no download", async () => {
  await using house = await House.open();
  const servers = [await webServer(house), await webServer(house)];
  const { at } = await house.proxy([ANY]);
  const clients = new Clients(at);
  await clients.answers(500);
  const { connection, port } = await beginDownload(at);
  const stopped = servers.find((each) => each.port === port)!;
  const other = servers.find((each) => each.port !== port)!;
  stopped.running.kill("SIGTERM");
  await stopped.running.prints(/SIGTERM/);
  await clients.answers(500);
  const before = clients.servedBy(port);
  // The server ends when its last download has, which nobody has read yet.
  assert.equal(stopped.running.isRunning, true);
  assert.equal((await readAll(connection)).length, DOWNLOAD_BYTES);
  connection.close();
  assert.equal((await stopped.running.ended).code, 0);
  await clients.answers(500);
  await clients.stop();
  assert.deepEqual(clients.failures, []);
  assert.equal(clients.servedBy(port), before);
  assert.ok(clients.servedBy(port) > 100 && clients.servedBy(other.port) > 600);
});

Deno.test("after kill -9 only the requests that were in flight are lost", async () => {
  await using house = await House.open();
  const [dying, living] = [await webServer(house), await webServer(house)];
  const { at } = await house.proxy([ANY]);
  const clients = new Clients(at);
  await clients.answers(500);
  const { childPid } = await dying.running.ready();
  dying.running.kill("SIGKILL");
  Deno.kill(childPid, "SIGKILL");
  // Until the system has taken its listener away, what connects to it is in flight.
  await untilRefused(dying.port);
  const killedAt = performance.now();
  await clients.answers(1_000);
  await house.untilElements("web", 1);
  await clients.stop();
  const late = clients.failures.filter(({ startedAt }) => startedAt > killedAt);
  assert.deepEqual(late, []);
  assert.ok(clients.failures.length <= CLIENTS, JSON.stringify(clients.failures));
  assert.ok(clients.servedBy(living.port) > 1_000);
});

/** Asks through the same proxy until somebody has not got on for a long time. */
async function untilStalled(progress: () => number, at: At): Promise<number> {
  for (let seen = -1, same = 0; same < 100; same = progress() === seen ? same + 1 : 0) {
    seen = progress();
    await ask(at, "x");
  }
  return progress();
}

function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

/** What stands in the queues of the system at most, on the way from one end to the other. */
const QUEUED_BYTES = 48 * 1024 * 1024;
const SENT_BYTES = 256 * 1024 * 1024;
const PIECE = new Uint8Array(1024 * 1024).fill(7);

async function send(connection: Deno.TcpConn, sent: (bytes: number) => void): Promise<void> {
  for (let bytes = PIECE.length; bytes <= SENT_BYTES; bytes += PIECE.length) {
    await writeAll(connection, PIECE);
    sent(bytes);
  }
  await connection.closeWrite();
}

async function countAll(connection: Deno.TcpConn): Promise<number> {
  const buffer = new Uint8Array(1024 * 1024);
  let count = 0;
  for (let read = await connection.read(buffer); read !== null;) {
    count += read;
    read = await connection.read(buffer);
  }
  return count;
}

Deno.test("a slow reader holds its sender back, whichever side it is on", async () => {
  await using house = await House.open();
  let sent = 0;
  const received = Promise.withResolvers<number>();
  const mayRead = Promise.withResolvers<void>();
  await house.element("sends", (connection) => send(connection, (bytes) => sent = bytes));
  await house.element("reads", async (connection) => {
    await mayRead.promise;
    received.resolve(await countAll(connection));
  });
  await house.element("web", echo("a"));
  const listen = [ANY, "127.0.0.1:0=sends", "127.0.0.1:0=reads"];
  const { at, listeners, running } = await house.proxy(listen);
  const [, sends, reads] = listeners.map(({ listen }) => ({
    hostname: "127.0.0.1",
    port: Number(listen.split(":")[1]),
  })) as [At, At, At];
  for (let i = 0; i < 100; i++) await ask(at, "warm");
  const before = residentBytes(running.pid);

  using client = await Deno.connect(sends);
  const stalled = await untilStalled(() => sent, at);
  assert.ok(stalled < QUEUED_BYTES, `${stalled} bytes were taken`);

  using sender = await Deno.connect(reads);
  let uploaded = 0;
  const uploading = send(sender, (bytes) => uploaded = bytes);
  const held = await untilStalled(() => uploaded, at);
  assert.ok(held < QUEUED_BYTES, `${held} bytes were taken`);
  const grown = residentBytes(running.pid) - before;
  assert.ok(grown < 32 * 1024 * 1024, `the proxy has grown by ${grown} bytes`);

  assert.equal(await countAll(client), SENT_BYTES);
  mayRead.resolve();
  await uploading;
  assert.equal(await received.promise, SENT_BYTES);
});

Deno.test("at SIGTERM it accepts no more, and ends when the last connection has", async () => {
  await using house = await House.open();
  await house.element("web", echo("a"));
  const { at, running } = await house.proxy([ANY], ["--drain", "60s"]);
  using client = await Deno.connect(at);
  await writeAll(client, bytesOf("before "));
  await ask(at, "x");
  running.kill("SIGTERM");
  await running.says(/waits for 1 open connection, 1m at most/);
  await assert.rejects(Deno.connect(at), Deno.errors.ConnectionRefused);
  await writeAll(client, bytesOf("after"));
  await client.closeWrite();
  assert.equal(textOf(await readAll(client)), "a:before after");
  assert.equal((await running.ended).code, 0);
});

Deno.test("a second signal does not wait, and --drain is not exceeded", async () => {
  await using house = await House.open();
  await house.element("web", echo("a"));
  const impatient = await house.proxy([ANY], ["--drain", "60s"]);
  using first = await Deno.connect(impatient.at);
  await ask(impatient.at, "x");
  impatient.running.kill("SIGTERM");
  await impatient.running.says(/waits for 1/);
  assert.equal((await impatient.running.stop("SIGINT")).code, 0);
  assert.equal((await readAll(first)).length, 0);

  const { at, running } = await house.proxy([ANY], ["--drain", "100ms"]);
  using second = await Deno.connect(at);
  await ask(at, "x");
  const { code, stderr } = await running.stop();
  assert.equal(code, 0);
  assert.match(stderr, /ends 1 open connection\n/);
  assert.equal((await readAll(second)).length, 0);
});
