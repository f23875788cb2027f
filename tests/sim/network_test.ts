import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../lib/handlespace/mod.ts";
import { type Crossing, Network, Scheduler, Socket } from "../../lib/sim/mod.ts";

const A = { name: "A", host: "10.0.0.1" };
const B = { name: "B", host: "10.0.0.2" };
const B_ADDRESS = { host: "10.0.0.2", port: 3863 };

interface World {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly delivered: Crossing[];
  readonly lost: Crossing[];
}

function world(
  options: { seed?: number; latencyMs?: readonly [number, number]; windowBytes?: number } = {},
): World {
  const scheduler = new Scheduler();
  const delivered: Crossing[] = [];
  const lost: Crossing[] = [];
  const random = seededRandom(options.seed ?? 1);
  const network = new Network({
    scheduler,
    randomFor: () => random,
    latencyMs: options.latencyMs ?? [1, 1],
    windowBytes: options.windowBytes ?? 65_536,
  }, { delivered: (each) => delivered.push(each), lost: (each) => lost.push(each) });
  network.addHost(A.host);
  network.addHost(B.host);
  return { scheduler, network, delivered, lost };
}

/** A and B, connected. */
function connected(options: Parameters<typeof world>[0] = {}): World & { a: Socket; b: Socket } {
  const made = world(options);
  const sockets: Socket[] = [];
  made.network.listen(B, "ASAP", 3863, (socket) => sockets.push(socket));
  made.network.dial(A, B_ADDRESS, 5000, (result) => {
    assert(result instanceof Socket, String(result));
    sockets.push(result);
  });
  made.scheduler.run(5000);
  const [b, a] = sockets;
  assert(a !== undefined && b !== undefined);
  return { ...made, a, b };
}

function dial(made: World, to = B_ADDRESS, timeoutMs = 5000): unknown[] {
  const results: unknown[] = [];
  made.network.dial(A, to, timeoutMs, (result) => {
    results.push(result instanceof Socket ? "connected" : result, made.scheduler.now);
  });
  return results;
}

Deno.test("a dial is refused where nobody listens, after a round trip", () => {
  const made = world();
  const results = dial(made);
  made.scheduler.run(10_000);
  assert.deepEqual(results, ["refused", 2]);
});

Deno.test("a dial of a name that nobody has ends as unknown-host", () => {
  const made = world();
  const results = dial(made, { host: "nowhere.example", port: 3863 });
  made.scheduler.run(10_000);
  assert.deepEqual(results, ["unknown-host", 1]);
});

Deno.test("a dial of a silent address times out", () => {
  const made = world();
  const results = dial(made, { host: "10.9.9.9", port: 3863 });
  made.scheduler.run(10_000);
  assert.deepEqual(results, ["timed-out", 5000]);
});

Deno.test("a dial through a partition times out, and succeeds if it ends in time", () => {
  const made = world();
  made.network.listen(B, "ASAP", 3863, () => {});
  made.network.partition(A.host, B.host);
  const first = dial(made);
  made.scheduler.run(5000);
  assert.deepEqual(first, ["timed-out", 5000]);
  const second = dial(made);
  made.scheduler.run(6500);
  made.network.heal(A.host, B.host);
  made.scheduler.run(10_000);
  assert.equal(second[0], "connected");
});

Deno.test("a cancelled dial tells nothing", () => {
  const made = world();
  made.network.dial(A, B_ADDRESS, 5000, () => assert.fail("told")).cancel();
  made.scheduler.run(10_000);
  assert.equal(made.scheduler.pending, 0);
});

Deno.test("bytes arrive in order and whole, however they are written and read", () => {
  fc.assert(fc.property(
    fc.integer(),
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 }),
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: 1, max: 200 }),
    (seed, writes, windowBytes, readBytes) => {
      const { scheduler, a, b, delivered } = connected({ seed, latencyMs: [1, 30], windowBytes });
      const got: number[] = [];
      b.onReadable = () => {
        while (b.unreadBytes > 0) got.push(...b.read(readBytes));
      };
      for (const bytes of writes) {
        a.write(bytes);
        scheduler.run(scheduler.now + 7);
      }
      // What a close leaves behind when its limit has passed is lost, as in lib/net.
      scheduler.run(scheduler.now + 1_000_000);
      a.close();
      scheduler.run(scheduler.now + 100_000);
      assert.deepEqual(got, writes.flatMap((bytes) => [...bytes]));
      assert.deepEqual(delivered.map((each) => each.bytes), writes);
      assert.equal(b.ended, "closed");
    },
  ));
});

