import assert from "node:assert/strict";
import fc from "fast-check";
import { RECORD } from "../../../../cli/dhcp/dnsmasq/hook.ts";
import {
  MAX_SPOOL_EVENTS,
  MAX_SPOOL_KEPT,
  MAX_SPOOL_LINE,
  MAX_SPOOL_READ,
} from "../../../../cli/dhcp/dnsmasq/limits.ts";
import { Spool } from "../../../../cli/dhcp/dnsmasq/spool.ts";
import { SpoolLines } from "../../../../cli/dhcp/dnsmasq/spool_lines.ts";
import { readRecord } from "../../../../cli/dhcp/dnsmasq/spool_record.ts";

function record(last: number, action = "add"): string {
  const { begin, end } = RECORD;
  const what = `aa:bb:cc:00:00:07 192.0.2.${last} 1800000000 120 01:02 host`;
  return `\n${begin} ${action} ${what} ${end}\n`;
}

async function inDirectory(
  work: (directory: string, append: (text: string) => void) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  await Deno.mkdir(`${directory}/spool`);
  const append = (text: string) =>
    Deno.writeTextFileSync(`${directory}/spool/events`, text, { append: true });
  try {
    await work(directory, append);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function opened<T>(directory: string, work: (spool: Spool) => Promise<T>): Promise<T> {
  const spool = await Spool.open(directory);
  try {
    return await work(spool);
  } finally {
    spool.close();
  }
}

const addressesOf = (events: { event: { lease: { address: string } } }[]) =>
  events.map(({ event }) => Number(event.lease.address.split(".").at(-1)));

Deno.test("a record comes back as it was written", () => {
  const read = readRecord(`e1 old 06-AA:bb 192.0.2.1 1800000000 120 01:02 host .`);
  assert.deepEqual(read, {
    event: {
      action: "old",
      lease: {
        address: "192.0.2.1",
        mac: "06-aa:bb",
        clientId: "01:02",
        host: "host",
        expires: 1_800_000_000,
      },
      remaining: 120,
    },
  });
  assert.deepEqual(readRecord(`e1 del aa 192.0.2.1 0 * * * .`), {
    event: {
      action: "del",
      lease: { address: "192.0.2.1", mac: "aa", clientId: undefined, host: undefined, expires: 0 },
      remaining: undefined,
    },
  });
});

Deno.test("a line that the hook did not write so is refused, and said why", () => {
  const lines: [string, string][] = [
    ["hello", "it is not one of ours"],
    ["e1 add aa 192.0.2.1 0 * * * ", "it is torn"],
    ["e1 add aa 192.0.2.1 0 * *", "it is torn"],
    ["e1 add aa 192.0.2.1 0 * * a b .", "it is torn"],
    ["e1 tftp aa 192.0.2.1 0 * * * .", "its action is unknown"],
    ["e1 add * 192.0.2.1 0 * * * .", "its hardware address is none"],
    ["e1 add aa 192.0.2.999 0 * * * .", "its address is none"],
    ["e1 add aa 192.0.2.1 * * * * .", "its end is none"],
    ["e1 add aa 192.0.2.1 9999999999999 * * * .", "its end is none"],
    ["x".repeat(MAX_SPOOL_LINE + 1), "it is too long"],
  ];
  for (const [line, problem] of lines) assert.deepEqual(readRecord(line), { problem }, line);
});

Deno.test("whatever stands in a line, reading it never throws", () => {
  const field = fc.oneof(fc.string(), fc.constantFrom("e1", "add", "aa:bb", "192.0.2.1", ".", "*"));
  fc.assert(fc.property(fc.array(field), (fields) => {
    const read = readRecord(fields.join(" "));
    if ("problem" in read) return;
    assert.match(read.event.lease.host ?? "a", /^[A-Za-z0-9._-]+$/);
  }));
});

Deno.test("lines do not depend on how their bytes are cut; a long one is kept in part", () => {
  const text = `one\n\n${"x".repeat(MAX_SPOOL_LINE * 3)}\ntwo\nrest`;
  const bytes = new TextEncoder().encode(text);
  const whole = new SpoolLines(0).push(bytes);
  assert.deepEqual(whole.map(({ text }) => text.length), [3, 0, MAX_SPOOL_LINE + 1, 3]);
  assert.equal(whole.at(-1)!.end, bytes.length - "rest".length);
  fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), (size) => {
    const lines = new SpoolLines(0);
    const found = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(...lines.push(bytes.subarray(at, at + size)));
    }
    assert.deepEqual(found, whole);
    assert.equal(lines.isWhole, false);
  }));
});

