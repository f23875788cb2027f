/** RFC 5354 §2 and §3: what is written about parameters, sentence by sentence. */

import assert from "node:assert/strict";
import { asap, type AsapMessage, CAUSE, enrp, hex, type Transport } from "../../lib/wire/mod.ts";
import {
  bytesOf,
  cookie,
  decoded,
  ELEMENT,
  elementIn,
  failure,
  invalid,
  IPV4,
  message,
  registration,
  ROUND_ROBIN,
  TCP,
  tlv,
  WEB,
  word,
} from "./hex_messages.ts";

function withTransport(transport: Transport): AsapMessage {
  const policy = { name: "round-robin" } as const;
  const poolElement = { identifier: 0xd001, home: 0, registrationLife: 300, transport, policy };
  return { type: "ASAP_REGISTRATION", poolHandle: "web", poolElement };
}

Deno.test("RFC 5354 §2: All parameters described below MUST be in network byte order", () => {
  const addresses = ["192.0.2.10"];
  const encoded = asap.encode(withTransport({ protocol: "tcp", port: 80, use: 0, addresses }));
  assert.equal(hex(encoded), hex(registration(ELEMENT)));
});

Deno.test(
  "RFC 5354 §2: a nested parameter will include the length of the padding between the nested " +
    "parameters but not the last padding",
  () => {
    const opaque = tlv(0x10, "0102030405");
    const unknownPolicy = tlv(0x8, "12345678 aabbcc");
    const element = `0000d001 00000000 0000012c ${opaque}000000 ${unknownPolicy}`;
    const bytes = registration(element);
    assert.equal(bytes[15], 16 + 12 + 11); // the three bytes of padding between are counted
    const { transport, policy } = elementIn(bytes);
    assert.deepEqual(transport, { protocol: "opaque", data: bytesOf("0102030405") });
    assert.deepEqual(policy, { name: "unknown", policyType: 0x12345678, data: bytesOf("aabbcc") });
    assert.equal(hex(asap.encode(decoded(bytes))), hex(bytes) + "00");
  },
);

Deno.test("RFC 5354 §3: It takes a value of 0 to 65534. The value of 65535 is reserved", () => {
  const result = asap.decode(message(0x0b, `${tlv(0xd, "")} ${tlv(0xffff, "")}`));
  assert(result.ok);
  assert.deepEqual(result.unrecognized.map(hex), ["ffff0004"]);
});

/** Where unknown parameters may stand: before, behind and between, and at each depth. */
const PLACES: readonly (readonly [name: string, around: (tlv: string) => Uint8Array])[] = [
  ["first in the message", (unknown) => message(0x01, `${unknown} ${WEB} ${tlv(0xa, ELEMENT)}`)],
  ["between two", (unknown) => message(0x01, `${WEB} ${unknown} ${tlv(0xa, ELEMENT)}`)],
  ["last in the message", (unknown) => message(0x01, `${WEB} ${tlv(0xa, ELEMENT)} ${unknown}`)],
  ["last in the Pool Element", (unknown) => registration(`${ELEMENT} ${unknown}`)],
  ["first in the Pool Element", (unknown) => {
    return registration(`0000d001 00000000 0000012c ${unknown}${TCP}${ROUND_ROBIN}`);
  }],
  ["in the User Transport", (unknown) => {
    const transport = tlv(0x5, `0050 0000 ${unknown} ${IPV4}`);
    return registration(`0000d001 00000000 0000012c ${transport}${ROUND_ROBIN}`);
  }],
  ["last in the User Transport", (unknown) => {
    const transport = tlv(0x5, `0050 0000 ${IPV4} ${unknown}`);
    return registration(`0000d001 00000000 0000012c ${transport}${ROUND_ROBIN}`);
  }],
];

