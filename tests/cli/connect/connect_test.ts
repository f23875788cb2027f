/** `connect`: which element, what is passed, and how it ends. */

import assert from "node:assert/strict";
import { type Connection, tcpTransport } from "../../../lib/net/mod.ts";
import { errors, FakeWorld, type Given, run, runIn } from "../fake_world.ts";
import { echo, FakePool, heard } from "./pool.ts";

const encoder = new TextEncoder();

/** Standard input in pieces, each given when it is asked for; a function is called first. */
function pieces(...given: (string | (() => Promise<unknown>))[]): Given["stdinPieces"] {
  return async () => {
    while (typeof given[0] === "function") await (given.shift() as () => Promise<unknown>)();
    const piece = given.shift();
    return piece === undefined ? null : encoder.encode(piece as string);
  };
}

/** Never comes. */
const never = () => new Promise<never>(() => {});

/** A signal that something has happened. */
function signal() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { happened: promise, happen: () => resolve() };
}

Deno.test("what comes in goes to an element, and back, and ends in order", async () => {
  await using pool = new FakePool().add(echo);
  const { code, stdout, stderr } = await run("connect web", { ...pool.given, stdin: "hello\n" });
  assert.deepEqual([code, stdout], [0, "hello\n"]);
  const { port } = pool.elements[0]!.transport as { port: number };
  assert.equal(stderr, `rserpool: connected to 0x00000001 at 127.0.0.1:${port}\n`);
  assert.deepEqual(pool.reported, []);
});

Deno.test("-q passes bytes and says nothing; -v counts them", async () => {
  await using pool = new FakePool().add(echo, echo);
  const quiet = await run("connect web -q", { ...pool.given, stdin: "hello\n" });
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, "hello\n", ""]);
  const verbose = await run("connect web -v", { ...pool.given, stdin: "hello\n" });
  assert.match(verbose.stderr, /info: connecting to pool element 0x00000001 at /);
  assert.match(verbose.stderr, /info: 6 bytes sent, 6 bytes received\n$/);
});

Deno.test("the end of the input is told, and the answer still comes", async () => {
  let question = "";
  await using pool = new FakePool().add(async (conn) => {
    question = await heard(conn);
  }, async (conn) => {
    for (const buffer = new Uint8Array(100); await conn.read(buffer) !== null;);
    await conn.write(encoder.encode("late "));
    await conn.write(encoder.encode("answer"));
  });
  await run("connect web", { ...pool.given, stdin: "all of it" });
  assert.equal(question, "all of it");
  const { code, stdout } = await run("connect web", { ...pool.given, stdin: "x" });
  assert.deepEqual([code, stdout], [0, "late answer"]);
});

Deno.test("an element that cannot be connected to is reported, once, and left", async () => {
  await using pool = new FakePool().addDead().addDead().add(echo);
  const { code, stdout, stderr } = await run("connect web", { ...pool.given, stdin: "hi" });
  assert.deepEqual([code, stdout], [0, "hi"]);
  assert.deepEqual(pool.reported, [1, 2]);
  const lines = stderr.trimEnd().split("\n");
  assert.equal(lines.length, 3);
  assert.match(
    lines[0]!,
    /warning: cannot connect to pool element 0x00000001 at .*: connection ref/,
  );
  assert.match(lines[1]!, /0x00000002 .*; another one is taken$/);
  assert.match(lines[2]!, /connected to 0x00000003 /);
});

Deno.test("if none can be connected to, each is named and reported: exit 1", async () => {
  await using pool = new FakePool().addDead().addDead();
  const { code, stdout, stderr } = await run("connect web", pool.given);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^rserpool: no pool element of pool "web" can be connected to: /);
  assert.match(stderr, /: [^;\n]*0x00000001 [^;\n]*refused; [^;\n]*0x00000002 [^;\n]*refused\n$/);
  assert.deepEqual(pool.reported, [1, 2]);
  await using one = new FakePool().addDead();
  assert.match((await run("connect web", one.given)).stderr, /^rserpool: cannot connect to pool /);
});

Deno.test("of many that fail eight are named and the others counted", async () => {
  await using pool = new FakePool();
  for (let i = 0; i < 10; i++) pool.addDead();
  const { stderr } = await run("connect web", pool.given);
  assert.equal(stderr.match(/connection refused/g)!.length, 8);
  assert.match(stderr, /; 2 more failed\n$/);
});

Deno.test("elements that are not tried within --timeout are counted", async () => {
  await using pool = new FakePool().addDead().addDead();
  const { given } = pool;
  const tcp = tcpTransport();
  const dial: typeof tcp.dial = (...args) => {
    world.clock += 6_000;
    return tcp.dial(...args);
  };
  const api = { ...given.api, tcpTransport: () => ({ ...tcp, dial }) };
  const world = new FakeWorld({ ...given, api });
  assert.equal(await runIn(world, "connect web"), 1);
  assert.match(world.stderrText, /0x00000001 .*refused; 1 not tried within --timeout 5s\n$/);
});

Deno.test("connect --to takes that element and no other", async () => {
  await using pool = new FakePool().add(echo).add(echo).addDead();
  const second = await run("connect web --to 0x2", { ...pool.given, stdin: "hi" });
  assert.match(second.stderr, /connected to 0x00000002 /);
  const dead = await run("connect web --to 3", pool.given);
  assert.equal(dead.code, 1);
  assert.match(dead.stderr, /^rserpool: cannot connect to pool element 0x00000003 at /);
  assert.deepEqual(pool.reported, [3]);
  const unknown = await run("connect web --to 9", pool.given);
  assert.equal(unknown.code, 3);
  assert.match(unknown.stderr, /no pool element 0x00000009 is in pool "web"; 3 pool elements are/);
});

