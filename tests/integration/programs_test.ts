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
  const line = ["web", "--port", `${port}`, "-r", house.asap, "--drain", "200ms"];
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
    const load = ["-t", "1", "-c", "64", "-d", "6s", "-H", "Connection: close"];
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
