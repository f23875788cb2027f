import assert from "node:assert/strict";
import { type ControlReader, readControl } from "../../../lib/core/session/control_channel.ts";
import { DEFAULT_LIMITS } from "../../../lib/core/limits.ts";
import {
  asap,
  type AsapMessage,
  CAUSE,
  parseHex,
  type PoolElement,
} from "../../../lib/wire/mod.ts";

const { maxCookieBytes, maxFailoverOrder } = DEFAULT_LIMITS;
const COOKIE = { type: "ASAP_COOKIE", cookie: Uint8Array.of(1, 2, 3) } as const;
const ECHO = { type: "ASAP_COOKIE_ECHO", cookie: Uint8Array.of(1, 2, 3) } as const;
const CARD = { type: "ASAP_BUSINESS_CARD", poolHandle: "web", poolElements: [element(1)] } as const;
const ERROR = {
  type: "ASAP_ERROR",
  causes: [{ code: CAUSE.rejectedDueToSecurityConsiderations, information: new Uint8Array() }],
} as const;

function element(identifier: number): PoolElement {
  return {
    identifier,
    home: 1,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 80, use: 1, addresses: ["127.0.0.1"] },
    policy: { name: "round-robin" },
  };
}

function read(message: AsapMessage, reader: ControlReader) {
  return readControl(asap.encode(message), reader, DEFAULT_LIMITS);
}

Deno.test("a user takes cookies, cards and errors; an element echoes, cards and errors", () => {
  for (const message of [COOKIE, CARD, ERROR]) {
    assert.equal(read(message, "user").message?.type, message.type);
    assert.deepEqual(read(message, "user").causes, []);
  }
  for (const message of [ECHO, CARD, ERROR]) {
    assert.equal(read(message, "element").message?.type, message.type);
    assert.deepEqual(read(message, "element").causes, []);
  }
});

Deno.test("what is for the other side, or for registrars, is answered and changes nothing", () => {
  const others: AsapMessage = {
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "web",
  };
  for (
    const [message, reader] of [[ECHO, "user"], [COOKIE, "element"], [others, "user"]] as const
  ) {
    const { message: accepted, discarded, causes } = read(message, reader);
    assert.equal(accepted, undefined);
    assert.equal(discarded?.messageType, message.type);
    assert.deepEqual(causes, [{
      code: CAUSE.unrecognizedMessage,
      information: asap.encode(message).slice(0, 256),
    }]);
  }
});

Deno.test("bytes that are no message are answered as their action bits say", () => {
  const answered = readControl(parseHex("7f000004"), "user", DEFAULT_LIMITS);
  assert.equal(answered.discarded?.messageType, "unknown");
  assert.deepEqual(answered.causes.map(({ code }) => code), [CAUSE.unrecognizedMessage]);
  assert.deepEqual(readControl(parseHex("3f000004"), "user", DEFAULT_LIMITS).causes, []);
  const noCookie = readControl(parseHex("0b000004"), "user", DEFAULT_LIMITS);
  assert.equal(noCookie.message, undefined);
  assert.equal(noCookie.causes.length, 1);
});

Deno.test("a parameter that is to be reported is, and its message counts", () => {
  const { message, causes } = readControl(
    parseHex("0b00000c" + "000d0004" + "c1230004"),
    "user",
    DEFAULT_LIMITS,
  );
  assert.equal(message?.type, "ASAP_COOKIE");
  assert.deepEqual(causes.map(({ code }) => code), [CAUSE.unrecognizedParameter]);
});

Deno.test("an error is never answered, whatever is wrong with it", () => {
  const broken = ["0e000004", "0e00000c" + "000c0004" + "c1230004", "0e000008" + "000c0005"];
  for (const hex of broken) {
    for (const reader of ["user", "element"] as const) {
      assert.deepEqual(readControl(parseHex(hex), reader, DEFAULT_LIMITS).causes, [], hex);
    }
  }
});

Deno.test("maxCookieBytes: the longest cookie is taken, a longer one is refused", () => {
  const longest = { ...COOKIE, cookie: new Uint8Array(maxCookieBytes) };
  assert.equal(read(longest, "user").message?.type, "ASAP_COOKIE");
  const tooLong = read({ ...COOKIE, cookie: new Uint8Array(maxCookieBytes + 1) }, "user");
  assert.equal(tooLong.message, undefined);
  assert.match(tooLong.discarded!.why, /8193 bytes, of 8192 at most/);
  assert.deepEqual(tooLong.causes.map(({ code }) => code), [CAUSE.invalidValues]);
  assert.equal(tooLong.causes[0]!.information.length, 256);
});

Deno.test("maxFailoverOrder: of a longer card, the first elements are remembered", () => {
  const all = Array.from({ length: maxFailoverOrder + 1 }, (_, i) => element(i + 1));
  for (const reader of ["user", "element"] as const) {
    const { message } = read({ ...CARD, poolElements: all }, reader);
    assert(message?.type === "ASAP_BUSINESS_CARD");
    const identifiers = message.poolElements.map(({ identifier }) => identifier);
    assert.deepEqual(identifiers, all.slice(0, maxFailoverOrder).map((each) => each.identifier));
  }
});