Deno.test("what a slow reader leaves waits at the writer", () => {
  const { scheduler, a, b } = connected({ windowBytes: 100 });
  a.write(new Uint8Array(250));
  scheduler.run(scheduler.now + 1000);
  assert.equal(a.queuedBytes, 150);
  assert.equal(b.unreadBytes, 100);
  b.read(40);
  assert.equal(a.queuedBytes, 110);
});

Deno.test("a partition holds bytes back; healed in time, all of them come", () => {
  const { scheduler, network, a, b } = connected();
  network.partition(A.host, B.host);
  a.write(new Uint8Array(10));
  scheduler.run(scheduler.now + 600_000);
  assert.equal(b.unreadBytes, 0);
  network.heal(A.host, B.host);
  scheduler.run(scheduler.now + 1000);
  assert.equal(b.unreadBytes, 10);
});

Deno.test("a partition that lasts ends what is unacknowledged, and leaves what is idle", () => {
  const { scheduler, network, a, b } = connected();
  network.partition(A.host, B.host);
  a.write(new Uint8Array(10));
  scheduler.run(scheduler.now + 1_000_000);
  assert.equal(a.ended, "timed-out");
  assert.equal(b.ended, undefined);
  network.heal(A.host, B.host);
  b.write(new Uint8Array(10));
  scheduler.run(scheduler.now + 1000);
  assert.equal(b.ended, "reset");
});

Deno.test("a cut loses the end of what is under way, from any byte on, and both hear of it", () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const { scheduler, network, a, b, lost } = connected({ seed });
    a.write(new Uint8Array(8));
    assert.equal(network.cut(A.host, B.host), 1);
    let got = 0;
    b.onReadable = () => {
      got += b.read(Infinity).length;
    };
    scheduler.run(scheduler.now + 1000);
    assert.equal(a.ended, "reset");
    assert.equal(b.ended, "reset");
    lengths.add(got);
    assert.equal(lost.length, got === 8 ? 0 : 1);
  }
  assert(lengths.size >= 6, `only ${[...lengths]}`);
});

Deno.test("a host without power says nothing; back again, it resets what it does not know", () => {
  const { scheduler, network, a, b, lost } = connected();
  network.powerOff(B.host);
  scheduler.run(scheduler.now + 10_000);
  assert.equal(a.ended, undefined);
  a.write(new Uint8Array(4));
  assert.equal(lost.length, 1);
  scheduler.run(scheduler.now + 10_000);
  network.powerOn(B.host);
  scheduler.run(scheduler.now + 10_000);
  assert.equal(a.ended, "reset");
  assert.equal(b.isClosed, true);
  assert.equal(network.size, 0);
});

Deno.test("TCP's own keep-alive finds a peer that lost its power, after two hours", () => {
  const { scheduler, network, a } = connected();
  network.powerOff(B.host);
  scheduler.run(scheduler.now + 7_000_000);
  assert.equal(a.ended, undefined);
  scheduler.run(scheduler.now + 1_500_000);
  assert.equal(a.ended, "timed-out");
});

Deno.test("a close lets what is queued leave, for a second at most", () => {
  const one = connected({ windowBytes: 10 });
  one.a.write(new Uint8Array(30));
  one.a.close();
  let got = 0;
  one.b.onReadable = () => {
    got += one.b.read(Infinity).length;
  };
  one.scheduler.run(one.scheduler.now + 500);
  one.b.onReadable();
  one.scheduler.run(one.scheduler.now + 1000);
  assert.deepEqual([got, one.b.ended], [30, "closed"]);

  const other = connected({ windowBytes: 10 });
  other.a.write(new Uint8Array(30));
  other.a.close();
  other.scheduler.run(other.scheduler.now + 2000);
  other.b.read(Infinity);
  assert.equal(other.b.ended, "reset");
});

Deno.test("when all is over nothing is left of a connection", () => {
  const { scheduler, network, a, b } = connected();
  assert.equal(network.size, 1);
  a.write(new Uint8Array(10));
  a.close();
  scheduler.run(scheduler.now + 1000);
  b.read(Infinity);
  b.close();
  scheduler.run(scheduler.now + 1000);
  assert.equal(network.size, 0);
  assert.equal(scheduler.pending, 0);
});

Deno.test("a connection may be lost at one side only; the other hears of it when it writes", () => {
  const { scheduler, network, a, b } = connected();
  network.cut(A.host, B.host, B.host);
  scheduler.run(scheduler.now + 10_000);
  assert.deepEqual([a.ended, b.ended], [undefined, "reset"]);
  b.close();
  a.write(new Uint8Array(4));
  scheduler.run(scheduler.now + 10_000);
  assert.equal(a.ended, "reset");
});
