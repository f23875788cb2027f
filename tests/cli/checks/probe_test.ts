import assert from "node:assert/strict";
import type { Check } from "../../../cli/checks/check_option.ts";
import { type Outcome, probe } from "../../../cli/checks/probe.ts";
import { NamedPipe } from "../named_pipe.ts";

const never = new AbortController().signal;
const HTTP: Check = { type: "http", path: "/health" };

function portOf(listener: Deno.Listener): number {
  return (listener.addr as Deno.NetAddr).port;
}

/** Runs a probe against a server that does one thing with each connection. */
async function against(
  serve: (connection: Deno.Conn) => Promise<void>,
  check: Check,
  options: { timeoutMs?: number; hostname?: string; abort?: AbortSignal } = {},
): Promise<Outcome> {
  const hostname = options.hostname ?? "127.0.0.1";
  const listener = Deno.listen({ hostname, port: 0 });
  const served = (async () => {
    for await (const connection of listener) {
      await serve(connection).catch(() => {});
      try {
        connection.close();
      } catch {
        // It closed itself.
      }
    }
  })();
  const target = { address: hostname, port: portOf(listener) };
  const outcome = await probe(check, target, options.timeoutMs ?? 5000, options.abort ?? never);
  listener.close();
  await served;
  return outcome;
}

async function readRequest(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return text;
}

function answering(response: string) {
  return async (connection: Deno.Conn) => {
    await readRequest(connection);
    await connection.write(new TextEncoder().encode(response));
  };
}

/** Holds a connection until the other side closes it. */
async function beSilent(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  while (await connection.read(buffer) !== null);
}

Deno.test("tcp passes where a connection is accepted", async () => {
  assert.deepEqual(await against(beSilent, { type: "tcp" }), { passed: true });
  assert.deepEqual(await against(beSilent, { type: "tcp" }, { hostname: "::1" }), { passed: true });
});

Deno.test("tcp fails where nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = portOf(listener);
  listener.close();
  const outcome = await probe({ type: "tcp" }, { address: "127.0.0.1", port }, 5000, never);
  assert.deepEqual(outcome, { passed: false, reason: `127.0.0.1:${port}: connection refused` });
});

Deno.test("http passes with 2xx and 3xx, and fails with others", async () => {
  for (const status of ["200 OK", "204 No Content", "302 Found", "399 x"]) {
    assert.deepEqual(await against(answering(`HTTP/1.1 ${status}\r\n\r\n`), HTTP), {
      passed: true,
    });
  }
  for (const status of ["100 Continue", "404 Not Found", "500 Oh", "503 Busy"]) {
    const outcome = await against(answering(`HTTP/1.1 ${status}\r\n\r\n`), HTTP);
    assert.ok(!outcome.passed, status);
    assert.match(outcome.reason, new RegExp(`/health: HTTP status ${status.slice(0, 3)}$`));
  }
  assert.deepEqual(await against(answering("HTTP/1.0 200\r\n\r\n"), HTTP), { passed: true });
});

Deno.test("http asks for the path at the registered address", async () => {
  let request = "";
  await against(async (connection) => {
    request = await readRequest(connection);
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
  }, HTTP);
  assert.match(request, /^GET \/health HTTP\/1\.1\r\nHost: 127\.0\.0\.1:[0-9]+\r\n/);
});

Deno.test("http fails where something else answers, or nothing", async () => {
  const ssh = await against(answering("SSH-2.0-OpenSSH_9.2\r\n"), HTTP);
  assert.ok(!ssh.passed);
  assert.match(ssh.reason, /answers, but not in HTTP/);
  const endless = await against(answering("x".repeat(100_000)), HTTP);
  assert.ok(!endless.passed);
  const closed = await against(async () => {}, HTTP);
  assert.ok(!closed.passed);
  const silent = await against(beSilent, HTTP, { timeoutMs: 50 });
  assert.ok(!silent.passed);
  assert.match(silent.reason, /no answer within 0\.05s/);
});

Deno.test("http passes with a good status, even if the page never ends", async () => {
  const outcome = await against(
    async (connection) => {
      await readRequest(connection);
      await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\nand"));
      await beSilent(connection);
    },
    HTTP,
    { timeoutMs: 60_000 },
  );
  assert.deepEqual(outcome, { passed: true });
});

Deno.test("a probe ends when it is aborted", async () => {
  const abort = new AbortController();
  const abortWhenAsked = async (connection: Deno.Conn) => {
    await readRequest(connection);
    abort.abort();
    await beSilent(connection);
  };
  const outcome = await against(abortWhenAsked, HTTP, { timeoutMs: 60_000, abort: abort.signal });
  assert.ok(!outcome.passed);
});

async function exec(command: string, timeoutMs = 5000): Promise<Outcome> {
  return await probe(
    { type: "exec", command },
    { address: "127.0.0.1", port: 1 },
    timeoutMs,
    never,
  );
}

Deno.test("exec passes with exit code 0", async () => {
  assert.deepEqual(await exec("exit 0"), { passed: true });
  assert.deepEqual(await exec("true && test 1 -lt 2"), { passed: true });
});

Deno.test("exec fails with others, and says what the command said last", async () => {
  const failed = async (command: string) => {
    const outcome = await exec(command);
    assert.ok(!outcome.passed);
    return outcome.reason;
  };
  assert.equal(await failed("exit 3"), "exec: exit code 3");
  assert.equal(await failed("echo a; echo b >&2; exit 1"), "exec: exit code 1 (b)");
  assert.equal(await failed("echo a; exit 1"), "exec: exit code 1 (a)");
  assert.equal(await failed("kill -9 $$"), "exec: exit code 137");
  assert.match(await failed("nosuchcommand"), /exit code 127 \(.*not found.*\)/);
});

Deno.test("exec keeps the beginning of an output and does not block its writer", async () => {
  const outcome = await exec("head -c 3000000 /dev/zero | tr '\\0' x; exit 1");
  assert.ok(!outcome.passed);
  assert.ok(outcome.reason.length < 300);
});

Deno.test("exec that takes too long is killed with all that it started", async () => {
  await using pipe = await NamedPipe.create();
  const outcome = await exec(`exec 3> ${pipe.path}; sleep 1000 & sleep 1000`, 300);
  assert.deepEqual(outcome, { passed: false, reason: "exec: not ended within 0.3s" });
  await pipe.writersGone;
});

Deno.test("exec does not wait for what it left behind, and ends it", async () => {
  await using pipe = await NamedPipe.create();
  const outcome = await exec(`exec 3> ${pipe.path}; sleep 1000 &`, 60_000);
  assert.deepEqual(outcome, { passed: true });
  await pipe.writersGone;
});