for (const [place, around] of PLACES) {
  Deno.test(
    `RFC 5354 §3: 00 Stop processing this ENRP or ASAP message and discard it (${place})`,
    () => {
      const { cause, report, messageType } = failure(around("0123 0008 61626364"));
      assert.equal(cause, CAUSE.unrecognizedParameter);
      assert.equal(report, false);
      assert.equal(messageType, "ASAP_REGISTRATION");
    },
  );

  Deno.test(
    `RFC 5354 §3: 01 Stop processing …, and report the unrecognized parameter (${place})`,
    () => {
      const { cause, report, offendingTlv } = failure(around("4123 0008 61626364"));
      assert.equal(cause, CAUSE.unrecognizedParameter);
      assert.equal(report, true);
      assert.equal(hex(offendingTlv), "4123000861626364");
    },
  );

  Deno.test(`RFC 5354 §3: 10 Skip this parameter and continue processing (${place})`, () => {
    const result = asap.decode(around("8123 0008 61626364"));
    assert(result.ok);
    assert.deepEqual(result.message, decoded(registration(ELEMENT)));
    assert.deepEqual(result.unrecognized, []);
  });

  Deno.test(
    `RFC 5354 §3: 11 Skip this parameter and continue processing, but report (${place})`,
    () => {
      const result = asap.decode(around("c123 0005 61000000"));
      assert(result.ok);
      assert.deepEqual(result.message, decoded(registration(ELEMENT)));
      assert.deepEqual(result.unrecognized.map(hex), ["c123000561"]);
    },
  );
}

Deno.test(
  "RFC 5354 §3: a parameter with a zero-length Parameter Value field " +
    "would have a Length field of 4",
  () => {
    assert.equal(hex(asap.encode(cookie(""))), "0b000008 000d0004".replace(" ", ""));
    assert.deepEqual(decoded(bytesOf("0b000008 000d0004")), cookie(""));
    for (const length of [0, 1, 2, 3]) {
      invalid(bytesOf("0b000008 000d", word(length)), `000d${word(length)}`);
    }
  },
);

Deno.test(
  "RFC 5354 §3: The total length of a parameter … MUST be a multiple of 4 bytes … pad … all zero",
  () => {
    const padding: readonly (readonly [string, string])[] = [
      ["01020304", ""],
      ["010203", "00"],
      ["0102", "0000"],
      ["01", "000000"],
    ];
    for (const [value, zeros] of padding) {
      const parameter = tlv(0xd, value);
      assert.equal(hex(asap.encode(cookie(value))), hex(message(0x0b, parameter)) + zeros);
    }
  },
);

Deno.test(
  "RFC 5354 §3: The length of this padding is not included in the Parameter Length field",
  () => {
    const keepAliveAck = message(0x08, `${WEB} 000e0008 0000d001`);
    assert.equal(keepAliveAck.length, 20);
    const value = { poolHandle: "web", peIdentifier: 0xd001 };
    assert.deepEqual(decoded(keepAliveAck), { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", ...value });
  },
);

Deno.test("RFC 5354 §3: A sender MUST NOT pad with more than 3 bytes", () => {
  // Four bytes more are no padding, but the header of a parameter: here of the reserved type 0.
  assert.equal(failure(bytesOf("0b00000c 000d0004 00000000")).cause, CAUSE.invalidValues);
  assert.equal(failure(bytesOf("0b000008 000d0004 00")).cause, CAUSE.invalidValues);
});

Deno.test("RFC 5354 §3: The receiver MUST ignore the padding bytes", () => {
  const expected = decoded(message(0x08, `${WEB} 000e0008 0000d001`));
  assert.deepEqual(decoded(message(0x08, "00090007 776562ff 000e0008 0000d001")), expected);
});

Deno.test(
  "RFC 5354 §3: a parameter longer than what encloses it is reported with the rest of that",
  () => {
    invalid(bytesOf("0b00000c 000d0009 01020304"), "000d0009 01020304");
    invalid(registration("0000d001 00000000 0000012c 00050fff 00500000"), "00050fff 00500000");
    // The policy ends behind the Pool Element that it is in, though not behind the message.
    const crossing = message(0x01, `${WEB} 000a0024 ${ELEMENT}`);
    invalid(crossing, ROUND_ROBIN.replaceAll(" ", "").slice(0, 8));
  },
);

Deno.test("RFC 5354 §3: too few bytes for a header are reported with what encloses them", () => {
  invalid(bytesOf("0b00000a 000d0004 000d"), "0b00000a 000d0004 000d");
  const short = tlv(0x5, "0050 0000 000100");
  invalid(registration(`0000d001 00000000 0000012c ${short}`), short);
});

Deno.test("RFC 5354 §3.1: IPv4 Address: Length = 0x8 … It is binary encoded", () => {
  const [before, after] = ["0000d001 00000000 0000012c", ROUND_ROBIN];
  const { transport } = elementIn(registration(ELEMENT));
  assert.deepEqual(transport, { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] });
  for (const address of ["00010007 c0000200", "0001000c c000020a 80000004", "00010004"]) {
    const wrong = tlv(0x5, `0050 0000 ${address}`);
    const bytes = registration(`${before} ${wrong} ${after}`);
    assert.equal(failure(bytes).cause, CAUSE.invalidValues);
  }
});

Deno.test("RFC 5354 §3.2: IPv6 Address: Length = 0x14 … It is binary encoded", () => {
  const ipv6 = "00020014 20010db8 00000000 00000000 00000001";
  const transport = tlv(0x5, `0050 0000 ${ipv6}`);
  const bytes = registration(`0000d001 00000000 0000012c ${transport} ${ROUND_ROBIN}`);
  assert.deepEqual(elementIn(bytes).transport, {
    protocol: "tcp",
    port: 80,
    use: 0,
    addresses: ["2001:db8::1"],
  });
  assert.equal(hex(asap.encode(decoded(bytes))), hex(bytes));
  const short = tlv(0x5, "0050 0000 00020010 20010db8 00000000 00000000");
  const wrong = registration(`0000d001 00000000 0000012c ${short} ${ROUND_ROBIN}`);
  assert.equal(failure(wrong).cause, CAUSE.invalidValues);
});

/** The sentence, the parameter's type, the fields before the address, and the value. */
const TRANSPORTS: readonly (readonly [string, number, string, Transport])[] = [
  [
    "RFC 5354 §3.3: only one IP address parameter can be present in a DCCP Transport parameter",
    0x3,
    "0050 0000 44495343",
    {
      protocol: "dccp",
      port: 80,
      use: 0,
      serviceCode: 0x44495343,
      addresses: ["192.0.2.10"],
    },
  ],
  [
    "RFC 5354 §3.5: only one IP Address parameter can be present in a TCP Transport parameter",
    0x5,
    "0050 0000",
    { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] },
  ],
  [
    "RFC 5354 §3.6: only one IP Address parameter can be present in a UDP Transport parameter",
    0x6,
    "0050 0000",
    { protocol: "udp", port: 80, use: 0, addresses: ["192.0.2.10"] },
  ],
  [
    "RFC 5354 §3.7: only one IP address parameter can be present in a UDP-Lite transport parameter",
    0x7,
    "0050 0000",
    { protocol: "udp-lite", port: 80, use: 0, addresses: ["192.0.2.10"] },
  ],
];

