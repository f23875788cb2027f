/** Multicast over real sockets: on the loopback, so that no other host hears of it. */

import assert from "node:assert/strict";
import {
  type Address,
  isMulticastAddress,
  ListenFailed,
  type Multicast,
  openMulticast,
} from "../../lib/net/mod.ts";
import { group, LOOPBACK } from "./multicast_group.ts";

const HEARING_LIMIT_MS = 10_000;

interface Heard {
  readonly group: Address;
  readonly text: string;
  readonly source: Address;
}

/** A member of a group, and what it has heard. */
class Ear {
  readonly heard: Heard[] = [];
  private waiting: (() => void) | undefined;

  static async open(groups: readonly Address[], hops?: number): Promise<[Ear, Multicast]> {
    const ear = new Ear();
    const multicast = await openMulticast({
      groups,
      needs: "every-group",
      interfaces: [LOOPBACK],
      hops,
      onDatagram: (at, bytes, source) => {
        ear.heard.push({ group: at, text: new TextDecoder().decode(bytes), source });
        ear.waiting?.();
      },
    });
    return [ear, multicast];
  }

  async untilHeard(count: number): Promise<readonly Heard[]> {
    // Where a host has no multicast, this fails instead of waiting for ever.
    const limit = AbortSignal.timeout(HEARING_LIMIT_MS);
    while (this.heard.length < count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.waiting = resolve;
      limit.onabort = () => reject(new Error("nothing was heard"));
      await promise;
    }
    limit.onabort = null;
    return this.heard;
  }
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("what is sent to a group is heard by all of this host, the sender included", async () => {
  const at = group();
  const [one, first] = await Ear.open([at], 1);
  const [other, second] = await Ear.open([at]);
  assert.deepEqual(first.paths.map(({ from }) => from), [LOOPBACK]);
  assert.equal(await first.send(first.paths[0]!, bytesOf("hello")), undefined);
  for (const ear of [one, other]) {
    const [heard] = await ear.untilHeard(1);
    assert.equal(heard!.text, "hello");
    assert.deepEqual(heard!.group, at);
    assert.equal(heard!.source.host, LOOPBACK);
    assert.notEqual(heard!.source.port, at.port);
  }
  assert.equal(await second.send(second.paths[0]!, bytesOf("no")), "only listens");
  await first.close();
  await second.close();
});

Deno.test("two groups on one port are told apart, and other datagrams are not heard", async () => {
  const [one, other] = [group(), group()];
  const same = { host: other.host, port: one.port };
  const [ear, multicast] = await Ear.open([one, same], 1);
  const stranger = (await import("node:dgram")).createSocket("udp4");
  await new Promise<void>((resolve) => {
    stranger.send(bytesOf("to this host alone"), one.port, LOOPBACK, () => resolve());
  });
  for (const path of multicast.paths) await multicast.send(path, bytesOf(path.group.host));
  const heard = await ear.untilHeard(2);
  assert.deepEqual(heard.map(({ text }) => text).sort(), [one.host, same.host].sort());
  for (const { group, text } of heard) assert.equal(text, group.host);
  stranger.close();
  await multicast.close();
});

Deno.test("after it is closed nothing is heard, and closing twice is well", async () => {
  const at = group();
  const [silent, closed] = await Ear.open([at]);
  const [ear, open] = await Ear.open([at], 1);
  await closed.close();
  await closed.close();
  await open.send(open.paths[0]!, bytesOf("late"));
  await ear.untilHeard(1);
  assert.deepEqual(silent.heard, []);
  const path = open.paths[0]!;
  await open.close();
  assert.equal(typeof await open.send(path, bytesOf("later")), "string");
});

Deno.test("a refresh joins nothing twice and hears on", async () => {
  const [ear, multicast] = await Ear.open([group()], 1);
  await multicast.refresh();
  await multicast.refresh();
  assert.equal(multicast.paths.length, 1);
  await multicast.send(multicast.paths[0]!, bytesOf("once"));
  await multicast.send(multicast.paths[0]!, bytesOf("more"));
  assert.deepEqual((await ear.untilHeard(2)).map(({ text }) => text), ["once", "more"]);
  await multicast.close();
});

for (
  const [what, options, words] of [
    ["an address of one host", { groups: [{ host: "192.0.2.1", port: 4000 }] }, /no multicast/],
    ["a name", { groups: [{ host: "group.example", port: 4000 }] }, /no multicast address/],
    ["an unknown interface", { interfaces: ["none0"] }, /there is no interface "none0"/],
    ["an interface without the family", {
      groups: [{ host: "ff05::133", port: 4000 }],
      interfaces: ["127.0.0.1"],
    }, /no interface has an IPv6 address/],
  ] as const
) {
  Deno.test(`a group cannot be joined: ${what}`, async () => {
    const wanted = { groups: [group()], interfaces: [LOOPBACK], needs: "every-group" as const };
    await assert.rejects(
      openMulticast({ ...wanted, ...options, onDatagram: () => {} }),
      (error) => {
        assert.ok(error instanceof ListenFailed);
        assert.match(error.message, /^Cannot listen on /);
        assert.match(error.message, words);
        return true;
      },
    );
  });
}

Deno.test("of several groups, one that can be joined may be enough", async () => {
  const groups = [{ host: "ff05::133", port: group().port }, group()];
  const wanted = { groups, interfaces: [LOOPBACK], onDatagram: () => {} };
  const multicast = await openMulticast({ ...wanted, needs: "any-group" });
  assert.deepEqual(multicast.paths.map((each) => each.group), [groups[1]]);
  await multicast.close();
  await assert.rejects(openMulticast({ ...wanted, needs: "every-group" }), /ff05::133/);
});

Deno.test("what a multicast address is", () => {
  for (const host of ["224.0.0.0", "224.0.1.185", "239.255.255.255", "ff05::133", "ff0e::1"]) {
    assert.ok(isMulticastAddress(host), host);
  }
  for (const host of ["223.0.0.1", "240.0.0.1", "fe80::1", "::1", "fff::1", "224", "a.b.c.d"]) {
    assert.ok(!isMulticastAddress(host), host);
  }
});
