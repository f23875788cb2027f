/** The sockets of `dns`: framing, limits, several queries at once. RFC 7766, RFC 1035 §4.2. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { DNS_LIMITS, type DnsLimits } from "../../../cli/dns/limits.ts";
import { TcpServer } from "../../../cli/dns/tcp.ts";
import { openUdp } from "../../../cli/dns/udp.ts";
import { queryOf, told } from "./messages.ts";
import { element, type House, openHouse } from "./pools.ts";

const QUERY = queryOf("web.pool.internal", "A");
const ANY_PORT = { host: "127.0.0.1", port: 0 };

function framed(message: Uint8Array): Uint8Array {
  return new Uint8Array([message.length >> 8, message.length & 255, ...message]);
}

class Server implements AsyncDisposable {
  readonly house: House = openHouse();
  readonly tcp: TcpServer;
  private readonly clients: Deno.TcpConn[] = [];

  constructor(limits: Partial<DnsLimits> = {}) {
    this.house.user.put("web", [element(1)]);
    this.tcp = new TcpServer(ANY_PORT, this.house.responder, { ...DNS_LIMITS, ...limits });
  }

  async connect(): Promise<Deno.TcpConn> {
    const client = await Deno.connect({ hostname: "127.0.0.1", port: this.tcp.address.port });
    this.clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.close();
    await this.tcp.close();
  }
}

async function read(client: Deno.TcpConn, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const count = await client.read(bytes.subarray(at));
    assert.notEqual(count, null, "it was closed");
    at += count!;
  }
  return bytes;
}

async function answerOn(client: Deno.TcpConn): Promise<string> {
  const [high, low] = await read(client, 2);
  return told(await read(client, (high! << 8) | low!)).rcode;
}

/** Whether the other side has ended it, in whichever way. */
async function isEnded(client: Deno.TcpConn): Promise<boolean> {
  try {
    return await client.read(new Uint8Array(1)) === null;
  } catch {
    return true;
  }
}

Deno.test("several queries on a connection, in pieces and at once", async () => {
  await using server = new Server();
  const client = await server.connect();
  for (const byte of framed(QUERY)) await client.write(new Uint8Array([byte]));
  assert.equal(await answerOn(client), "NOERROR");
  const nobody = framed(queryOf("nobody.pool.internal", "A"));
  await client.write(new Uint8Array([...nobody, ...framed(QUERY)]));
  assert.equal(await answerOn(client), "NXDOMAIN");
  assert.equal(await answerOn(client), "NOERROR");
  await client.closeWrite();
  assert.ok(await isEnded(client));
});

const ENDED: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["a length above maxQueryBytes", new Uint8Array([0xff, 0xff])],
  ["an answer", framed(QUERY.map((byte, at) => at === 2 ? 0x80 : byte))],
  ["no message at all", new Uint8Array([0, 0])],
];

for (const [what, bytes] of ENDED) {
  Deno.test(`${what} ends the connection`, async () => {
    await using server = new Server();
    const client = await server.connect();
    await client.write(bytes);
    assert.ok(await isEnded(client));
  });
}

Deno.test("without a query, or with half of one, a connection ends: connectionIdleMs", async () => {
  await using server = new Server({ connectionIdleMs: 20 });
  const silent = await server.connect();
  const slow = await server.connect();
  await slow.write(framed(QUERY).slice(0, 9));
  assert.ok(await isEnded(silent));
  assert.ok(await isEnded(slow));
});

Deno.test("connections above maxConnections are closed, later there is room", async () => {
  await using server = new Server({ maxConnections: 2 });
  const clients = [await server.connect(), await server.connect()];
  for (const client of clients) {
    await client.write(framed(QUERY));
    assert.equal(await answerOn(client), "NOERROR");
  }
  assert.equal(server.tcp.size, 2);
  assert.ok(await isEnded(await server.connect()));
  await clients[0]!.closeWrite();
  assert.ok(await isEnded(clients[0]!));
  const later = await server.connect();
  await later.write(framed(QUERY));
  assert.equal(await answerOn(later), "NOERROR");
});

Deno.test("the limits of connections have these numbers", () => {
  const { maxConnections, connectionIdleMs, maxQueryBytes } = DNS_LIMITS;
  assert.deepEqual([maxConnections, connectionIdleMs, maxQueryBytes], [200, 10_000, 4_096]);
});

Deno.test("datagrams on the port of the connections; garbage is not the end of it", async () => {
  await using server = new Server();
  const udp = await openUdp(
    { host: "127.0.0.1", port: server.tcp.address.port },
    server.house.responder,
  );
  const client = createSocket("udp4");
  client.bind(0, "127.0.0.1");
  await once(client, "listening");
  const send = (bytes: Uint8Array) => client.send(bytes, server.tcp.address.port, "127.0.0.1");
  send(new Uint8Array(0));
  send(new Uint8Array([1, 2, 3]));
  send(QUERY);
  const [answer] = await once(client, "message") as [Uint8Array];
  assert.deepEqual(told(answer).answers, ["web.pool.internal A 192.0.2.1"]);
  client.close();
  await udp.close();
});

Deno.test("a port that is taken is told", async () => {
  await using server = new Server();
  const address = { host: "127.0.0.1", port: server.tcp.address.port };
  assert.throws(() => new TcpServer(address, server.house.responder), Deno.errors.AddrInUse);
  const udp = await openUdp(address, server.house.responder);
  await assert.rejects(openUdp(address, server.house.responder), /EADDRINUSE|address in use/i);
  await udp.close();
});
