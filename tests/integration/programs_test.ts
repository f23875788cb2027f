/** Programs that know nothing of RSerPool, behind `proxy`: Redis and wrk, as Debian has them. */

import assert from "node:assert/strict";
import { hasProgram, type Running, until } from "./harness.ts";
import { type At, House } from "./proxy/house.ts";
import { freePort } from "./recipes/pages.ts";

const SERVER = decodeURIComponent(
  new URL("./servers/draining_server.ts", import.meta.url).pathname,
);

/** Registers what runs already, as a user would. */
async function register(house: House, pool: string, port: number, more: readonly string[]) {
  const line = [pool, "--port", `${port}`, "--check", "none", "-r", house.asap, ...more];
  const registration = house.scratch.serve("register", line);
  await registration.ready();
  return registration;
}

/** Runs redis-cli once, over a connection of its own. */
async function redis(house: House, { hostname, port }: At, ...args: string[]): Promise<string> {
  const cli = house.scratch.spawn("redis-cli", ["-h", hostname, "-p", `${port}`, ...args]);
  return (await cli.ended).stdout.trim();
}

async function redisServer(house: House, priority: number) {
  const port = freePort();
  const own = ["--save", "", "--dir", house.scratch.folder, "--bind", "127.0.0.1"];
  const server = house.scratch.spawn("redis-server", ["--port", `${port}`, ...own]);
  const at = { hostname: "127.0.0.1", port };
  await until("redis", async () => await redis(house, at, "PING") === "PONG");
  await register(house, "redis", port, ["--policy", `priority:priority=${priority}`]);
  return { server, at };
}

Deno.test({
  name: "a Redis that is killed is followed by the next one at the same address",
  ignore: !hasProgram("redis-server") || !hasProgram("redis-cli"),
  async fn() {
    await using house = await House.open();
    const first = await redisServer(house, 2);
    const second = await redisServer(house, 1);
    const { at, running } = await house.proxy(["127.0.0.1:0=redis"]);
    assert.equal(await redis(house, at, "SET", "who", "first"), "OK");
    assert.equal(await redis(house, at, "GET", "who"), "first");
    assert.equal(await redis(house, second.at, "GET", "who"), "", "the second was not asked");

    await first.server.stop("SIGKILL");
    assert.equal(await redis(house, at, "SET", "who", "second"), "OK");
    assert.equal(await redis(house, at, "GET", "who"), "second");
    assert.equal(await redis(house, second.at, "GET", "who"), "second");
    assert.equal((await running.stop()).code, 0);
    assert.equal(running.stderr.match(/cannot be reached/g)?.length, 1, running.stderr);
  },
});

/** A web server that `register` runs, and stops in order. */
async function webElement(house: House): Promise<Running> {
  const port = freePort();
  const command = [Deno.execPath(), "run", "-A", "--no-lock", SERVER, `${port}`];
  const line = ["web", "--port", `${port}`, "-r", house.asap, "--drain", "1s"];
  const element = house.scratch.serve("register", [...line, "--", ...command]);
  await element.ready();
  return element;
}

Deno.test({
  name: "wrk loses no request while elements come and are stopped in order",
  ignore: !hasProgram("wrk"),
  async fn() {
    await using house = await House.open();
    let old = await webElement(house);
    const { at, running } = await house.proxy(["127.0.0.1:0=web"]);
    const load = ["-t", "1", "-c", "64", "-d", "8s", "-H", "Connection: close"];
    const wrk = house.scratch.spawn("wrk", [...load, `http://127.0.0.1:${at.port}/`]);
    let rolls = 0;
    for (; rolls < 2; rolls++) {
      const young = await webElement(house);
      const { code, stderr } = await old.stop();
      assert.equal(code, 0, stderr);
      old = young;
    }
    assert(wrk.isRunning, "wrk ended before the elements were replaced");
    const { code, stdout } = await wrk.ended;
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /Socket errors|Non-2xx/);
    assert.match(stdout, /[1-9]\d* requests in/);
    assert.equal((await old.stop()).code, 0);
    assert.equal((await running.stop()).code, 0);
  },
});

