/** The room of dnsmasq with Debian's dnsmasq, udhcpc and dbus-daemon, in a network of its own. */
import assert from "node:assert/strict";
import { parseArguments } from "../../cli/dhcp/dnsmasq/arguments.ts";
import { DnsmasqBus } from "../../cli/dhcp/dnsmasq/dbus.ts";
import type { Lease, LeaseEvent } from "../../cli/dhcp/dnsmasq/lease.ts";
import { MAX_DBUS_CALLS } from "../../cli/dhcp/dnsmasq/limits.ts";
import { Dnsmasq } from "../../cli/dhcp/dnsmasq/process.ts";
import { noneLeft, processesOf } from "../../cli/dhcp/dnsmasq/processes.ts";
import { Spool } from "../../cli/dhcp/dnsmasq/spool.ts";
import {
  askAsClient,
  isInside,
  joinInterfaces,
  runInside,
  startBus,
  whatIsMissing,
} from "./dnsmasq_network.ts";

const missing = isInside ? undefined : whatIsMissing();

if (!isInside) {
  Deno.test({
    name: `dnsmasq as we found it${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    ignore: missing !== undefined,
  }, () => runInside(import.meta.url));
}

const WORDS = [
  ...["--conf-file=/dev/null", "--port=0", "--log-facility=-", "--no-ping"],
  ...["--interface=server", "--bind-interfaces", "--dhcp-range=10.1.1.1,10.1.1.4,10m"],
];

/** Placeholders for all addresses of the range but some. */
function held(...free: number[]): Lease[] {
  const numbers = [1, 2, 3, 4].filter((last) => !free.includes(last));
  return numbers.map((last) => lease(last, { mac: `02:00:00:00:00:0${last}`, expires: 0 }));
}

function lease(last: number, rest: Partial<Lease> = {}): Lease {
  const expires = Math.floor(Date.now() / 1000) + 600;
  return { address: `10.1.1.${last}`, mac: `aa:00:00:00:00:0${last}`, expires, ...rest };
}

class Room {
  readonly lines: string[] = [];
  readonly warnings: string[] = [];
  readonly ends: string[] = [];
  readonly dnsmasq: Dnsmasq;
  private readonly events: AsyncIterator<{ event: LeaseEvent }>;

  constructor(readonly directory: string, readonly spool: Spool, readonly dbus?: string) {
    this.dnsmasq = new Dnsmasq({
      directory,
      command: ["dnsmasq", ...WORDS],
      found: parseArguments(WORDS),
      leaseMax: 1100,
      dbus,
      onLine: (line) => this.lines.push(line),
      onWarning: (warning) => this.warnings.push(warning),
      onEnd: (reason) => this.ends.push(reason),
    });
    this.events = spool[Symbol.asyncIterator]();
  }

  /** Reads events until all that are wanted have come; others do not matter. */
  async sees(...wanted: string[]): Promise<void> {
    const seen: string[] = [];
    const timeout = Promise.withResolvers<never>();
    const patience = AbortSignal.timeout(PATIENCE_MS);
    patience.onabort = () =>
      timeout.reject(new Error(`waited for ${wanted.join(", ")}, saw ${seen.join(", ")}`));
    while (wanted.some((text) => !seen.includes(text))) {
      const { event } = (await Promise.race([this.events.next(), timeout.promise])).value!;
      seen.push(told(event));
    }
    patience.onabort = null;
  }
}

const PATIENCE_MS = 60_000;

function told({ action, lease: { address, mac, clientId = "", host = "" } }: LeaseEvent): string {
  return `${action} ${address} ${mac} ${clientId} ${host}`.trim();
}

function test(name: string, work: (room: Room) => Promise<void>, options: { dbus?: boolean } = {}) {
  if (!isInside) return;
  Deno.test(name, async () => {
    const directory = await Deno.makeTempDir();
    await Deno.chmod(directory, 0o755);
    const address = `unix:path=${directory}/bus`;
    const bus = options.dbus === true ? await startBus(directory, address) : undefined;
    const spool = await Spool.open(directory);
    const room = new Room(directory, spool, bus === undefined ? undefined : address);
    try {
      await work(room);
    } finally {
      await room.dnsmasq.stop();
      spool.close();
      await bus?.stop();
      await Deno.remove(directory, { recursive: true });
    }
  });
}

if (isInside) await joinInterfaces();

test("a client is bound, and its lease is on the disk", async (room) => {
  await room.dnsmasq.start(() => held(2));
  const client = { mac: "aa:00:00:00:00:12", host: "printer", clientId: "0102ff" };
  assert.equal(await askAsClient(room.directory, client), "10.1.1.2");
  await room.sees("add 10.1.1.2 aa:00:00:00:00:12 01:02:ff printer");
  const another = { mac: "aa:00:00:00:00:13", tries: 2 };
  assert.equal(await askAsClient(room.directory, another), "");
  assert.equal(room.dnsmasq.isLive, false);
});

test("stopped and started with its table, it gives clients what they had", async (room) => {
  await room.dnsmasq.start(() => held(2));
  const client = { mac: "aa:00:00:00:00:12" };
  assert.equal(await askAsClient(room.directory, client), "10.1.1.2");
  await room.dnsmasq.restart(async () => {
    const events = await room.spool.take();
    const last = events.at(-1)!.event.lease;
    assert.equal(last.mac, client.mac);
    return [...held(2, 3), { ...last, address: "10.1.1.3", expires: 0 }];
  });
  // An endless entry gets a usual end when its client comes.
  assert.equal(await askAsClient(room.directory, client), "10.1.1.3");
  await room.dnsmasq.stop();
  const { action, lease: { address, expires } } = (await room.spool.take()).at(-1)!.event;
  assert.deepEqual([action, address, expires > 0], ["old", "10.1.1.3", true]);
  assert.deepEqual(processesOf(`${room.directory}/hook`), []);
});

test("all events of a stopped dnsmasq are in the spool; its table is none", async (room) => {
  const many = Array.from({ length: 200 }, (_, at) => {
    const last = at.toString(16).padStart(2, "0");
    return lease(0, { address: `10.1.2.${at}`, mac: `aa:00:00:00:01:${last}` });
  });
  await room.dnsmasq.start(() => held());
  await room.dnsmasq.apply(many.map((lease) => ({ address: lease.address, lease })));
  await room.dnsmasq.stop();
  const events = (await room.spool.take()).map(({ event }) => told(event));
  assert.deepEqual(events.sort(), many.map(({ address, mac }) => `add ${address} ${mac}`).sort());
  assert.deepEqual(room.ends, []);
}, { dbus: true });

test("leases are changed while it runs; what was there, is told", async (room) => {
  await room.dnsmasq.start(() => held(2));
  assert.equal(room.dnsmasq.isLive, true);
  assert.equal(await askAsClient(room.directory, { mac: "aa:00:00:00:00:12" }), "10.1.1.2");
  const changes = [
    { address: "10.1.1.2", lease: lease(2, { clientId: "01:02", host: "other" }) },
    { address: "10.1.1.3", lease: undefined },
  ];
  assert.equal(await room.dnsmasq.apply(changes), undefined);
  await room.sees(
    "del 10.1.1.2 aa:00:00:00:00:12",
    "add 10.1.1.2 aa:00:00:00:00:02 01:02 other",
    "del 10.1.1.3 02:00:00:00:00:03",
  );
  assert.equal(await askAsClient(room.directory, { mac: "aa:00:00:00:00:13" }), "10.1.1.3");
}, { dbus: true });

test("a lease that has ended is told, an endless one does not end", async (room) => {
  await room.dnsmasq.start(() => []);
  const soon = Math.floor(Date.now() / 1000) - 5;
  const changes = [lease(1, { expires: soon }), lease(2, { expires: 0 })];
  await room.dnsmasq.apply(changes.map((lease) => ({ address: lease.address, lease })));
  await room.sees("add 10.1.1.2 aa:00:00:00:00:02", "del 10.1.1.1 aa:00:00:00:00:01");
}, { dbus: true });

test("a client of another network than Ethernet comes and goes like all others", async (room) => {
  const found = { expires: Math.floor(Date.now() / 1000) + 600, clientId: "00:01:02" };
  await room.dnsmasq.start(() => [lease(1, { mac: "20-", ...found })]);
  const other = lease(2, { mac: "06-aa:00:00:00:00:02" });
  const changes = [{ address: other.address, lease: other }, { address: "10.1.1.1" }];
  assert.equal(
    await room.dnsmasq.apply(changes.map((each) => ({ lease: undefined, ...each }))),
    undefined,
  );
  await room.sees("del 10.1.1.1 20- 00:01:02", "add 10.1.1.2 06-aa:00:00:00:00:02");
}, { dbus: true });

test("more calls than the daemon allows wait for their turn", async (room) => {
  await room.dnsmasq.start(() => []);
  const bus = await DnsmasqBus.connect(room.dbus!);
  const many = Array.from(
    { length: MAX_DBUS_CALLS * 5 },
    (_, at) => bus.replace(lease(0, { address: `10.1.${2 + (at >> 7)}.${at & 127}` })),
  );
  assert.ok((await Promise.all(many)).every(({ ok }) => ok));
  assert.deepEqual(await bus.deleteLease("10.1.2.5"), { ok: true, value: true });
  assert.deepEqual(await bus.deleteLease("10.1.2.5"), { ok: true, value: false });
  assert.equal((await bus.addLease(lease(1, { mac: "x y" }))).ok, false);
  await room.dnsmasq.stop();
  const away = await bus.deleteLease("10.1.2.6");
  assert.match(away.ok ? "" : away.problem, /was not provided by any \.service files/);
  assert.equal(await bus.isServed(), false);
  const lost = bus.deleteLease("10.1.2.6");
  bus.close();
  const { ok, problem } = await lost as { ok: false; problem: string };
  assert.deepEqual([ok, problem], [false, "the connection to the D-Bus daemon was closed"]);
}, { dbus: true });

test("a daemon may listen at an abstract address, or at a path that is escaped", async (room) => {
  for (const address of ["unix:abstract=/rserpool/test", `unix:path=${room.directory}/a%20b`]) {
    const daemon = await startBus(room.directory, address);
    const bus = await DnsmasqBus.connect(address);
    assert.equal(await bus.isServed(), false);
    bus.close();
    await daemon.stop();
  }
});

test("a daemon that is not there: leases are changed by restarts", async (room) => {
  const nowhere = new Room(room.directory, room.spool, `unix:path=${room.directory}/none`);
  await nowhere.dnsmasq.start(() => held(2));
  assert.equal(nowhere.dnsmasq.isLive, false);
  assert.match(
    nowhere.warnings[0]!,
    /^no D-Bus daemon at unix:path=.*: no such file or dir.*; leas/,
  );
  assert.equal(await askAsClient(room.directory, { mac: "aa:00:00:00:00:12" }), "10.1.1.2");
  await nowhere.sees("add 10.1.1.2 aa:00:00:00:00:12");
  assert.equal(await nowhere.dnsmasq.apply([]), "dnsmasq cannot be reached by D-Bus");
  await nowhere.dnsmasq.stop();
});

test("a daemon that comes back: changes are made while it runs again", async (room) => {
  const address = `unix:path=${room.directory}/late`;
  const late = new Room(room.directory, room.spool, address);
  await late.dnsmasq.start(() => held());
  try {
    assert.deepEqual([late.dnsmasq.isLive, late.dnsmasq.lacksBus], [false, true]);
    assert.equal(await late.dnsmasq.findsBus(), false);
    for (let round = 1; round <= 2; round++) {
      const daemon = await startBus(room.directory, address);
      assert.equal(await late.dnsmasq.findsBus(), true);
      await late.dnsmasq.restart(() => held());
      assert.deepEqual([late.dnsmasq.isLive, late.dnsmasq.lacksBus], [true, false]);
      assert.equal(await late.dnsmasq.apply([{ address: "10.1.1.3", lease: lease(3) }]), undefined);
      await daemon.stop();
      assert.notEqual(
        await late.dnsmasq.apply([{ address: "10.1.1.3", lease: lease(3) }]),
        undefined,
      );
      await late.dnsmasq.restart(() => held());
      assert.deepEqual([late.dnsmasq.isLive, late.dnsmasq.lacksBus], [false, true]);
    }
  } finally {
    await late.dnsmasq.stop();
  }
});

test("the end of a dnsmasq that nobody stopped is told, with all events there", async (room) => {
  const ended = Promise.withResolvers<void>();
  room.ends.push = (reason) => {
    assert.equal(reason, "SIGKILL");
    ended.resolve();
    return 1;
  };
  await room.dnsmasq.start(() => held());
  await room.dnsmasq.apply([{ address: "10.1.1.1", lease: lease(1) }]);
  await room.sees("del 10.1.1.1 02:00:00:00:00:01");
  Deno.kill(room.dnsmasq.pid!, "SIGKILL");
  await ended.promise;
  await room.sees("add 10.1.1.1 aa:00:00:00:00:01");
  assert.equal(room.dnsmasq.pid, undefined);
  await room.dnsmasq.start(() => held());
}, { dbus: true });

test("a dnsmasq that does not start says why", async (room) => {
  const wrong = new Dnsmasq({
    directory: room.directory,
    command: ["dnsmasq", "--conf-file=/dev/null", "--no-such"],
    found: { options: [], problems: [] },
    leaseMax: undefined,
  });
  await assert.rejects(wrong.start(() => []), {
    message: "dnsmasq did not start (exit code 1): dnsmasq: bad command line options: try --help",
  });
  const none = new Dnsmasq({
    directory: room.directory,
    command: ["/nonexistent/dnsmasq"],
    found: { options: [], problems: [] },
    leaseMax: undefined,
  });
  await assert.rejects(none.start(() => []), /^ExitError: cannot start \/nonexistent\/dnsmasq: /);
});

test("what an agent left behind is stopped, and its events are read first", async (room) => {
  await room.dnsmasq.start(() => held(2));
  const left = room.dnsmasq.pid!;
  const successor = new Room(room.directory, room.spool);
  assert.equal(await askAsClient(room.directory, { mac: "aa:00:00:00:00:12" }), "10.1.1.2");
  await successor.dnsmasq.start(async () => {
    assert.deepEqual(processesOf(`${room.directory}/hook`), []);
    const events = await room.spool.take();
    return [...held(2), events.at(-1)!.event.lease];
  });
  assert.notEqual(successor.dnsmasq.pid, left);
  assert.match(successor.warnings[0]!, /left behind is stopped/);
  assert.equal(await askAsClient(room.directory, { mac: "aa:00:00:00:00:12" }), "10.1.1.2");
  await successor.dnsmasq.stop();
});

const AGENT = new URL("../../cli/dhcp/dnsmasq/process.ts", import.meta.url).href;

test("an agent that is killed takes its dnsmasq along; its events are kept", async (room) => {
  const script = `${room.directory}/agent.ts`;
  const options = { directory: room.directory, command: ["dnsmasq", ...WORDS], leaseMax: 1100 };
  await Deno.writeTextFile(
    script,
    `import { Dnsmasq } from ${JSON.stringify(AGENT)};
const found = { options: [], problems: [] };
const dnsmasq = new Dnsmasq({ ...${JSON.stringify(options)}, found });
await dnsmasq.start(() => ${JSON.stringify(held(2))});
console.log("serves");
await Deno.stdin.read(new Uint8Array(1));`,
  );
  const agent = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = agent.stdout.getReader();
  await reader.read();
  assert.equal(await askAsClient(room.directory, { mac: "aa:00:00:00:00:12" }), "10.1.1.2");
  agent.kill("SIGKILL");
  await agent.status;
  await reader.cancel();
  await agent.stdin.close().catch(() => {});
  assert.equal(await noneLeft(`${room.directory}/hook`, PATIENCE_MS), true);
  await room.sees("add 10.1.1.2 aa:00:00:00:00:12");
});
