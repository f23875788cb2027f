/** What a registrar announces from which of its addresses. */

import assert from "node:assert/strict";
import {
  type AnnouncedAddresses,
  announcementFrom,
  DEFAULT_LIMITS,
  Dropped,
  readAnnouncement,
} from "../../../lib/core/mod.ts";

const on = (...written: [host: string, port: number][]): AnnouncedAddresses => {
  return { listening: written.map(([host, port]) => ({ host, port })) };
};

function heard(from: string, served: AnnouncedAddresses, protocol: "ASAP" | "ENRP" = "ASAP") {
  const bytes = announcementFrom(from, protocol, 7, served);
  if (bytes === undefined) return undefined;
  const read = readAnnouncement(protocol, bytes, { host: from, port: 1 }, DEFAULT_LIMITS);
  assert.ok(!(read instanceof Dropped));
  return { bytes: bytes.length, at: read.addresses.map(({ host, port }) => `${host} ${port}`) };
}

Deno.test("a loopback listener is announced over the loopback only", () => {
  assert.deepEqual(heard("127.0.0.1", on(["127.0.0.1", 4000]))?.at, ["127.0.0.1 4000"]);
  assert.equal(heard("192.0.2.1", on(["127.0.0.1", 4000])), undefined);
  assert.equal(heard("192.0.2.1", on(["127.0.0.1", 4000]), "ENRP"), undefined);
});

Deno.test("whoever serves others, too, is not announced with a loopback address", () => {
  assert.equal(heard("127.0.0.1", on(["0.0.0.0", 4000])), undefined);
  assert.equal(heard("::1", on(["::", 4000])), undefined);
  const both = on(["127.0.0.1", 4000], ["192.0.2.1", 4000]);
  assert.deepEqual(heard("127.0.0.1", both)?.at, ["192.0.2.1 4000"]);
  assert.deepEqual(heard("192.0.2.1", both)?.at, ["192.0.2.1 4000"]);
});

Deno.test("an unspecified listener is announced with the address of each interface", () => {
  assert.deepEqual(heard("192.0.2.1", on(["0.0.0.0", 4000]))?.at, ["192.0.2.1 4000"]);
  assert.deepEqual(heard("198.51.100.1", on(["0.0.0.0", 4000]))?.at, ["198.51.100.1 4000"]);
  assert.deepEqual(heard("198.51.100.1", on(["::", 4000]))?.at, ["198.51.100.1 4000"]);
  assert.deepEqual(heard("2001:db8::1", on(["::", 4000]))?.at, ["2001:db8::1 4000"]);
  assert.equal(heard("2001:db8::1", on(["0.0.0.0", 4000])), undefined);
});

Deno.test("no transport is announced where source address and usual port say all", () => {
  assert.deepEqual(heard("192.0.2.1", on(["0.0.0.0", 3863])), { bytes: 8, at: ["192.0.2.1 3863"] });
  assert.equal(heard("192.0.2.1", on(["192.0.2.1", 3863]))?.bytes, 8);
  const two = heard("192.0.2.1", on(["0.0.0.0", 3863], ["192.0.2.1", 4000]));
  assert.deepEqual(two?.at, ["192.0.2.1 3863", "192.0.2.1 4000"]);
});

Deno.test("a listener at one address is announced on all interfaces, each address once", () => {
  assert.deepEqual(heard("198.51.100.1", on(["192.0.2.1", 3863]))?.at, ["192.0.2.1 3863"]);
  const twice = on(["192.0.2.1", 4000], ["0.0.0.0", 4000]);
  assert.deepEqual(heard("192.0.2.1", twice)?.at, ["192.0.2.1 4000"]);
});

Deno.test("what is advertised replaces all that is listened on", () => {
  const advertised = { host: "203.0.113.5", port: 13863 };
  const served = { ...on(["127.0.0.1", 3863]), advertised };
  assert.deepEqual(heard("192.0.2.1", served)?.at, ["203.0.113.5 13863"]);
  assert.deepEqual(heard("192.0.2.1", served, "ENRP")?.at, ["203.0.113.5 13863"]);
});
