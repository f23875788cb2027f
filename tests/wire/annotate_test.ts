import assert from "node:assert/strict";
import { annotate, asap, enrp, parseHex } from "../../lib/wire/mod.ts";
import { SAMPLES } from "./samples.ts";

Deno.test("annotated hex: a registration, field by field", () => {
  const bytes = asap.encode({
    type: "ASAP_REGISTRATION",
    poolHandle: "web",
    poolElement: {
      identifier: 0xd001,
      home: 0,
      registrationLife: -1,
      transport: { protocol: "sctp", port: 80, use: 1, addresses: ["2001:db8::1"] },
      policy: { name: "least-used", load: 0x40000000 },
      asapTransport: { protocol: "tcp", port: 4000, use: 0, addresses: ["192.0.2.10"] },
    },
  });
  assert.deepEqual(annotate(asap, bytes), [
    "0000  01                       Message Type = ASAP_REGISTRATION (0x01)",
    "0001  00                       Message Flags = 0x00",
    "0002  00 54                    Message Length = 84",
    "0004  00 09 00 07              Pool Handle, type 0x0009, length 7",
    "0008  77 65 62                   Pool Handle = web",
    "000b  00                       (padding)",
    "000c  00 0a 00 48              Pool Element, type 0x000a, length 72",
    "0010  00 00 d0 01                PE Identifier = 0x0000d001",
    "0014  00 00 00 00                Home ENRP Server Identifier = 0x00000000",
    "0018  ff ff ff ff                Registration Life = -1 (infinite)",
    "001c  00 04 00 1c                User Transport: SCTP Transport, type 0x0004, length 28",
    "0020  00 50                        SCTP Port = 80",
    "0022  00 01                        Transport Use = 0x0001 (data+control)",
    "0024  00 02 00 14                  IPv6 Address, type 0x0002, length 20",
    "0028  20 01 0d b8 00 00 00 00        IPv6 Address = 2001:db8::1",
    "0030  00 00 00 00 00 00 00 01",
    "0038  00 08 00 0c                Pool Member Selection Policy, type 0x0008, length 12",
    "003c  40 00 00 01                  Policy Type = 0x40000001 (least-used)",
    "0040  40 00 00 00                  Load = 0x40000000 (25.00 %)",
    "0044  00 05 00 10                ASAP Transport: TCP Transport, type 0x0005, length 16",
    "0048  0f a0                        TCP Port = 4000",
    "004a  00 00                        Transport Use (reserved bits) = 0x0000 (data)",
    "004c  00 01 00 08                  IPv4 Address, type 0x0001, length 8",
    "0050  c0 00 02 0a                    IPv4 Address = 192.0.2.10",
  ]);
});

Deno.test("annotated hex: error causes with their names, and the parameter in them", () => {
  const bytes = parseHex("0e000018" + "000c0014" + "000900040003000c4123000861626364");
  assert.deepEqual(annotate(asap, bytes).slice(3), [
    "0004  00 0c 00 14              Operation Error, type 0x000c, length 20",
    "0008  00 09                      Cause Code = 0x0009 (Unknown Pool Handle)",
    "000a  00 04                      Cause Length = 4",
    "000c  00 03                      Cause Code = 0x0003 (Invalid Values)",
    "000e  00 0c                      Cause Length = 12",
    "0010  41 23 00 08 61 62 63 64    Cause-specific Information = " +
    "Parameter 0x4123, 4123000861626364",
  ]);
});

Deno.test("annotated hex: flags by letter and name, skipped parameters, reserved bits", () => {
  const presence = parseHex("0103001400c0ffee00000000" + "c123000480000004");
  assert.deepEqual(annotate(enrp, presence).slice(1), [
    "0001  03                       Message Flags = 0x03, R (Reply required)",
    "0002  00 14                    Message Length = 20",
    "0004  00 c0 ff ee              Sending Server's ID = 0x00c0ffee",
    "0008  00 00 00 00              Receiving Server's ID = 0x00000000",
    "000c  c1 23 00 04              Parameter 0xc123 = skipped, to be reported",
    "0010  80 00 00 04              Parameter 0x8000 = skipped",
  ]);
});

/** Broken bytes, and the lines from the point of failure on, runs of spaces as one. */
const BROKEN: readonly (readonly [name: string, digits: string, lines: string[]])[] = [
  ["none at all", "", [
    "0000 !! Message Type is cut off: there are 0 bytes (Invalid Values, 0x0003)",
  ]],
  ["two bytes", "0b00", [
    "0002 !! Message Length is cut off: there are 2 bytes (Invalid Values, 0x0003)",
  ]],
  ["a length below 4", "0b000003", [
    "0004 !! Message Length is 3, below 4 (Invalid Values, 0x0003)",
  ]],
  ["an unknown message", "7f00000801020304", [
    "0000 !! Message Type 0x7f is unknown (Unrecognized Message, 0x0002)",
    "0004 01 02 03 04 (not read)",
  ]],
  ["a cut cookie", "0b000010000d000c0102030405", [
    "0008 !! Cookie is cut off: there are 13 bytes (Invalid Values, 0x0003)",
    "0008 01 02 03 04 05 (not read)",
  ]],
  ["bytes after the message", "0b000008000d0004ffff", [
    "0008 !! Message Length is 8 and there are 10 bytes (Invalid Values, 0x0003)",
    "0008 ff ff (not read)",
  ]],
  ["an unknown parameter", "0b000010000d00044123000861626364", [
    "0008 !! Parameter 0x4123 is unknown and its type says to stop " +
    "(Unrecognized Parameter, 0x0001)",
    "0008 41 23 00 08 61 62 63 64 (not read)",
  ]],
  ["a parameter out of place", "0b00000c000e000800000001", [
    "0004 !! PE Identifier (0x000e) stands where Cookie must be (Invalid Values, 0x0003)",
    "0004 00 0e 00 08 00 00 00 01 (not read)",
  ]],
];

for (const [name, digits, expected] of BROKEN) {
  Deno.test(`annotated hex of broken bytes: ${name}`, () => {
    const lines = annotate(asap, parseHex(digits));
    const from = lines.findIndex((line) => line.includes("!!"));
    assert.deepEqual(lines.slice(from).map((line) => line.replaceAll(/ +/g, " ")), expected);
    assert(lines.slice(0, from).every((line) => !line.includes("not read")));
  });
}

Deno.test("annotated hex: of long bytes the meaning is short, the hex is whole", () => {
  const bytes = asap.encode({ type: "ASAP_COOKIE", cookie: new Uint8Array(1000).fill(0xab) });
  const lines = annotate(asap, bytes);
  assert.equal(lines.length, 4 + 1000 / 8);
  assert.match(lines[4]!, /Cookie = (ab){16}… \(1000 bytes\)$/);
  assert(lines.every((line) => line.length < 100));
});

Deno.test("annotated hex: no sample has a line that fails or is not read", () => {
  for (const { protocol, message, name } of SAMPLES) {
    const lines = protocol === "ASAP"
      ? annotate(asap, asap.encode(message))
      : annotate(enrp, enrp.encode(message));
    assert(lines.every((line) => !/!!|not read/.test(line)), name);
  }
});
