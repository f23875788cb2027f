/** What is read of a datagram, and what is dropped. */

import assert from "node:assert/strict";
import {
  DEFAULT_LIMITS,
  Dropped,
  encodePresence,
  encodeServerAnnounce,
  readAnnouncement,
  type SocketAddress,
} from "../../../lib/core/mod.ts";
import { asap, enrp, type Transport } from "../../../lib/wire/mod.ts";
import { readVectors } from "../../wire/vectors.ts";

const source = { host: "192.0.2.9", port: 40_000 };
const local = { host: "127.0.0.1", port: 40_000 };

function read(protocol: "ASAP" | "ENRP", bytes: Uint8Array, from = source) {
  const announcement = readAnnouncement(protocol, bytes, from, DEFAULT_LIMITS);
  return announcement instanceof Dropped ? announcement.why : announcement;
}

function announce(transports: readonly Transport[], serverIdentifier = 1): Uint8Array {
  return asap.encode({ type: "ASAP_SERVER_ANNOUNCE", serverIdentifier, transports });
}

const tcp = (host: string, port = 3863): Transport => {
  return { protocol: "tcp", port, use: 0, addresses: [host] };
};

Deno.test("an announcement that is written can be read", () => {
  const addresses = [{ host: "192.0.2.1", port: 3863 }, { host: "2001:db8::1", port: 4000 }];
  assert.deepEqual(read("ASAP", encodeServerAnnounce(7, addresses)), { identifier: 7, addresses });
  const enrpAddress = { host: "192.0.2.1", port: 9901 };
  assert.deepEqual(read("ENRP", encodePresence(7, enrpAddress)), {
    identifier: 7,
    addresses: [enrpAddress],
  });
});

Deno.test("without transports it is TCP at the source address, as rsplib's is", () => {
  const rsplib = readVectors().find(({ name }) => name === "asap-server-announce-udp")!.bytes;
  assert.deepEqual(read("ASAP", rsplib), {
    identifier: 0x11111111,
    addresses: [{ host: "192.0.2.9", port: 3863 }],
  });
  const bare = enrp.encode({ type: "ENRP_PRESENCE", replyRequired: false, sender: 5, receiver: 0 });
  assert.deepEqual(read("ENRP", bare), {
    identifier: 5,
    addresses: [{ host: "192.0.2.9", port: 9901 }],
  });
});

Deno.test("an address that makes no sense is dropped, the others are not", () => {
  const senseless = [
    "0.0.0.0",
    "0.1.2.3",
    "224.0.1.185",
    "239.0.0.51",
    "255.255.255.255",
    "240.0.0.1",
    "127.0.0.1",
    "::",
    "::1",
    "ff02::1",
    "ff05::133",
    "fe80::1",
    "::ffff:127.0.0.1",
    "::ffff:0.0.0.0",
  ];
  for (const host of senseless) {
    assert.equal(read("ASAP", announce([tcp(host)])), "none of its addresses can be dialled", host);
    assert.deepEqual(read("ASAP", announce([tcp(host), tcp("192.0.2.1")])), {
      identifier: 1,
      addresses: [{ host: "192.0.2.1", port: 3863 }],
    }, host);
  }
  assert.equal(
    read("ASAP", announce([tcp("192.0.2.1", 0)])),
    "none of its addresses can be dialled",
  );
});

Deno.test("a loopback address is good only from the loopback", () => {
  const bytes = announce([tcp("127.0.0.1"), tcp("::1")]);
  assert.equal(read("ASAP", bytes), "none of its addresses can be dialled");
  assert.deepEqual(read("ASAP", bytes, local), {
    identifier: 1,
    addresses: [{ host: "127.0.0.1", port: 3863 }, { host: "::1", port: 3863 }],
  });
});

Deno.test("an IPv4-mapped address is the IPv4 address", () => {
  assert.deepEqual(read("ASAP", announce([tcp("::ffff:192.0.2.1")])), {
    identifier: 1,
    addresses: [{ host: "192.0.2.1", port: 3863 }],
  });
});

Deno.test("what is no announcement is dropped, with a reason", () => {
  const sctp: Transport = { protocol: "sctp", port: 3863, use: 0, addresses: ["192.0.2.1"] };
  const good = announce([tcp("192.0.2.1")]);
  const cookie = asap.encode({ type: "ASAP_COOKIE", cookie: new Uint8Array(4) });
  const list = enrp.encode({ type: "ENRP_LIST_REQUEST", sender: 1, receiver: 0 });
  const foreign = enrp.encode({
    type: "ENRP_PRESENCE",
    replyRequired: true,
    sender: 1,
    receiver: 0,
    serverInformation: { identifier: 2, transport: tcp("192.0.2.1", 9901) },
  });
  const rows: [protocol: "ASAP" | "ENRP", bytes: Uint8Array, why: RegExp][] = [
    ["ASAP", new Uint8Array(0), /not one message/],
    ["ASAP", new Uint8Array(3), /not one message/],
    ["ASAP", good.subarray(0, -4), /not one message/],
    ["ASAP", new Uint8Array([...good, 0, 0, 0, 0]), /not one message/],
    ["ASAP", new Uint8Array([...good, ...good]), /not one message/],
    ["ASAP", cookie, /it is an ASAP_COOKIE/],
    ["ENRP", list, /it is an ENRP_LIST_REQUEST/],
    ["ENRP", good, /./],
    ["ASAP", encodePresence(1, { host: "192.0.2.1", port: 9901 }), /./],
    ["ASAP", announce([sctp]), /none of its transports is TCP/],
    ["ASAP", announce([tcp("192.0.2.1")], 0), /its server identifier is 0/],
    ["ENRP", encodePresence(0, { host: "192.0.2.1", port: 9901 }), /its server identifier is 0/],
    ["ENRP", foreign, /that of another registrar/],
  ];
  for (const [protocol, bytes, why] of rows) {
    const dropped = read(protocol, bytes);
    assert.ok(typeof dropped === "string", `${why} was taken`);
    assert.match(dropped, why);
  }
});

Deno.test("limit maxAnnouncementBytes: a datagram beyond it is dropped unread", () => {
  const many: SocketAddress[] = Array.from({ length: 101 }, (_, i) => {
    return { host: `192.0.2.${i + 1}`, port: 3863 };
  });
  const [fits, more] = [many.slice(0, 100), many].map((each) => encodeServerAnnounce(1, each));
  const limits = { ...DEFAULT_LIMITS, maxAnnouncementBytes: fits!.length };
  assert.ok(!(readAnnouncement("ASAP", fits!, source, limits) instanceof Dropped));
  const dropped = readAnnouncement("ASAP", more!, source, limits);
  assert.ok(dropped instanceof Dropped);
  assert.equal(dropped.why, `it has more than ${fits!.length} bytes`);
});

Deno.test("an announcement without address is of the source's usual port, 3864 with TLS", () => {
  const bytes = announce([]);
  assert.deepEqual(read("ASAP", bytes), {
    identifier: 1,
    addresses: [{ host: source.host, port: 3863 }],
  });
  const usualPorts = { ASAP: 3864, ENRP: 9902 };
  assert.deepEqual(readAnnouncement("ASAP", bytes, source, DEFAULT_LIMITS, usualPorts), {
    identifier: 1,
    addresses: [{ host: source.host, port: 3864 }],
  });
});