Deno.test({
  name: "wrk loses no more than what was in flight when an element is killed with kill -9",
  ignore: !hasProgram("wrk"),
  async fn() {
    await using house = await House.open();
    const doomed = await webElement(house);
    const { childPid } = await doomed.ready();
    const heir = await webElement(house);
    const { at, running } = await house.proxy(["127.0.0.1:0=web"]);
    const url = `http://127.0.0.1:${at.port}/`;
    const wrk = house.scratch.spawn("wrk", ["-t", "1", "-c", "64", "-d", "3s", url]);
    // It talks to both before one of them dies, and its supervisor with it.
    await heir.prints(/^begin/m);
    await doomed.prints(/^begin/m);
    doomed.kill("SIGKILL");
    Deno.kill(childPid, "SIGKILL");
    await house.untilElements("web", 1);
    assert(wrk.isRunning, "wrk ended before the element was gone");
    const { stdout } = await wrk.ended;
    assert.doesNotMatch(stdout, /Non-2xx/);
    assert.match(stdout, /[1-9]\d* requests in/);
    const errors = /connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout) ?? [];
    const [connect = 0, read = 0, write = 0, timeout = 0] = errors.slice(1).map(Number);
    assert.deepEqual([connect, timeout], [0, 0], stdout);
    assert(read + write <= 64, `more than the 64 requests in flight were lost:\n${stdout}`);

    const after = house.scratch.spawn("wrk", ["-t", "1", "-c", "64", "-d", "1s", url]);
    assert.doesNotMatch((await after.ended).stdout, /Socket errors|Non-2xx/);
    assert.equal((await running.stop()).code, 0);
    assert.equal((await heir.stop()).code, 0);
  },
});

/** A client of Redis that keeps its connection, and connects again when it is lost. */
class RedisClient {
  reconnections = 0;
  private connection: Deno.TcpConn | undefined;

  constructor(private readonly at: At) {}

  /** Says a command until it is answered, by whatever server. */
  async say(command: string): Promise<string> {
    for (;;) {
      this.connection ??= await Deno.connect(this.at);
      const answer = await exchange(this.connection, command);
      if (answer !== undefined) return answer;
      this.close();
      this.reconnections++;
    }
  }

  close(): void {
    this.connection?.close();
    this.connection = undefined;
  }
}

async function exchange(connection: Deno.TcpConn, command: string): Promise<string | undefined> {
  try {
    await connection.write(new TextEncoder().encode(`${command}\r\n`));
    const answer = new Uint8Array(256);
    const length = await connection.read(answer);
    if (length === null) return undefined;
    return new TextDecoder().decode(answer.subarray(0, length)).trim();
  } catch {
    return undefined;
  }
}

Deno.test({
  name: "README: a Redis and its spare behind proxy, and a client that reconnects",
  ignore: !hasProgram("redis-server") || !hasProgram("redis-cli"),
  async fn() {
    await using house = await House.open();
    const own = ["--save", "", "--dir", house.scratch.folder, "--bind", "127.0.0.1"]
      // Its spare need not wait for others to be copied to at the same time.
      .concat("--repl-diskless-sync-delay", "0");
    const start = async (priority: number, more: readonly string[] = []) => {
      const port = `${freePort()}`;
      const line = ["redis", "--port", port, "--policy", `priority:priority=${priority}`];
      const check = ["--check", `exec:redis-cli -p ${port} ping`, "-r", house.asap];
      const command = ["redis-server", "--port", port, ...own, ...more];
      const element = house.scratch.serve("register", [...line, ...check, "--", ...command]);
      const { childPid } = await element.ready();
      return { element, port, childPid };
    };
    const first = await start(2);
    const second = await start(1, ["--replicaof", `127.0.0.1 ${first.port}`]);
    const spare = { hostname: "127.0.0.1", port: Number(second.port) };
    const synced = async () =>
      (await redis(house, spare, "INFO", "replication")).includes("link_status:up");
    await until("the spare having what the first has", synced);

    const { at, running } = await house.proxy(["127.0.0.1:0=redis"]);
    const client = new RedisClient(at);
    for (let count = 1; count <= 100; count++) {
      assert.equal(await client.say("INCR visits"), `:${count}`);
    }
    await until("the copy", async () => await redis(house, spare, "GET", "visits") === "100");
    assert.equal(client.reconnections, 0);
    Deno.kill(first.childPid, "SIGKILL");
    assert.notEqual((await first.element.ended).code, 0);
    assert.equal(await redis(house, spare, "REPLICAOF", "NO", "ONE"), "OK");
    for (let count = 101; count <= 200; count++) {
      assert.equal(await client.say("INCR visits"), `:${count}`);
    }
    assert.equal(client.reconnections, 1);
    client.close();
    assert.equal((await running.stop()).code, 0);
    await second.element.stop();
  },
});
