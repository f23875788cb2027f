/** RFC 5354 §3.12 and §4: what is written about errors and messages, sentence by sentence. */

import assert from "node:assert/strict";
import {
  asap,
  CAUSE,
  causeName,
  causesToReport,
  enrp,
  hex,
  MessageSplitter,
} from "../../lib/wire/mod.ts";
import {
  bytesOf,
  cookie,
  decoded,
  failure,
  invalid,
  message,
  tlv,
  WEB,
  word,
} from "./hex_messages.ts";
import { MAX_UNRECOGNIZED_REPORTED } from "../../lib/wire/limits.ts";

Deno.test("RFC 5354 §3.12: Operation Error: one or more Error Causes", () => {
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

Deno.test(
  "RFC 5354 §3.12: Cause Length: … not including any padding at the end of this error cause TLV",
  () => {
    const wrong = tlv(0xc, "0003 0003");
    invalid(message(0x03, `${WEB} 000e0008 0000d001 ${wrong}`, 1), wrong);
    const long = tlv(0xc, "0003 0009 01020304");
    invalid(message(0x03, `${WEB} 000e0008 0000d001 ${long}`, 1), long);
  },
);

Deno.test("RFC 5354 §3.12, Table 2: the cause codes and their names", () => {
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

Deno.test(
  "RFC 5354 §3.12.2: The complete, unrecognized parameter TLV is included " +
    "(cut to 256 bytes, decision 24)",
  () => {
    const unknown = tlv(0xc123, "61".repeat(300));
    const result = asap.decode(message(0x0b, `${tlv(0xd, "")} ${unknown}`));
    assert(result.ok);
    const [cause] = causesToReport(result);
    assert.equal(cause?.code, CAUSE.unrecognizedParameter);
    assert.equal(hex(cause.information), unknown.slice(0, 2 * 256));
  },
);

Deno.test(
  "RFC 5354 §3.12.2: If a message contains multiple unrecognized parameters, multiple error causes",
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

Deno.test("RFC 5354 §3.12.2: thousands of them are reported by eight causes", () => {
  const result = asap.decode(message(0x0b, tlv(0xd, "") + "c1230004".repeat(10_000)));
  assert.equal(causesToReport(result).length, MAX_UNRECOGNIZED_REPORTED);
  assert.equal(MAX_UNRECOGNIZED_REPORTED, 8);
});

Deno.test(
  "RFC 5354 §3.12.3: The unrecognized message TLV is included as cause-specific information",
  () => {
    const [cause] = causesToReport(asap.decode(bytesOf("7f000008 01020304")));
    assert.equal(cause?.code, CAUSE.unrecognizedMessage);
    assert.equal(hex(cause.information), "7f00000801020304");
  },
);

Deno.test(
  "RFC 5354 §3.12.4: The offending TLV that contains the invalid value(s) is included",
  () => {
    const short = tlv(0xe, "0000d0");
    const [cause] = causesToReport(asap.decode(message(0x02, `${WEB} ${short}`)));
    assert.equal(cause?.code, CAUSE.invalidValues);
    assert.equal(hex(cause.information), short);
  },
);

Deno.test("RFC 5354 §4: 00 Stop processing this message and discard it", () => {
  for (const type of [0x00, 0x0f, 0x3f]) {
    const { cause, report } = failure(bytesOf(word(type << 8), "0004"));
    assert.equal(cause, CAUSE.unrecognizedMessage);
    assert.equal(report, false);
  }
});

Deno.test(
  "RFC 5354 §4: 01 Stop processing this message and discard it, " +
    "and report the unrecognized message",
  () => {
    for (const type of [0x40, 0x7f]) {
      assert.equal(failure(bytesOf(word(type << 8), "0004")).report, true);
    }
  },
);

Deno.test(
  "RFC 5354 §4: 10 Reserved. 11 Reserved (both are discarded silently, decision 24)",
  () => {
    for (const type of [0x80, 0xbf, 0xc0, 0xfe]) {
      const silent = failure(bytesOf(word(type << 8), "0004"));
      assert.equal(silent.cause, CAUSE.unrecognizedMessage);
      assert.deepEqual(causesToReport(silent), []);
    }
  },
);

Deno.test(
  "RFC 5354 §4: It takes a value from 0 to 254. The value of 255 is reserved for future use",
  () => {
    assert.deepEqual(causesToReport(failure(bytesOf("ff000004"))), []);
  },
);

Deno.test("RFC 5354 §4: flags: Unless otherwise specified, they are … ignored on receipt", () => {
  const plain = decoded(message(0x05, WEB));
  assert.deepEqual(decoded(message(0x05, WEB, 0xfe)), plain);
  assert.deepEqual(decoded(message(0x05, WEB, 0xff)), { ...plain, dynamicUpdates: true });
  assert.deepEqual(decoded(message(0x0b, tlv(0xd, "01020304"), 0xff)), cookie("01020304"));
});

Deno.test(
  "RFC 5354 §4: flags: Unless otherwise specified, they are set to zero on transmit",
  () => {
    const flagged = decoded(message(0x05, WEB, 0xff));
    assert.equal(asap.encode(flagged)[1], 0x01);
    assert.equal(asap.encode(cookie("01020304"))[1], 0x00);
  },
);

Deno.test(
  "RFC 5354 §4: if the Message Value field is zero length, the Length field will be set to 4",
  () => {
    const results = [...new MessageSplitter().split(bytesOf("0f000004 0f000004"))];
    assert.deepEqual(results.map(({ kind }) => kind), ["message", "message"]);
    assert.equal(failure(bytesOf("0b000004")).detail, "Cookie is missing");
  },
);

Deno.test(
  "RFC 5354 §4: the value in the Message Length field will NOT cover any padding at the end",
  () => {
    const encoded = asap.encode(cookie("0102030405"));
    assert.equal(hex(encoded), "0b00000d 000d0009 01020304 05000000".replaceAll(" ", ""));
  },
);

Deno.test("RFC 5354 §4: (rsplib's Message Length covers the padding: both are taken)", () => {
  const covered = bytesOf("0b000010 000d0009 01020304 05000000");
  assert.deepEqual(decoded(covered), cookie("0102030405"));
});

Deno.test("RFC 5354 §4: The receiver MUST ignore the padding bytes", () => {
  assert.deepEqual(decoded(bytesOf("0b00000d 000d0009 01020304 05ffffff")), cookie("0102030405"));
});

Deno.test("RFC 5354 §4: an error message is never answered with an error (decision 24)", () => {
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
