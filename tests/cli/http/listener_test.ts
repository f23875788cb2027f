/** A listener and its limits, over real sockets of the loopback. */

import assert from "node:assert/strict";
import { HTTP_LIMITS, type HttpLimits } from "../../../cli/http/limits.ts";
import { Listener } from "../../../cli/http/listener.ts";
import { Routes } from "../../../cli/http/routes.ts";
import type { Shown } from "../../../cli/http/shown.ts";
import { formatAddress } from "../../../cli/address.ts";
import { fakeShown } from "./fake_shown.ts";
import { HttpConnection } from "./http_connection.ts";

/** A listener, and how it is reached. */
interface Served extends AsyncDisposable {
  readonly at: string;
  readonly shown: ReturnType<typeof fakeShown>;
  readonly ending: AbortController;
  readonly listener: Listener;
}

async function serve(limits: Partial<HttpLimits> = {}, what: Partial<Shown> = {}): Promise<Served> {
  const shown = fakeShown(what);
  const ending = new AbortController();
  const all = { ...HTTP_LIMITS, ...limits };
  const routes = new Routes(() => shown, all, ending.signal);
  const address = { host: "127.0.0.1", port: 0 };
  const listener = await Listener.open({ address, routes, limits: all });
  return {
    at: formatAddress(listener.address),
    shown,
    ending,
    listener,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await listener.close();
    },
  };
}

const GET = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

async function answered(at: string, request: string): Promise<string> {
  const connection = await HttpConnection.to(at);
  await connection.send(request);
  const answer = await connection.rest();
  connection.close();
  return answer;
}

Deno.test("it answers as any server of HTTP/1.1 does", async () => {
  await using served = await serve();
  const response = await fetch(`http://${served.at}/api/v1/numbers`);
  assert.deepEqual(await response.json(), { numbers: [1, 2, 3] });
  const many = await (await fetch(`http://${served.at}/api/v1/many`)).json();
  assert.equal(many.items.length, 10_000);
  const zipped = await fetch(`http://${served.at}/api/v1/many`, {
    headers: { "accept-encoding": "gzip" },
  });
  assert.equal((await zipped.json()).items.length, 10_000);
  const post = await fetch(`http://${served.at}/`, { method: "POST", body: "x" });
  assert.equal(post.status, 405);
  assert.equal(post.headers.get("cache-control"), "no-store");
  await post.body?.cancel();
});

Deno.test("HEAD has the headers of GET and no body", async () => {
  await using served = await serve();
  const close = "Connection: close\r\n";
  const answer = await answered(served.at, GET("/healthz", close).replace("GET", "HEAD"));
  assert.match(answer, /^HTTP\/1.1 200 OK\r\n.*content-length: 3\r\n.*\r\n\r\n$/s);
  const events = await answered(served.at, GET("/api/v1/events", close).replace("GET", "HEAD"));
  assert.match(events, /^HTTP\/1.1 200 OK\r\n.*text\/event-stream.*\r\n\r\n$/s);
});

Deno.test("a name that somebody has lead here is 421, whatever is asked for", async () => {
  await using served = await serve();
  for (const path of ["/", "/metrics", "/healthz", "/api/v1/events"]) {
    const request = GET(path, "Connection: close\r\n").replace("localhost", "evil.example");
    const answer = await answered(served.at, request);
    assert.match(answer, /^HTTP\/1.1 421 .*this is for an IP address, for localhost/s);
  }
});

