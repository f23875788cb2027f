/** `proxy` as a process: what it passes, whom it tries, how it ends. */
import assert from "node:assert/strict";
import { USE_DATA_PLUS_CONTROL } from "../../mod.ts";
import { hasProgram, until } from "./harness.ts";
import {
  ask,
  bytesOf,
  echo,
  House,
  parseAt,
  readAll,
  readExactly,
  textOf,
  writeAll,
} from "./proxy/house.ts";

const ANY = "127.0.0.1:0=web";

/** A port on which nobody listens. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("connections go round the pool, and the ready file says where", async () => {
  await using house = await House.open();
  await house.element("web", echo("a"));
  await house.element("web", echo("b"));
  await house.element("a=b", echo("c"));
  const { at, listeners, running } = await house.proxy([
    ANY,
    "[::1]:0=a=b",
    "127.0.0.1:0=hex:776562",
  ]);
  assert.deepEqual(listeners.map(({ protocol, pool }) => [protocol, pool]), [
    ["tcp", "web"],
    ["tcp", "a=b"],
    ["tcp", "web"],
  ]);
  assert.match(listeners[1]!.listen, /^\[::1\]:[1-9]\d*$/);
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await ask(at, "x"));
  assert.deepEqual(answers.toSorted(), ["a:x", "a:x", "b:x", "b:x"]);
  const port = Number(listeners[1]!.listen.slice(6));
  assert.equal(await ask({ hostname: "::1", port }, "y"), "c:y");
  const { code, stderr } = await running.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /stopped\n$/);
});

Deno.test("a half that ends leaves the other open, both ways", async () => {
  await using house = await House.open();
  const heard = Promise.withResolvers<string>();
  await house.element("web", echo("a"));
  await house.element("first", async (connection) => {
    await writeAll(connection, bytesOf("hello"));
    await connection.closeWrite();
    heard.resolve(textOf(await readAll(connection)));
  });
  const { at, listeners } = await house.proxy([ANY, "127.0.0.1:0=first"]);
  assert.equal(await ask(at, "question"), "a:question");

  const port = Number(listeners[1]!.listen.split(":")[1]);
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  assert.equal(textOf(await readAll(client)), "hello");
  await writeAll(client, bytesOf("still here"));
  await client.closeWrite();
  assert.equal(await heard.promise, "still here");
});

Deno.test("the next element is tried when one cannot be reached, which is told once", async () => {
  await using house = await House.open();
  const dead = await house.register("web", freePort());
  await house.element("web", echo("a"));
  const { at, running } = await house.proxy([ANY], ["-v"]);
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(at, String(i))));
  assert.deepEqual(answers, Array.from({ length: 40 }, (_, i) => `a:${i}`));
  const { stderr } = await running.stop();
  const told = stderr.match(/warning: pool element 0x[0-9a-f]{8} of "web" cannot be reached.*/g);
  assert.equal(told?.length, 1, stderr);
  const identifier = dead.identifier.toString(16).padStart(8, "0");
  assert.match(told![0], new RegExp(`0x${identifier} .*127\\.0\\.0\\.1:\\d+: connection refused`));
});

Deno.test("a client waits for an element; without one its connection is closed", async () => {
  await using house = await House.open();
  const { at, running } = await house.proxy([ANY], ["--wait", "100ms"]);
  for (let i = 0; i < 3; i++) assert.equal(await ask(at, ""), "");
  assert.equal(running.stderr.match(/no element of pool "web" for a client/g)?.length, 1);
  await running.stop();

  const patient = await house.proxy([ANY], ["--wait", "60s"]);
  const asked = ask(patient.at, "early");
  await house.element("web", echo("late"));
  assert.equal(await asked, "late:early");
});

Deno.test("--max-attempts ends a connection that has tried so many elements", async () => {
  await using house = await House.open();
  for (let i = 0; i < 3; i++) await house.register("web", freePort());
  const { at, running } = await house.proxy([ANY], ["--max-attempts", "2", "--wait", "60s"]);
  assert.equal(await ask(at, ""), "");
  await running.says(/no element of pool "web" for a client: 2 attempts have failed/);
});

Deno.test("it goes on with what it knows while no registrar answers", async () => {
  await using house = await House.open();
  await house.element("web", echo("a"));
  const { at, running } = await house.proxy([ANY]);
  await house.registrar.stop("SIGKILL");
  await running.says(/warning: no registrar answers/);
  assert.equal(await ask(at, "x"), "a:x");
  assert.equal((await running.stop()).code, 0);
});

Deno.test("an element that leaves the pool keeps its connections", async () => {
  await using house = await House.open();
  const element = await house.element("web", async (connection) => {
    for (;;) await writeAll(connection, await readExactly(connection, 1));
  });
  const { at, running } = await house.proxy([ANY], ["-vv"]);
  using client = await Deno.connect(at);
  const pingPong = async () => {
    await writeAll(client, bytesOf("x"));
    assert.equal(textOf(await readExactly(client, 1)), "x");
  };
  await pingPong();
  await element.deregister();
  await running.says(/pool "web" has 0 tcp elements/);
  await pingPong();
});