Deno.test("events come again until they are acknowledged, whenever the agent ends", async () => {
  await inDirectory(async (directory, append) => {
    append(record(1) + record(2) + record(3));
    const first = await opened(directory, (spool) => spool.take());
    assert.deepEqual(addressesOf(first), [1, 2, 3]);
    await opened(directory, async (spool) => {
      assert.deepEqual(addressesOf(await spool.take()), [1, 2, 3]);
      await spool.acknowledge(first[1]!.offset);
    });
    append(record(4));
    await opened(directory, async (spool) => {
      const events = await spool.take();
      assert.deepEqual(addressesOf(events), [3, 4]);
      await spool.acknowledge(events[1]!.offset);
      await spool.acknowledge(events[0]!.offset);
    });
    assert.deepEqual(await opened(directory, (spool) => spool.take()), []);
  });
});

Deno.test("a torn record is dropped, what comes after it is not", async () => {
  await inDirectory(async (directory, append) => {
    append(record(1) + record(2).slice(0, -4));
    const warnings: string[] = [];
    const spool = await Spool.open(directory, (warning) => warnings.push(warning));
    try {
      assert.deepEqual(addressesOf(await spool.take()), [1]);
      append(record(3));
      assert.deepEqual(addressesOf(await spool.take()), [3]);
    } finally {
      spool.close();
    }
    assert.deepEqual(warnings, ["an event in the spool was dropped: it is torn"]);
  });
});

Deno.test("an event that is appended wakes who waits for it", async () => {
  await inDirectory(async (directory, append) => {
    await opened(directory, async (spool) => {
      const events = spool[Symbol.asyncIterator]();
      const next = events.next();
      append(record(1));
      assert.deepEqual(addressesOf([(await next).value!]), [1]);
      const another = events.next();
      append(record(2));
      assert.deepEqual(addressesOf([(await another).value!]), [2]);
      const last = events.next();
      spool.close();
      assert.equal((await last).done, true);
    });
  });
});

Deno.test("a long spool is begun anew; what a running hook adds to it is read", async () => {
  await inDirectory(async (directory, append) => {
    const many = Math.ceil(MAX_SPOOL_KEPT / record(1).length);
    append(record(1).repeat(many));
    using late = await Deno.open(`${directory}/spool/events`, { append: true });
    await opened(directory, async (spool) => {
      const events = await spool.take();
      assert.equal(events.length, many);
      await spool.acknowledge(events.at(-1)!.offset);
      assert.equal(namesIn(directory), "acknowledged events.0");
      // The hook that had opened the old file, and then the next one.
      late.writeSync(new TextEncoder().encode(record(2)));
      append(record(3));
    });
    await opened(directory, async (spool) => {
      const events = await spool.take();
      assert.deepEqual(addressesOf(events), [2, 3]);
      await spool.acknowledge(events[0]!.offset);
      assert.equal(namesIn(directory), "acknowledged events events.0");
      await spool.acknowledge(events[1]!.offset);
      assert.equal(namesIn(directory), "acknowledged events");
    });
    append(record(4));
    assert.deepEqual(addressesOf(await opened(directory, (spool) => spool.take())), [4]);
  });
});

Deno.test("the agent that ends between renaming and the next event loses nothing", async () => {
  await inDirectory(async (directory, append) => {
    append(record(1).repeat(Math.ceil(MAX_SPOOL_KEPT / record(1).length)));
    await opened(directory, async (spool) => {
      await spool.acknowledge((await spool.take()).at(-1)!.offset);
    });
    assert.deepEqual(await opened(directory, (spool) => spool.take()), []);
    append(record(2));
    await opened(directory, async (spool) => {
      const events = await spool.take();
      assert.deepEqual(addressesOf(events), [2]);
      await spool.acknowledge(events[0]!.offset);
    });
    assert.equal(namesIn(directory), "acknowledged events");
    assert.deepEqual(await opened(directory, (spool) => spool.take()), []);
  });
});

Deno.test("a spool that someone cut short is read from its start", async () => {
  await inDirectory(async (directory, append) => {
    append(record(1) + record(2));
    const warnings: string[] = [];
    const spool = await Spool.open(directory, (warning) => warnings.push(warning));
    try {
      await spool.take();
      Deno.writeTextFileSync(`${directory}/spool/events`, record(3));
      assert.deepEqual(addressesOf(await spool.take()), [3]);
    } finally {
      spool.close();
    }
    assert.equal(warnings.length, 1);
  });
});

Deno.test("a long spool is read in bounded pieces", async () => {
  await inDirectory(async (directory, append) => {
    append(record(1).repeat(5000));
    await opened(directory, async (spool) => {
      const more = Math.ceil(MAX_SPOOL_READ / record(1).length);
      let count = 0;
      for (;;) {
        const { length } = await spool.take();
        if (length === 0) break;
        assert.ok(length <= MAX_SPOOL_EVENTS + more, String(length));
        count += length;
      }
      assert.equal(count, 5000);
    });
  });
});

Deno.test("a directory that is not there is said so", async () => {
  await inDirectory(async (directory) => {
    const wanted = {
      message: `cannot read the events in ${directory}/x/spool: no such file or directory`,
    };
    await assert.rejects(Spool.open(`${directory}/x`), wanted);
  });
});

function namesIn(directory: string): string {
  return [...Deno.readDirSync(`${directory}/spool`)].map(({ name }) => name).sort().join(" ");
}