Deno.test("what is no request for a path here is 400", async () => {
  await using served = await serve();
  const proxied = GET("http://localhost/metrics", "Connection: close\r\n");
  assert.match(await answered(served.at, proxied), /^HTTP\/1.1 400 /);
  assert.match(await answered(served.at, "GET / HTTP/1.1\r\n\r\n"), /^HTTP\/1.1 400 /);
  assert.match(await answered(served.at, "\x16\x03\x01\x00\xa5\r\n\r\n"), /^HTTP\/1.1 400 /);
  const smuggled = GET("/metrics", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") + "0\r\n";
  assert.match(await answered(served.at, smuggled), /^HTTP\/1.1 400 /);
});

Deno.test(`headerBytes: a first line or headers that are longer are 431`, async () => {
  await using served = await serve({ headerBytes: 1024 });
  const long = "x".repeat(2048);
  assert.match(await answered(served.at, GET(`/${long}`)), /^HTTP\/1.1 431 /);
  assert.match(await answered(served.at, GET("/", `X: ${long}\r\n`)), /^HTTP\/1.1 431 /);
  const other = await fetch(`http://${served.at}/healthz`);
  assert.equal(await other.text(), "ok\n");
});

Deno.test("connections: one more is closed at once, and one that goes makes room", async () => {
  await using served = await serve({ connections: 3 });
  const open: HttpConnection[] = [];
  for (let i = 0; i < 3; i++) {
    const connection = await HttpConnection.to(served.at);
    await connection.send(GET("/healthz"));
    assert.match(await connection.until(/ok\n$/), /^HTTP\/1.1 200/);
    open.push(connection);
  }
  const tooMany = await HttpConnection.to(served.at);
  assert.equal(await tooMany.rest(), "");
  tooMany.close();
  open.pop()!.close();
  // The server may need a moment to see that it has gone.
  for (let answer = ""; answer === "";) {
    const next = await HttpConnection.to(served.at);
    await next.send(GET("/healthz")).catch(() => {});
    answer = await next.until(/ok\n$/);
    open.push(next);
  }
  for (const connection of open) connection.close();
});

Deno.test("pipelined: who sends more requests and reads nothing is cut off", async () => {
  await using served = await serve();
  const { pipelined } = HTTP_LIMITS;
  const connection = await HttpConnection.to(served.at);
  for (let i = 0; i <= 2 * pipelined; i++) {
    await connection.send(GET("/healthz"));
    assert.match(await connection.until(/ok\n/), /^HTTP\/1.1 200 /);
  }
  connection.close();
  const last = GET("/healthz", "Connection: close\r\n");
  const allowed = await answered(served.at, GET("/healthz").repeat(pipelined - 1) + last);
  assert.equal(allowed.match(/HTTP\/1.1 200 /g)?.length, pipelined);
  // Nothing has an answer before what follows the events has its end, which it never has.
  const waiting = GET("/metrics").repeat(pipelined - 1);
  const follower = await HttpConnection.to(served.at);
  await follower.send(GET("/api/v1/events") + waiting);
  await follower.until(/retry: 2000/);
  await follower.send(GET("/healthz"));
  assert.ok(!(await follower.rest()).includes("HTTP/1.1"));
  follower.close();
});

Deno.test("requestMs: a request that comes byte by byte is 408, and closed", async () => {
  await using served = await serve({ requestMs: 50 });
  const answer = await answered(served.at, "GET /healthz HTTP/1.1\r\nHost: loc");
  assert.match(answer, /^HTTP\/1.1 408 /);
  const silent = await HttpConnection.to(served.at);
  assert.match(await silent.rest(), /^(HTTP\/1.1 408 .*)?$/s);
  silent.close();
});

Deno.test("idleMs: a connection is not kept for ever without a request", async () => {
  await using served = await serve({ idleMs: 20 });
  const answer = await answered(served.at, GET("/healthz"));
  assert.match(answer, /^HTTP\/1.1 200 OK.*ok\n$/s);
});

Deno.test("answerMs: who does not read its answer loses it", async () => {
  function* endless() {
    for (let n = 0;; n++) yield { n, padding: "x".repeat(1000) };
  }
  await using served = await serve({ answerMs: 100 }, {
    api: { endless: () => ({ items: endless() }) },
  });
  const connection = await HttpConnection.to(served.at);
  await connection.send(GET("/api/v1/endless"));
  // What is read is what the buffers held before it was cut: no end of a chunked body.
  const answer = await connection.rest();
  assert.match(answer, /^HTTP\/1.1 200 OK/);
  assert.doesNotMatch(answer.slice(-16), /\r\n0\r\n\r\n$/);
  connection.close();
});

Deno.test("graceMs: the end does not wait for who follows, nor for who is slow", async () => {
  const served = await serve({ graceMs: 20 });
  const follower = await HttpConnection.to(served.at);
  await follower.send(GET("/api/v1/events"));
  await follower.until(/retry: 2000/);
  const idle = await HttpConnection.to(served.at);
  await idle.send("GET / HT");
  served.ending.abort();
  const ended = follower.rest();
  await served.listener.close();
  // In order: the last chunk is there.
  assert.match(await ended, /0\r\n\r\n$/);
  follower.close();
  idle.close();
});

Deno.test("who follows the events and goes makes room, though nothing happens", async () => {
  await using served = await serve();
  for (let i = 0; i < 70; i++) {
    const connection = await HttpConnection.to(served.at);
    await connection.send(GET("/api/v1/events"));
    let answer = await connection.until(/retry: 2000|already/);
    // The one before may not have been missed yet.
    while (/ 503 /.test(answer)) {
      await connection.send(GET("/api/v1/events"));
      answer = await connection.until(/retry: 2000|already/);
    }
    assert.match(answer, /^HTTP\/1.1 200 OK/);
    connection.close();
  }
});

Deno.test("a port in use is a failure of the world that names the option", async () => {
  await using served = await serve();
  const [host, port] = served.at.split(":") as [string, string];
  const address = { host, port: Number(port) };
  const routes = new Routes(() => undefined, HTTP_LIMITS, new AbortController().signal);
  await assert.rejects(Listener.open({ address, routes, limits: HTTP_LIMITS }), {
    code: 1,
    message: `--http: cannot listen on ${served.at}: the port is in use`,
  });
});
