/** `proxy` for datagrams: a client has one element, until that is gone. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type At, bytesOf, House, parseAt, textOf } from "./proxy/house.ts";

const ANY = "udp:127.0.0.1:0=dns";

/** A socket of UDP, until disposed of. */
class Udp implements AsyncDisposable {
  private readonly received: string[] = [];
  private wake = () => {};

  private constructor(private readonly socket: Socket) {}

  static async open(answer?: (text: string) => string): Promise<Udp> {
    const socket = createSocket("udp4");
    const udp = new Udp(socket);
    socket.on("message", (bytes, { port, address }) => {
      udp.received.push(textOf(bytes));
      udp.wake();
      if (answer !== undefined) socket.send(bytesOf(answer(textOf(bytes))), port, address);
    });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return udp;
  }

  get port(): number {
    return this.socket.address().port;
  }

  send(to: At, text: string): void {
    this.socket.send(bytesOf(text), to.port, to.hostname);
  }

  async next(): Promise<string> {
    while (this.received.length === 0) {
      await new Promise<void>((resolve) => this.wake = resolve);
    }
    return this.received.shift()!;
  }

  async ask(to: At, text: string): Promise<string> {
    this.send(to, text);
    return await this.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await once(this.socket, "close");
  }
}

Deno.test("datagrams of one client go to one element, those of the next to the next", async () => {
  await using house = await House.open();
  await using a = await Udp.open((text) => `a:${text}`);
  await using b = await Udp.open((text) => `b:${text}`);
  const first = await house.register("dns", a.port, { protocol: "udp" });
  await house.register("dns", b.port, { protocol: "udp" });
  const { at, running, listeners } = await house.proxy([ANY], ["-vv"]);
  assert.deepEqual(listeners.map(({ protocol, pool }) => [protocol, pool]), [["udp", "dns"]]);
  await using one = await Udp.open();
  await using two = await Udp.open();
  const served = (await one.ask(at, "1")).slice(0, 1);
  for (const text of ["2", "3"]) assert.equal(await one.ask(at, text), `${served}:${text}`);
  assert.equal((await two.ask(at, "1")).slice(0, 1), served === "a" ? "b" : "a");

  // Whoever had the element that is gone goes on with another.
  await first.deregister();
  await running.says(/pool "dns" has 1 udp elements/);
  assert.equal(await one.ask(at, "4"), "b:4");
  assert.equal(await two.ask(at, "2"), "b:2");
  assert.equal((await running.stop()).code, 0);
});

Deno.test("what others send to the port of a client is not passed on", async () => {
  await using house = await House.open();
  const seen = Promise.withResolvers<number>();
  const element = createSocket("udp4");
  element.bind(0, "127.0.0.1");
  await once(element, "listening");
  element.on("message", (_, { port }) => seen.resolve(port));
  await house.register("dns", element.address().port, { protocol: "udp" });
  const { at } = await house.proxy([ANY]);
  await using client = await Udp.open();
  await using stranger = await Udp.open();
  client.send(at, "question");
  const port = await seen.promise;
  stranger.send({ hostname: "127.0.0.1", port }, "lie");
  element.send(bytesOf("truth"), port, "127.0.0.1");
  assert.equal(await client.next(), "truth");
  element.close();
  await once(element, "close");
});

Deno.test("beyond --max-udp-flows a client replaces another, which comes back", async () => {
  await using house = await House.open();
  await using a = await Udp.open((text) => `a:${text}`);
  await house.register("dns", a.port, { protocol: "udp" });
  const { at, running } = await house.proxy([ANY], ["--max-udp-flows", "1", "--udp-idle", "50ms"]);
  await using one = await Udp.open();
  await using two = await Udp.open();
  for (const text of ["1", "2"]) {
    assert.equal(await one.ask(at, text), `a:${text}`);
    assert.equal(await two.ask(at, text), `a:${text}`);
  }
  await running.says(/as many clients as it may.*--max-udp-flows/);
});

Deno.test("at SIGTERM the answer to what was asked still comes", async () => {
  await using house = await House.open();
  const asked = Promise.withResolvers<() => void>();
  const element = createSocket("udp4");
  element.bind(0, "127.0.0.1");
  await once(element, "listening");
  element.on(
    "message",
    (_, { port, address }) => asked.resolve(() => element.send(bytesOf("late"), port, address)),
  );
  await house.register("dns", element.address().port, { protocol: "udp" });
  const { running, listeners } = await house.proxy([ANY]);
  await using client = await Udp.open();
  client.send(parseAt(listeners[0]!.listen), "question");
  const answer = await asked.promise;
  running.kill("SIGTERM");
  await running.says(/stopping/);
  answer();
  assert.equal(await client.next(), "late");
  assert.equal((await running.ended).code, 0);
  element.close();
  await once(element, "close");
});
