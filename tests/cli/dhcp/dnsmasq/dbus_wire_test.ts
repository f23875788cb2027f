import assert from "node:assert/strict";
import fc from "fast-check";
import { dbusEnvironment, dbusSocket } from "../../../../cli/dhcp/dnsmasq/dbus_address.ts";
import {
  DbusFormatError,
  type DbusMessage,
  DbusMessages,
  encodeCall,
} from "../../../../cli/dhcp/dnsmasq/dbus_wire.ts";
import { MAX_DBUS_MESSAGE } from "../../../../cli/dhcp/dnsmasq/limits.ts";

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

// As a D-Bus daemon sends it: METHOD_RETURN of serial 2, destination ":1.5", sender ":1.4", body b.
const RETURN = `
  6c 02 01 01  04 00 00 00  03 00 00 00  2d 00 00 00
  05 01 75 00  02 00 00 00
  06 01 73 00  04 00 00 00  3a 31 2e 35  00 00 00 00
  08 01 67 00  01 62 00 00
  07 01 73 00  04 00 00 00  3a 31 2e 34  00 00 00 00
  01 00 00 00`;
// ERROR of serial 7, big endian, body "no".
const FAILURE = `
  42 03 01 01  00 00 00 07  00 00 00 09  00 00 00 1f
  05 01 75 00  00 00 00 07
  04 01 73 00  00 00 00 03  41 2e 42 00  00 00 00 00
  08 01 67 00  01 73 00 00
  00 00 00 02  6e 6f 00`;

Deno.test("a call is these bytes", () => {
  const bytes = encodeCall({
    serial: 2,
    destination: "a.b",
    path: "/a",
    interface: "c.d",
    member: "Do",
    arguments: [
      { type: "s", value: "hey" },
      { type: "ay", value: Uint8Array.of(1, 2, 3) },
      { type: "u", value: 0xffffffff },
      { type: "b", value: true },
    ],
  });
  const expected = `
    6c 01 00 01  18 00 00 00  02 00 00 00  4b 00 00 00
    01 01 6f 00  02 00 00 00  2f 61 00 00  00 00 00 00
    02 01 73 00  03 00 00 00  63 2e 64 00  00 00 00 00
    03 01 73 00  02 00 00 00  44 6f 00 00  00 00 00 00
    06 01 73 00  03 00 00 00  61 2e 62 00  00 00 00 00
    08 01 67 00  05 73 61 79  75 62 00 00  00 00 00 00
    03 00 00 00  68 65 79 00  03 00 00 00  01 02 03 00
    ff ff ff ff  01 00 00 00`;
  assert.equal(hex(bytes), expected.replace(/\s/g, ""));
});

Deno.test("an answer is read, whichever end comes first", () => {
  assert.deepEqual(new DbusMessages().push(fromHex(RETURN)), [
    { kind: "return", replyTo: 2, error: undefined, first: true },
  ]);
  assert.deepEqual(new DbusMessages().push(fromHex(FAILURE)), [
    { kind: "error", replyTo: 7, error: "A.B", first: "no" },
  ]);
});

Deno.test("messages do not depend on how their bytes are cut", () => {
  const bytes = fromHex(RETURN + RETURN + RETURN);
  fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), (size) => {
    const messages = new DbusMessages();
    const found: DbusMessage[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(...messages.push(bytes.subarray(at, at + size)));
    }
    assert.deepEqual(found.map(({ replyTo }) => replyTo), [2, 2, 2]);
  }));
});

Deno.test("bytes that are no message, or too many, are refused", () => {
  const refused = (bytes: Uint8Array) =>
    assert.throws(() => new DbusMessages().push(bytes), DbusFormatError);
  refused(new TextEncoder().encode("REJECTED EXTERNAL\r\n"));
  const long = fromHex(RETURN);
  new DataView(long.buffer).setUint32(4, MAX_DBUS_MESSAGE, true);
  refused(long);
});

Deno.test("a message that lies about its insides never reads beyond its end", () => {
  fc.assert(fc.property(fc.nat(103), fc.integer({ min: 0, max: 255 }), (at, value) => {
    const bytes = fromHex(RETURN);
    bytes[at % bytes.length] = value;
    try {
      for (const { kind } of new DbusMessages().push(bytes)) assert.ok(kind);
    } catch (error) {
      assert.ok(error instanceof DbusFormatError, String(error));
    }
  }));
});

Deno.test("an address of a daemon is a socket", () => {
  assert.equal(dbusSocket("system"), "/run/dbus/system_bus_socket");
  assert.equal(dbusSocket("unix:path=/run/a%20b,guid=0af1"), "/run/a b");
  assert.equal(dbusSocket("unix:abstract=/tmp/x"), "\0/tmp/x");
  for (const address of ["", "tcp:host=a", "unix:path=", "unix:path=/a;unix:path=/b", "session"]) {
    assert.throws(() => dbusSocket(address), /must be system, unix:path=… or unix:abstract=…/);
  }
  assert.throws(() => dbusSocket("unix:path=/%zz"), /"%" without two digits/);
  assert.deepEqual(dbusEnvironment("system"), {});
  assert.deepEqual(dbusEnvironment("unix:path=/b"), { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/b" });
});