for (const [sentence, type, fields, value] of TRANSPORTS) {
  Deno.test(sentence, () => {
    const around = (addresses: string) => {
      const transport = tlv(type, fields + addresses);
      return registration(`0000d001 00000000 0000012c ${transport} ${ROUND_ROBIN}`);
    };
    assert.deepEqual(elementIn(around(IPV4)).transport, value);
    assert.equal(hex(asap.encode(withTransport(value))), hex(around(IPV4)));
    invalid(around(IPV4 + IPV4), tlv(type, fields + IPV4 + IPV4));
    invalid(around(""), tlv(type, fields));
  });
}

Deno.test("RFC 5354 §3.4: SCTP Transport may have a mixed list of IPv4 and IPv6 addresses", () => {
  const ipv6 = "00020014 20010db8 00000000 00000000 00000001";
  const sctp = tlv(0x4, `0f17 0001 ${IPV4} ${ipv6} ${IPV4}`);
  const bytes = registration(`0000d001 00000000 0000012c ${sctp} ${ROUND_ROBIN}`);
  assert.deepEqual(elementIn(bytes).transport, {
    protocol: "sctp",
    port: 3863,
    use: 1,
    addresses: ["192.0.2.10", "2001:db8::1", "192.0.2.10"],
  });
  assert.equal(hex(asap.encode(decoded(bytes))), hex(bytes));
});

Deno.test(
  "RFC 5354 §3.4: at least one IP address parameter MUST be present in an SCTP Transport",
  () => {
    const empty = tlv(0x4, "0f17 0001");
    invalid(registration(`0000d001 00000000 0000012c ${empty} ${ROUND_ROBIN}`), empty);
  },
);

Deno.test(
  "RFC 5354 §3.8: All pool member selection policies … " +
    "MUST use the following general parameter format",
  () => {
    const future = tlv(0x8, "7fffffff 0102030405");
    const { policy } = elementIn(registration(`0000d001 00000000 0000012c ${TCP} ${future}`));
    const data = bytesOf("0102030405");
    assert.deepEqual(policy, { name: "unknown", policyType: 0x7fffffff, data });
  },
);