Deno.test("elements that speak something else are refused in words, not reported", async () => {
  await using pool = new FakePool()
    .addAt(53, { protocol: "udp" } as object)
    .addAt(80, { protocol: "sctp" } as object);
  const { code, stderr } = await run("connect web", pool.given);
  assert.equal(code, 1);
  assert.match(stderr, /0x00000001 at 127.0.0.1:53: it is reached by udp, not by tcp/);
  assert.match(stderr, /0x00000002 at 127.0.0.1:80: it is reached by sctp, not by tcp/);
  assert.deepEqual(pool.reported, []);
});

Deno.test("unknown pools, empty pools and absent registrars have their codes", async () => {
  const unknown = new errors.UnknownPoolHandle("web");
  const absent = new errors.RegistrarUnreachable([]);
  const cases = [[unknown, 3], [absent, 4]] as const;
  for (const [error, expected] of cases) {
    const user = { resolve: () => Promise.reject(error) };
    const { code, stdout } = await run("connect web", { user });
    assert.deepEqual([code, stdout], [expected, ""]);
  }
  await using pool = new FakePool();
  const { code, stderr } = await run("connect web", pool.given);
  assert.equal(code, 3);
  assert.match(stderr, /no pool element is left in pool "web"/);
});

Deno.test("an element that ends before the input does is lost: exit 1", async () => {
  await using pool = new FakePool().add(async (conn) => {
    await conn.read(new Uint8Array(100));
    await conn.write(encoder.encode("bye"));
  });
  const { code, stdout, stderr } = await run("connect web", {
    ...pool.given,
    stdinPieces: pieces("hello", never),
  });
  assert.deepEqual([code, stdout], [1, "bye"]);
  assert.match(
    stderr,
    /0x00000001 at .* ended before the input did: 5 bytes had been sent to it, 3 bytes received\n$/,
  );
  assert.deepEqual(pool.reported, []);
});

Deno.test("an element that resets or vanishes is lost, also at the end", async () => {
  await using pool = new FakePool().addDead();
  const losses = { "reset": "reset the connection", "timed-out": "fell silent" } as const;
  for (const [ended, words] of Object.entries(losses)) {
    for (const option of ["", "--failover"]) {
      // Deno's sockets cannot be made to send a RST: they always end their half first.
      const closed = signal();
      const connection: Partial<Connection> = {
        ended: ended as keyof typeof losses,
        read: () => closed.happened.then(() => null),
        write: () => Promise.resolve(),
        closeWrite: () => Promise.resolve(closed.happen()),
        abort: () => {},
      };
      const dial = () => Promise.resolve(connection as Connection);
      const api = { ...pool.given.api, tcpTransport: () => ({ ...tcpTransport(), dial }) };
      const given = { ...pool.given, api, stdin: "hello" };
      const { code, stderr } = await run(`connect web ${option}`, given);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`0x00000001 at .* ${words}: 5 bytes had been sent to it`));
      assert.equal(stderr.includes("nothing can be sent again"), option !== "");
    }
  }
});

Deno.test("connect --failover goes on with another element, and says what was passed", async () => {
  const first = signal();
  let second = "";
  await using pool = new FakePool().add(async (conn) => {
    await conn.read(new Uint8Array(100));
    first.happen();
  }).add(async (conn) => {
    second = await heard(conn);
  });
  const connected = signal();
  const given = pool.given;
  const { code, stderr } = await run("connect web --failover", {
    ...given,
    stdinPieces: pieces("lost", () => first.happened, () => connected.happened, "kept"),
    user: {
      ...given.user,
      resolve: () => {
        // Once for each connection; the second one is after the loss.
        if (pool.resolved === 1) connected.happen();
        return given.user!.resolve!("web");
      },
    },
  });
  assert.equal(code, 0, stderr);
  assert.equal(second, "kept");
  const lines = stderr.trimEnd().split("\n");
  assert.match(
    lines[1]!,
    /warning: pool element 0x00000001 at .* ended before the input did: 4 bytes had /,
  );
  assert.match(
    lines[2]!,
    /failed over from 0x00000001 at .* to 0x00000002 at .*: .* 4 bytes .* sent, 0 bytes received/,
  );
});

Deno.test("connect --failover ends when all elements were lost as soon as connected", async () => {
  const close = () => Promise.resolve();
  await using pool = new FakePool().add(close, close, close).add(close, close, close);
  const given = { ...pool.given, stdinPieces: pieces(never) };
  const { code, stderr } = await run("connect web --failover", given);
  assert.equal(code, 1);
  assert.match(stderr, /it was lost before, and no other is left\n$/);
  assert.equal(stderr.match(/failed over/g)!.length, 2);
});

Deno.test("a directory as standard input is a failure of the world", async () => {
  await using pool = new FakePool().add(echo);
  const isADirectory = new Deno.errors.IsADirectory("Is a directory (os error 21)");
  const { code, stderr } = await run("connect web", {
    ...pool.given,
    stdinPieces: () => Promise.reject(isADirectory),
  });
  assert.equal(code, 1);
  assert.match(stderr, /cannot read standard input: is a directory\n$/);
});

Deno.test("options that make no sense are refused before anybody is asked", async () => {
  for (
    const [line, words] of [
      ["connect", /missing .*POOL/],
      ["connect web --to zz", /"zz" is not an identifier/],
      ["connect web --to 1 --failover", /--to and --failover exclude each other/],
      ["connect web --wait 5s", /unknown option '--wait'/],
    ] as const
  ) {
    const ran = await run(line, { user: {} });
    assert.equal(ran.code, 2, line);
    assert.match(ran.stderr, words);
    assert.deepEqual(ran.world.made, []);
  }
});
