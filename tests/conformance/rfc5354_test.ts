/**
 * RFC 5354: what is written about parameters and messages in general, sentence by sentence.
 * Messages are written out in hex here, so that nothing of the codec stands on both sides of a
 * comparison.
 */

import assert from "node:assert/strict";
import {
  asap,
  type AsapMessage,
  CAUSE,
  causeName,
  causesToReport,
  DecodeFailure,
  enrp,
  hex,
  MessageSplitter,
  parseHex,
  type PoolElement,
  type Transport,
} from "../../lib/wire/mod.ts";

const rfc = (name: string, body: () => void) => Deno.test(`RFC 5354 ${name}`, body);

/** Bytes of hex in groups. */
function bytesOf(...groups: string[]): Uint8Array {
  return parseHex(groups.join("").replaceAll(" ", ""));
}

function word(value: number): string {
  return value.toString(16).padStart(4, "0");
}

/** A message, or a parameter, around a value whose last padding it does not count. */
function message(type: number, value: string, flags = 0): Uint8Array {
  const digits = value.replaceAll(" ", "");
  return bytesOf(word(type << 8 | flags), word(4 + digits.length / 2), digits);
}

function tlv(type: number, value: string): string {
  const digits = value.replaceAll(" ", "");
  return word(type) + word(4 + digits.length / 2) + digits;
}

const WEB = "00090007 77656200";
const IPV4 = "00010008 c000020a";
const TCP = tlv(0x5, `0050 0000 ${IPV4}`);
const ROUND_ROBIN = "00080008 00000001";
const ELEMENT = `0000d001 00000000 0000012c ${TCP}${ROUND_ROBIN}`;

function registration(element: string): Uint8Array {
  return message(0x01, `${WEB} ${tlv(0xa, element)}`);
}

function decoded(bytes: Uint8Array): AsapMessage {
  const result = asap.decode(bytes);
  assert(result.ok, result instanceof DecodeFailure ? result.detail : "");
  return result.message;
}

function elementIn(bytes: Uint8Array): PoolElement {
  const result = decoded(bytes);
  assert(result.type === "ASAP_REGISTRATION");
  return result.poolElement;
}

function failure(bytes: Uint8Array): DecodeFailure {
  const result = asap.decode(bytes);
  assert(!result.ok, "it was decoded");
  return result;
}

function invalid(bytes: Uint8Array, offendingTlv: string): void {
  const { cause, report, offendingTlv: tlv } = failure(bytes);
  assert.equal(cause, CAUSE.invalidValues);
  assert.equal(report, true);
  assert.equal(hex(tlv), offendingTlv.replaceAll(" ", ""));
}

/** A cookie is the plainest of messages: one parameter of any bytes. */
function cookie(value: string): AsapMessage {
  return { type: "ASAP_COOKIE", cookie: bytesOf(value) };
}

function withTransport(transport: Transport): AsapMessage {
  const policy = { name: "round-robin" } as const;
  const poolElement = { identifier: 0xd001, home: 0, registrationLife: 300, transport, policy };
  return { type: "ASAP_REGISTRATION", poolHandle: "web", poolElement };
}

rfc("§2: All parameters described below MUST be in network byte order", () => {
  const addresses = ["192.0.2.10"];
  const encoded = asap.encode(withTransport({ protocol: "tcp", port: 80, use: 0, addresses }));
  assert.equal(hex(encoded), hex(registration(ELEMENT)));
});