Deno.test("pools that do not fit a listener are told of once and not used", async () => {
  await using house = await House.open();
  await house.register("dns", freePort(), { protocol: "udp" });
  await house.element("stateful", echo("a"), { use: USE_DATA_PLUS_CONTROL });
  const listen = ["127.0.0.1:0=dns", "127.0.0.1:0=stateful"];
  const { listeners, running } = await house.proxy(listen, ["--wait", "0s"]);
  for (const { listen } of [...listeners, ...listeners]) {
    assert.equal(await ask(parseAt(listen), ""), "");
  }
  const { stderr } = await running.stop();
  assert.equal(stderr.match(/does not forward to elements .*"dns" that speak udp/g)?.length, 1);
  assert.equal(stderr.match(/does not forward to .*"stateful" .* data\+control/g)?.length, 1);
});

Deno.test("--proxy-protocol tells the element who its client is, before a byte", async () => {
  await using house = await House.open();
  await house.element("web", async (connection) => {
    const header = await readExactly(connection, 28);
    await writeAll(connection, header);
    await writeAll(connection, await readAll(connection));
  });
  const { at } = await house.proxy([ANY], ["--proxy-protocol"]);
  using client = await Deno.connect(at);
  await writeAll(client, bytesOf("GET"));
  await client.closeWrite();
  const bytes = await readAll(client);
  const { port } = client.localAddr;
  const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
  const ports = [port >> 8, port & 255, at.port >> 8, at.port & 255];
  assert.deepEqual([...bytes.subarray(0, 28)], [
    ...signature,
    ...[0x21, 0x11, 0, 12],
    ...[127, 0, 0, 1, 127, 0, 0, 1],
    ...ports,
  ]);
  assert.equal(textOf(bytes.subarray(28)), "GET");
});

Deno.test("beyond --max-connections clients wait until others have gone", async () => {
  await using house = await House.open();
  await house.element("web", echo("a"));
  const { at, running } = await house.proxy([ANY], ["--max-connections", "2"]);
  const held = [await Deno.connect(at), await Deno.connect(at)];
  const third = ask(at, "third");
  await running.says(/as many connections as it may/);
  for (const each of held) {
    await writeAll(each, bytesOf("x"));
    await each.closeWrite();
    assert.equal(textOf(await readAll(each)), "a:x");
    each.close();
  }
  assert.equal(await third, "a:third");
});

Deno.test("--max-connections-per-listener leaves the other listeners theirs", async () => {
  await using house = await House.open();
  await house.element("web", echo("a"));
  const { at, listeners } = await house.proxy([ANY, ANY], ["--max-connections-per-listener", "1"]);
  const held = await Deno.connect(at);
  await writeAll(held, bytesOf("x"));
  const waiting = ask(at, "second");
  assert.equal(await ask(parseAt(listeners[1]!.listen), "other"), "a:other");
  await held.closeWrite();
  assert.equal(textOf(await readAll(held)), "a:x");
  held.close();
  assert.equal(await waiting, "a:second");
});

Deno.test("a proxy without free descriptors blames nobody, and goes on later", async () => {
  await using house = await House.open();
  await house.element("web", echo("a"));
  const few = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"];
  const { at, running } = await house.proxy([ANY], ["--wait", "100ms"], few);
  const held: Deno.TcpConn[] = [];
  while (!/no element of pool|cannot accept/.test(running.stderr)) {
    assert.ok(held.length < 200);
    held.push(await Deno.connect(at));
    await writeAll(held.at(-1)!, bytesOf("x"));
  }
  for (const each of held) each.close();
  await until("an answer", async () => await ask(at, "later") === "a:later");
  const { stderr } = await running.stop();
  assert.match(stderr, /[Tt]oo many open files/);
  assert.doesNotMatch(stderr, /cannot be reached/);
});

Deno.test("a port that is in use is exit 1, and nothing is left behind", async () => {
  await using house = await House.open();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const running = house.start([ANY, `127.0.0.1:${port}=web`]);
  const { code, stderr } = await running.ended;
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .*in use`));
  assert.doesNotMatch(stderr, /bug/);
});

Deno.test("without a registrar it says so and waits, and stops in order", async () => {
  await using house = await House.open();
  await house.registrar.stop();
  const running = house.start([ANY]);
  await running.says(/warning: no registrar answers, trying on: .*connection refused/);
  const { code, stderr } = await running.stop();
  assert.equal(code, 0, stderr);
});

Deno.test({
  name: "curl fetches a page through the proxy",
  ignore: !hasProgram("curl"),
  async fn() {
    await using house = await House.open();
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("a page\n"),
    );
    await house.register("web", server.addr.port);
    const { at } = await house.proxy([ANY]);
    const curl = house.scratch.spawn("curl", ["-s", `http://127.0.0.1:${at.port}/`]);
    const { code, stdout } = await curl.ended;
    assert.deepEqual([code, stdout], [0, "a page\n"]);
  },
});
