/** The client of D-Bus against daemons that behave as real ones do not. */
import assert from "node:assert/strict";
import { DnsmasqBus } from "../../../../cli/dhcp/dnsmasq/dbus.ts";
import { MAX_DBUS_AUTH_LINE, MAX_DBUS_CALLS } from "../../../../cli/dhcp/dnsmasq/limits.ts";

type Daemon = (connection: Deno.Conn) => Promise<void>;

async function withDaemon(daemon: Daemon, work: (address: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/bus`;
  const listener = Deno.listen({ transport: "unix", path });
  const served = (async () => {
    using connection = await listener.accept();
    await daemon(connection);
  })();
  try {
    await work(`unix:path=${path}`);
    await served;
  } finally {
    listener.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function said(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  const read = await connection.read(buffer);
  return new TextDecoder("latin1").decode(buffer.subarray(0, read ?? 0));
}

async function say(connection: Deno.Conn, text: string | Uint8Array): Promise<void> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

/** A METHOD_RETURN without a body. */
function answerTo(serial: number): Uint8Array {
  const bytes = Uint8Array.from([0x6c, 2, 1, 1, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 5, 1, 0x75, 0]);
  return Uint8Array.from([...bytes, serial & 0xff, serial >> 8, 0, 0]);
}

async function welcome(connection: Deno.Conn): Promise<void> {
  await said(connection);
  await say(connection, "OK 0123\r\n");
  while (!(await said(connection)).includes("Hello"));
  await say(connection, answerTo(1));
}

Deno.test("a daemon that refuses us is told with its word", async () => {
  await withDaemon(async (connection) => {
    assert.match(await said(connection), /^\0AUTH EXTERNAL (3[0-9])+\r\n$/);
    await say(connection, "REJECTED EXTERNAL\r\n");
  }, async (address) => {
    await assert.rejects(DnsmasqBus.connect(address), /: it refuses us: "REJECTED EXTERNAL"$/);
  });
});

Deno.test("an answer above MAX_DBUS_AUTH_LINE, and none, end the attempt", async () => {
  await withDaemon(async (connection) => {
    await say(connection, "O".repeat(MAX_DBUS_AUTH_LINE));
    await said(connection);
  }, async (address) => {
    await assert.rejects(DnsmasqBus.connect(address), /: its answer is too long$/);
  });
  await withDaemon(() => Promise.resolve(), async (address) => {
    await assert.rejects(DnsmasqBus.connect(address), /: (it closed the connection|.* reset .*)$/);
  });
});

Deno.test("a daemon that says nothing is left: DHCP's start waits for it", async () => {
  await withDaemon(async (connection) => {
    while (await said(connection) !== "");
  }, async (address) => {
    const attempt = DnsmasqBus.connect(address, undefined, 10);
    await assert.rejects(attempt, /: it does not answer within 0.01 s$/);
  });
});

Deno.test("who speaks something else is left, and what waits is told", async () => {
  await withDaemon(async (connection) => {
    await welcome(connection);
    await said(connection);
    await say(connection, "HTTP/1.1 400 Bad Request\r\n");
    while (await said(connection) !== "");
  }, async (address) => {
    const bus = await DnsmasqBus.connect(address);
    const result = await bus.deleteLease("192.0.2.1");
    assert.deepEqual(result, {
      ok: false,
      problem: "the D-Bus daemon cannot be understood: no message of D-Bus",
      lost: true,
    });
    assert.equal(bus.isOpen, false);
    assert.equal((await bus.deleteLease("192.0.2.1")).ok, false);
  });
});

Deno.test("no more than MAX_DBUS_CALLS wait at a time, and a pair is never parted", async () => {
  let most = 0;
  await withDaemon(async (connection) => {
    await welcome(connection);
    let asked = 0;
    let answered = 0;
    while (answered < 2 * MAX_DBUS_CALLS * 2) {
      const text = await said(connection);
      asked += text.split("DhcpLease").length - 1;
      most = Math.max(most, asked - answered);
      while (answered < asked) await say(connection, answerTo(2 + answered++));
    }
  }, async (address) => {
    const bus = await DnsmasqBus.connect(address);
    const lease = { address: "192.0.2.1", mac: "aa:bb", expires: 0 };
    const all = Array.from({ length: MAX_DBUS_CALLS * 2 }, () => bus.replace(lease));
    assert.ok((await Promise.all(all)).every(({ ok }) => ok));
    bus.close();
  });
  assert.equal(most % 2, 0);
  assert.ok(most > 1 && most <= MAX_DBUS_CALLS, String(most));
});

Deno.test("a lease that ends is for ever to nobody, whatever is left of it", async () => {
  const now = 1_700_000_000.5;
  // Seconds since 1970 that a lease ends, and what dnsmasq is told: 0 and 0xffffffff are for ever.
  const cases = [
    [0, 0xffffffff],
    [1, 1],
    [1_700_000_000, 1],
    [1_700_000_001, 1],
    [1_700_000_600, 600],
    [1_700_000_000 + 0xfffffffe, 0xfffffffe],
    [1_700_000_000 + 0xffffffff, 0xfffffffe],
    [1_700_000_000 + 2 ** 32 + 1, 0xfffffffe],
    [2 ** 40, 0xfffffffe],
  ] as const;
  const told: number[] = [];
  await withDaemon(async (connection) => {
    await welcome(connection);
    for (const at of cases.keys()) {
      const buffer = new Uint8Array(65_536);
      const length = await connection.read(buffer);
      // The body ends with the duration, a number that means nothing here, and a truth value.
      told.push(new DataView(buffer.buffer).getUint32(length! - 12, true));
      await say(connection, answerTo(2 + at));
    }
  }, async (address) => {
    const bus = await DnsmasqBus.connect(address, () => now);
    for (const [expires] of cases) {
      const added = await bus.addLease({ address: "192.0.2.1", mac: "aa:bb", expires });
      assert.equal(added.ok, true);
    }
    bus.close();
  });
  assert.deepEqual(told, cases.map(([, duration]) => duration));
});

Deno.test("nobody at the address is said so", async () => {
  const nobody = DnsmasqBus.connect("unix:path=/var/empty/none");
  await assert.rejects(
    nobody,
    /^Error: no D-Bus daemon at unix:path=.*: no such file or directory$/,
  );
});