rfc(
  "§2: a nested parameter will include the length of the padding between the nested parameters " +
    "but not the last padding",
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

rfc("§3: It takes a value of 0 to 65534. The value of 65535 is reserved", () => {
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
  rfc(`§3: 00 Stop processing this ENRP or ASAP message and discard it (${place})`, () => {
    const { cause, report, messageType } = failure(around("0123 0008 61626364"));
    assert.equal(cause, CAUSE.unrecognizedParameter);
    assert.equal(report, false);
    assert.equal(messageType, "ASAP_REGISTRATION");
  });

  rfc(`§3: 01 Stop processing …, and report the unrecognized parameter (${place})`, () => {
    const { cause, report, offendingTlv } = failure(around("4123 0008 61626364"));
    assert.equal(cause, CAUSE.unrecognizedParameter);
    assert.equal(report, true);
    assert.equal(hex(offendingTlv), "4123000861626364");
  });

  rfc(`§3: 10 Skip this parameter and continue processing (${place})`, () => {
    const result = asap.decode(around("8123 0008 61626364"));
    assert(result.ok);
    assert.deepEqual(result.message, decoded(registration(ELEMENT)));
    assert.deepEqual(result.unrecognized, []);
  });

  rfc(`§3: 11 Skip this parameter and continue processing, but report (${place})`, () => {
    const result = asap.decode(around("c123 0005 61000000"));
    assert(result.ok);
    assert.deepEqual(result.message, decoded(registration(ELEMENT)));
    assert.deepEqual(result.unrecognized.map(hex), ["c123000561"]);
  });
}

rfc(
  "§3: a parameter with a zero-length Parameter Value field would have a Length field of 4",
  () => {
    assert.equal(hex(asap.encode(cookie(""))), "0b000008 000d0004".replace(" ", ""));
    assert.deepEqual(decoded(bytesOf("0b000008 000d0004")), cookie(""));
    for (const length of [0, 1, 2, 3]) {
      invalid(bytesOf("0b000008 000d", word(length)), `000d${word(length)}`);
    }
  },
);

rfc("§3: The total length of a parameter … MUST be a multiple of 4 bytes … pad … all zero", () => {
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
});

rfc("§3: The length of this padding is not included in the Parameter Length field", () => {
  const keepAliveAck = message(0x08, `${WEB} 000e0008 0000d001`);
  assert.equal(keepAliveAck.length, 20);
  const value = { poolHandle: "web", peIdentifier: 0xd001 };
  assert.deepEqual(decoded(keepAliveAck), { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", ...value });
});

rfc("§3: A sender MUST NOT pad with more than 3 bytes", () => {
  // Four bytes more are no padding, but the header of a parameter: here of the reserved type 0.
  assert.equal(failure(bytesOf("0b00000c 000d0004 00000000")).cause, CAUSE.invalidValues);
  assert.equal(failure(bytesOf("0b000008 000d0004 00")).cause, CAUSE.invalidValues);
});

rfc("§3: The receiver MUST ignore the padding bytes", () => {
  const expected = decoded(message(0x08, `${WEB} 000e0008 0000d001`));
  assert.deepEqual(decoded(message(0x08, "00090007 776562ff 000e0008 0000d001")), expected);
});

rfc("§3: a parameter longer than what encloses it is reported with the rest of that", () => {
  invalid(bytesOf("0b00000c 000d0009 01020304"), "000d0009 01020304");
  invalid(registration("0000d001 00000000 0000012c 00050fff 00500000"), "00050fff 00500000");
});

rfc("§3: too few bytes for a header are reported with what encloses them", () => {
  invalid(bytesOf("0b00000a 000d0004 000d"), "0b00000a 000d0004 000d");
  const short = tlv(0x5, "0050 0000 000100");
  invalid(registration(`0000d001 00000000 0000012c ${short}`), short);
});

rfc("§3.1: IPv4 Address: Length = 0x8 … It is binary encoded", () => {
  const [before, after] = ["0000d001 00000000 0000012c", ROUND_ROBIN];
  const { transport } = elementIn(registration(ELEMENT));
  assert.deepEqual(transport, { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] });
  for (const address of ["00010007 c0000200", "0001000c c000020a 80000004", "00010004"]) {
    const wrong = tlv(0x5, `0050 0000 ${address}`);
    const bytes = registration(`${before} ${wrong} ${after}`);
    assert.equal(failure(bytes).cause, CAUSE.invalidValues);
  }
});

rfc("§3.2: IPv6 Address: Length = 0x14 … It is binary encoded", () => {
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

/** §3.3 to §3.7: number, the fields before the address, and the value. */
const TRANSPORTS: readonly (readonly [string, number, string, Transport])[] = [
  ["§3.3: DCCP", 0x3, "0050 0000 44495343", {
    protocol: "dccp",
    port: 80,
    use: 0,
    serviceCode: 0x44495343,
    addresses: ["192.0.2.10"],
  }],
  ["§3.5: TCP", 0x5, "0050 0000", {
    protocol: "tcp",
    port: 80,
    use: 0,
    addresses: ["192.0.2.10"],
  }],
  ["§3.6: UDP", 0x6, "0050 0000", {
    protocol: "udp",
    port: 80,
    use: 0,
    addresses: ["192.0.2.10"],
  }],
  ["§3.7: UDP-Lite", 0x7, "0050 0000", {
    protocol: "udp-lite",
    port: 80,
    use: 0,
    addresses: ["192.0.2.10"],
  }],
];

for (const [name, type, fields, value] of TRANSPORTS) {
  const around = (addresses: string) =>
    registration(
      `0000d001 00000000 0000012c ${tlv(type, fields + addresses)} ${ROUND_ROBIN}`,
    );

  rfc(`${name} Transport: port, reserved bits and the address`, () => {
    assert.deepEqual(elementIn(around(IPV4)).transport, value);
    assert.equal(hex(asap.encode(withTransport(value))), hex(around(IPV4)));
  });

  rfc(`${name} Transport: only one IP address parameter can be present`, () => {
    invalid(around(IPV4 + IPV4), tlv(type, fields + IPV4 + IPV4));
    invalid(around(""), tlv(type, fields));
  });
}

rfc("§3.4: SCTP Transport may have a mixed list of IPv4 and IPv6 addresses", () => {
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

rfc("§3.4: at least one IP address parameter MUST be present in an SCTP Transport", () => {
  const empty = tlv(0x4, "0f17 0001");
  invalid(registration(`0000d001 00000000 0000012c ${empty} ${ROUND_ROBIN}`), empty);
});

rfc(
  "§3.8: All pool member selection policies … MUST use the following general parameter format",
  () => {
    const future = tlv(0x8, "7fffffff 0102030405");
    const { policy } = elementIn(registration(`0000d001 00000000 0000012c ${TCP} ${future}`));
    const data = bytesOf("0102030405");
    assert.deepEqual(policy, { name: "unknown", policyType: 0x7fffffff, data });
  },
);

rfc("§3.9: Pool Handle: Defined as a sequence of (Length - 4) bytes", () => {
  const resolution = decoded(message(0x05, tlv(0x9, "0077ff")));
  assert.deepEqual(resolution, {
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "hex:0077ff",
  });
});

rfc(
  "§3.10: Registration Life … (signed integer) … A value of -1 indicates infinite lifetime",
  () => {
    const bytes = registration(`0000d001 00000000 ffffffff ${TCP} ${ROUND_ROBIN}`);
    assert.equal(elementIn(bytes).registrationLife, -1);
    assert.equal(elementIn(registration(ELEMENT)).registrationLife, 300);
  },
);

rfc("§3.10: A PE MUST have one and only one User Transport", () => {
  const two = `0000d001 00000000 0000012c ${TCP} ${TCP} ${ROUND_ROBIN}`;
  invalid(registration(two), TCP);
  const none = `0000d001 00000000 0000012c ${ROUND_ROBIN}`;
  invalid(registration(none), ROUND_ROBIN);
});

rfc("§3.10: Member Selection Policy: contains one of the … policy parameters", () => {
  const none = tlv(0xa, `0000d001 00000000 0000012c ${TCP}`);
  invalid(message(0x01, `${WEB} ${none}`), none);
  invalid(registration(`${ELEMENT} ${ROUND_ROBIN}`), ROUND_ROBIN);
});

rfc("§3.10: ASAP Transport … MUST be an SCTP type (deviation: TCP type, decision 25)", () => {
  const sctp = tlv(0x4, `0f17 0000 ${IPV4}`);
  assert.equal(elementIn(registration(ELEMENT + sctp)).asapTransport?.protocol, "sctp");
  assert.equal(elementIn(registration(ELEMENT + TCP)).asapTransport?.protocol, "tcp");
  assert.equal("asapTransport" in elementIn(registration(ELEMENT)), false);
});

rfc("§3.11: Server Information: Server ID and Server Transport", () => {
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

rfc("§3.12: Operation Error: one or more Error Causes", () => {
  const bytes = message(0x0e, tlv(0xc, "0003 0006 aabb0000 f008 0004 0009 0007 010203"));
  const causes = [
    { code: 0x3, information: bytesOf("aabb") },
    { code: 0xf008, information: bytesOf("") },
    { code: 0x9, information: bytesOf("010203") },
  ];
  assert.deepEqual(decoded(bytes), { type: "ASAP_ERROR", causes });
  assert.equal(hex(asap.encode({ type: "ASAP_ERROR", causes })), hex(bytes) + "00");
  const response = message(0x03, `${WEB} 000e0008 0000d001 000c0004`, 1);
  invalid(response, "000c0004");
});

rfc("§3.12: Cause Length: … not including any padding at the end of this error cause TLV", () => {
  const wrong = tlv(0xc, "0003 0003");
  invalid(message(0x03, `${WEB} 000e0008 0000d001 ${wrong}`, 1), wrong);
  const long = tlv(0xc, "0003 0009 01020304");
  invalid(message(0x03, `${WEB} 000e0008 0000d001 ${long}`, 1), long);
});

rfc("§3.12, Table 2: the cause codes and their names", () => {
  const names = [
    "Unspecified Error",
    "Unrecognized Parameter",
    "Unrecognized Message",
    "Invalid Values",
    "Non-unique PE Identifier",
    "Inconsistent Pooling Policy",
    "Lack of Resources",
    "Inconsistent Transport Type",
    "Inconsistent Data/Control Configuration",
    "Unknown Pool Handle",
    "Rejected due to security considerations",
  ];
  assert.deepEqual(Object.values(CAUSE), [...names.keys()]);
  assert.deepEqual(names.map((_, code) => causeName(code)), names);
});

rfc(
  "§3.12.2: The complete, unrecognized parameter TLV is included (cut to 256, decision 24)",
  () => {
    const unknown = tlv(0xc123, "61".repeat(300));
    const result = asap.decode(message(0x0b, `${tlv(0xd, "")} ${unknown}`));
    assert(result.ok);
    const [cause] = causesToReport(result);
    assert.equal(cause?.code, CAUSE.unrecognizedParameter);
    assert.equal(hex(cause.information), unknown.slice(0, 2 * 256));
  },
);

rfc(
  "§3.12.2: If a message contains multiple unrecognized parameters, multiple error causes",
  () => {
    const result = asap.decode(
      message(0x0b, `c1110004 ${tlv(0xd, "")} c2220004 81110004 c3330004`),
    );
    const information = (causes: readonly { readonly information: Uint8Array }[]) =>
      causes.map((cause) => hex(cause.information));
    assert.deepEqual(information(causesToReport(result)), ["c1110004", "c2220004", "c3330004"]);
    const stopped = failure(message(0x0b, `c1110004 ${tlv(0xd, "")} c2220004 41110004 c3330004`));
    assert.deepEqual(information(causesToReport(stopped)), ["c1110004", "c2220004", "41110004"]);
    const silent = failure(message(0x0b, `c1110004 ${tlv(0xd, "")} 01110004 c3330004`));
    assert.deepEqual(information(causesToReport(silent)), ["c1110004"]);
  },
);

rfc("§3.12.2: thousands of them are reported by eight causes", () => {
  const result = asap.decode(message(0x0b, tlv(0xd, "") + "c1230004".repeat(10_000)));
  assert.equal(causesToReport(result).length, 8);
});

rfc("§3.12.3: The unrecognized message TLV is included as cause-specific information", () => {
  const [cause] = causesToReport(asap.decode(bytesOf("7f000008 01020304")));
  assert.equal(cause?.code, CAUSE.unrecognizedMessage);
  assert.equal(hex(cause.information), "7f00000801020304");
});

rfc("§3.12.4: The offending TLV that contains the invalid value(s) is included", () => {
  const short = tlv(0xe, "0000d0");
  const [cause] = causesToReport(asap.decode(message(0x02, `${WEB} ${short}`)));
  assert.equal(cause?.code, CAUSE.invalidValues);
  assert.equal(hex(cause.information), short);
});

rfc("§3.13: The Cookie is an arbitrary byte string of (Length - 4) bytes", () => {
  const any = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0")).join("");
  assert.deepEqual(decoded(message(0x0c, tlv(0xd, any))), {
    type: "ASAP_COOKIE_ECHO",
    cookie: bytesOf(any),
  });
});

rfc("§3.14: PE Identifier: Length=0x8 … 32 bits (unsigned integer)", () => {
  const type = "ASAP_DEREGISTRATION";
  const expected = { type, poolHandle: "web", peIdentifier: 0xffffffff };
  assert.deepEqual(decoded(message(0x02, `${WEB} 000e0008 ffffffff`)), expected);
  assert.equal(failure(message(0x02, `${WEB} 000e000c ffffffff 00000000`)).cause, 0x3);
});

rfc("§3.15: PE Checksum: Length=0x6, 16 bits and padding", () => {
  const bytes = message(0x01, "00c0ffee 00000000 000f0006 2ed1");
  const result = enrp.decode(bytes);
  assert(result.ok && result.message.type === "ENRP_PRESENCE");
  assert.equal(result.message.checksum, 0x2ed1);
  assert.equal(hex(enrp.encode(result.message)), hex(bytes) + "0000");
});

rfc("§3.16: The Opaque Transport Data is an arbitrary byte string of (Length - 4) bytes", () => {
  const opaque = tlv(0x10, "00010203 ff");
  const bytes = registration(`0000d001 00000000 0000012c ${opaque}000000 ${ROUND_ROBIN}`);
  assert.deepEqual(elementIn(bytes).transport, { protocol: "opaque", data: bytesOf("00010203ff") });
});

rfc("§4: 00 Stop processing this message and discard it", () => {
  for (const type of [0x00, 0x0f, 0x3f]) {
    const { cause, report } = failure(bytesOf(word(type << 8), "0004"));
    assert.equal(cause, CAUSE.unrecognizedMessage);
    assert.equal(report, false);
  }
});

rfc(
  "§4: 01 Stop processing this message and discard it, and report the unrecognized message",
  () => {
    for (const type of [0x40, 0x7f]) {
      assert.equal(failure(bytesOf(word(type << 8), "0004")).report, true);
    }
  },
);

rfc("§4: 10 Reserved. 11 Reserved (both are discarded silently, decision 24)", () => {
  for (const type of [0x80, 0xbf, 0xc0, 0xfe]) {
    const silent = failure(bytesOf(word(type << 8), "0004"));
    assert.equal(silent.cause, CAUSE.unrecognizedMessage);
    assert.deepEqual(causesToReport(silent), []);
  }
});

rfc("§4: It takes a value from 0 to 254. The value of 255 is reserved for future use", () => {
  assert.deepEqual(causesToReport(failure(bytesOf("ff000004"))), []);
});

rfc("§4: flags: Unless otherwise specified, they are … ignored on receipt", () => {
  const plain = decoded(message(0x05, WEB));
  assert.deepEqual(decoded(message(0x05, WEB, 0xfe)), plain);
  assert.deepEqual(decoded(message(0x05, WEB, 0xff)), { ...plain, dynamicUpdates: true });
  assert.deepEqual(decoded(message(0x0b, tlv(0xd, "01020304"), 0xff)), cookie("01020304"));
});

rfc("§4: flags: Unless otherwise specified, they are set to zero on transmit", () => {
  const flagged = decoded(message(0x05, WEB, 0xff));
  assert.equal(asap.encode(flagged)[1], 0x01);
  assert.equal(asap.encode(cookie("01020304"))[1], 0x00);
});

rfc("§4: if the Message Value field is zero length, the Length field will be set to 4", () => {
  const results = [...new MessageSplitter().split(bytesOf("0f000004 0f000004"))];
  assert.deepEqual(results.map(({ kind }) => kind), ["message", "message"]);
  assert.equal(failure(bytesOf("0b000004")).detail, "Cookie is missing");
});

rfc("§4: the value in the Message Length field will NOT cover any padding at the end", () => {
  const encoded = asap.encode(cookie("0102030405"));
  assert.equal(hex(encoded), "0b00000d 000d0009 01020304 05000000".replaceAll(" ", ""));
});

rfc("§4: (rsplib's Message Length covers the padding: both are taken)", () => {
  const covered = bytesOf("0b000010 000d0009 01020304 05000000");
  assert.deepEqual(decoded(covered), cookie("0102030405"));
});

rfc("§4: The receiver MUST ignore the padding bytes", () => {
  assert.deepEqual(decoded(bytesOf("0b00000d 000d0009 01020304 05ffffff")), cookie("0102030405"));
});

rfc("§4: an error message is never answered with an error (decision 24)", () => {
  const skipped = asap.decode(message(0x0e, `${tlv(0xc, "0009 0004")} c1230004`));
  assert(skipped.ok);
  assert.deepEqual(causesToReport(skipped), []);
  for (const value of ["", "000c0004", "41230004", tlv(0xc, "0009 0003")]) {
    assert.deepEqual(causesToReport(failure(message(0x0e, value))), []);
  }
  const enrpError = enrp.decode(message(0x0a, "00000001 00000002 41230004"));
  assert(!enrpError.ok);
  assert.deepEqual(causesToReport(enrpError), []);
});