Deno.test("RFC 5354 §3.9: Pool Handle: Defined as a sequence of (Length - 4) bytes", () => {
  const resolution = decoded(message(0x05, tlv(0x9, "0077ff")));
  assert.deepEqual(resolution, {
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "hex:0077ff",
  });
});

Deno.test(
  "RFC 5354 §3.10: Registration Life … (signed integer) … " +
    "A value of -1 indicates infinite lifetime",
  () => {
    const bytes = registration(`0000d001 00000000 ffffffff ${TCP} ${ROUND_ROBIN}`);
    assert.equal(elementIn(bytes).registrationLife, -1);
    assert.equal(elementIn(registration(ELEMENT)).registrationLife, 300);
  },
);

Deno.test("RFC 5354 §3.10: A PE MUST have one and only one User Transport", () => {
  const two = `0000d001 00000000 0000012c ${TCP} ${TCP} ${ROUND_ROBIN}`;
  invalid(registration(two), TCP);
  const none = `0000d001 00000000 0000012c ${ROUND_ROBIN}`;
  invalid(registration(none), ROUND_ROBIN);
});

Deno.test(
  "RFC 5354 §3.10: Member Selection Policy: contains one of the … policy parameters",
  () => {
    const none = tlv(0xa, `0000d001 00000000 0000012c ${TCP}`);
    invalid(message(0x01, `${WEB} ${none}`), none);
    invalid(registration(`${ELEMENT} ${ROUND_ROBIN}`), ROUND_ROBIN);
  },
);

Deno.test(
  "RFC 5354 §3.10: ASAP Transport … MUST be an SCTP type (deviation: TCP type, decision 25)",
  () => {
    const sctp = tlv(0x4, `0f17 0000 ${IPV4}`);
    assert.equal(elementIn(registration(ELEMENT + sctp)).asapTransport?.protocol, "sctp");
    assert.equal(elementIn(registration(ELEMENT + TCP)).asapTransport?.protocol, "tcp");
    assert.equal("asapTransport" in elementIn(registration(ELEMENT)), false);
  },
);

Deno.test("RFC 5354 §3.11: Server Information: Server ID and Server Transport", () => {
  const sctp = tlv(0x4, `26ad 0000 ${IPV4}`);
  const bytes = message(0x06, `00c0ffee 00000000 ${tlv(0xb, `0badcafe ${sctp}`)}`);
  const result = enrp.decode(bytes);
  assert(result.ok);
  const transport = { protocol: "sctp", port: 9901, use: 0, addresses: ["192.0.2.10"] };
  assert.deepEqual(result.message, {
    type: "ENRP_LIST_RESPONSE",
    reject: false,
    sender: 0xc0ffee,
    receiver: 0,
    servers: [{ identifier: 0x0badcafe, transport }],
  });
});

Deno.test("RFC 5354 §3.13: The Cookie is an arbitrary byte string of (Length - 4) bytes", () => {
  const any = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0")).join("");
  assert.deepEqual(decoded(message(0x0c, tlv(0xd, any))), {
    type: "ASAP_COOKIE_ECHO",
    cookie: bytesOf(any),
  });
});

Deno.test("RFC 5354 §3.14: PE Identifier: Length=0x8 … 32 bits (unsigned integer)", () => {
  const type = "ASAP_DEREGISTRATION";
  const expected = { type, poolHandle: "web", peIdentifier: 0xffffffff };
  assert.deepEqual(decoded(message(0x02, `${WEB} 000e0008 ffffffff`)), expected);
  assert.equal(failure(message(0x02, `${WEB} 000e000c ffffffff 00000000`)).cause, 0x3);
});

Deno.test("RFC 5354 §3.15: PE Checksum: Length=0x6, 16 bits and padding", () => {
  const bytes = message(0x01, "00c0ffee 00000000 000f0006 2ed1");
  const result = enrp.decode(bytes);
  assert(result.ok && result.message.type === "ENRP_PRESENCE");
  assert.equal(result.message.checksum, 0x2ed1);
  assert.equal(hex(enrp.encode(result.message)), hex(bytes) + "0000");
});

Deno.test(
  "RFC 5354 §3.16: The Opaque Transport Data is an arbitrary byte string of (Length - 4) bytes",
  () => {
    const opaque = tlv(0x10, "00010203 ff");
    const bytes = registration(`0000d001 00000000 0000012c ${opaque}000000 ${ROUND_ROBIN}`);
    assert.deepEqual(elementIn(bytes).transport, {
      protocol: "opaque",
      data: bytesOf("00010203ff"),
    });
  },
);
