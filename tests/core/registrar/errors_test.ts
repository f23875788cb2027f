/** What cannot be understood, and what means nothing to a registrar. RFC 5354 §3 and §4. */
import assert from "node:assert/strict";
import type { Message, ProtocolName } from "../../../lib/core/mod.ts";
import { CAUSE, parseHex, type PoolElement } from "../../../lib/wire/mod.ts";
import { codes, element, World } from "./registrar_world.ts";

Deno.test("unknown message types are reported if their action bits are 01 only", () => {
  for (
    const [type, reported] of [["3f", false], ["7f", true], ["bf", false], ["ff", false]] as const
  ) {
    for (const protocol of ["ASAP", "ENRP"] as const) {
      const world = new World();
      const client = world.connect("192.0.2.10", { protocol });
      client.sendBytes(parseHex(`${type}000004`));
      assert.equal(client.received.length, reported ? 1 : 0, `${protocol} ${type}`);
      const [event] = world.told("undecodable");
      assert.deepEqual([event?.cause, event?.reported], [CAUSE.unrecognizedMessage, reported]);
    }
  }
});

Deno.test(
  "unknown parameters are skipped or end the message, and are reported, " +
    "by their bits",
  () => {
    // An ASAP_HANDLE_RESOLUTION of "web" with an unknown parameter before or instead of the handle.
    const cases = [
      ["3fff", false, false],
      ["7fff", false, true],
      ["bfff", true, false],
      ["ffff", true, true],
    ] as const;
    for (const [type, answered, reported] of cases) {
      const client = new World().connect().registered("web", element(1));
      client.sendBytes(parseHex(`05000010${type}00040009000777656200`));
      const types = client.received.map((message) => message.type);
      assert.deepEqual(types, [
        ...(answered ? ["ASAP_HANDLE_RESOLUTION_RESPONSE"] : []),
        ...(reported ? ["ASAP_ERROR"] : []),
      ], type);
      const error = client.received.find((message) => message.type === "ASAP_ERROR");
      if (reported) {
        assert(error?.type === "ASAP_ERROR");
        assert.deepEqual(error.causes, [
          { code: CAUSE.unrecognizedParameter, information: parseHex(`${type}0004`) },
        ]);
      }
    }
  },
);

Deno.test("several unrecognized parameters of one message are several causes of one error", () => {
  const world = new World();
  const client = world.connect();
  client.sendBytes(parseHex("05000014c0010004c002000400090007" + "77656200"));
  client.take("ASAP_HANDLE_RESOLUTION_RESPONSE");
  const { causes } = client.take("ASAP_ERROR");
  assert.deepEqual(codes(causes), [CAUSE.unrecognizedParameter, CAUSE.unrecognizedParameter]);
  assert.equal(world.told("unrecognized-parameters")[0]?.count, 2);
});

Deno.test("unrecognized parameters of an ENRP message are reported to its sender", () => {
  const client = new World().peer(0xbad);
  client.sendBytes(parseHex("0500001000000bad00000000c0010004"));
  client.take("ENRP_LIST_RESPONSE");
  assert.equal(client.take("ENRP_ERROR").receiver, 0xbad);
  // Of an undecodable one, too, if that was reached.
  client.sendBytes(parseHex("0500001000000bad0000000070010004"));
  assert.equal(client.take("ENRP_ERROR").receiver, 0xbad);
});

Deno.test("error messages are never answered with an error, whatever is in them", () => {
  const asap = ["0e00000c000c0008000900040", "0e000004", "0e000010000c000800090004c0010004"];
  const enrp = ["0a000014000000010000000000" + "0c000800000004", "0a000004"];
  for (const [protocol, messages] of [["ASAP", asap], ["ENRP", enrp]] as const) {
    const world = new World();
    const client = protocol === "ASAP" ? world.connect() : world.peer(1);
    for (const message of messages) {
      client.sendBytes(parseHex(message.slice(0, message.length & ~7)));
    }
    assert.deepEqual(client.received, [], protocol);
  }
});

Deno.test("an error that comes is told with its causes", () => {
  const world = new World();
  const causes = [{ code: CAUSE.unrecognizedMessage, information: new Uint8Array([1, 2, 3, 4]) }];
  world.connect().send({ type: "ASAP_ERROR", causes });
  world.observer().send({ type: "ENRP_ERROR", sender: 1, receiver: 0, causes });
  assert.deepEqual(world.told("error-received").map((each) => each.causes), [causes, causes]);
});

/** What only registrars say to others, or say to registrars that wait for it. */
function strangersMessages(poolElement: PoolElement): Record<ProtocolName, Message[]> {
  const asap: Message[] = [
    { type: "ASAP_REGISTRATION_RESPONSE", reject: false, poolHandle: "web", peIdentifier: 1 },
    { type: "ASAP_DEREGISTRATION_RESPONSE", poolHandle: "web", peIdentifier: 1 },
    {
      type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
      automaticUpdates: false,
      poolHandle: "web",
      poolElements: [poolElement],
    },
    { type: "ASAP_ENDPOINT_KEEP_ALIVE", home: true, serverIdentifier: 1, poolHandle: "web" },
    { type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: 1, transports: [] },
    { type: "ASAP_COOKIE", cookie: new Uint8Array(4) },
    { type: "ASAP_COOKIE_ECHO", cookie: new Uint8Array(4) },
    { type: "ASAP_BUSINESS_CARD", poolHandle: "web", poolElements: [poolElement] },
  ];
  // An observer is no peer (protocol decision 21).
  const between = { sender: 0, receiver: 0 };
  const pools = [{ poolHandle: "web", poolElements: [poolElement] }];
  const table = { type: "ENRP_HANDLE_TABLE_RESPONSE", moreToSend: false, reject: false } as const;
  const enrp: Message[] = [
    { type: "ENRP_PRESENCE", ...between, replyRequired: false },
    { type: "ENRP_LIST_RESPONSE", ...between, reject: false, servers: [] },
    { ...table, ...between, pools },
    { type: "ENRP_INIT_TAKEOVER", ...between, target: 0xbee },
    { type: "ENRP_INIT_TAKEOVER_ACK", ...between, target: 0xbee },
    { type: "ENRP_TAKEOVER_SERVER", ...between, target: 0xbee },
  ];
  return { ASAP: asap, ENRP: enrp };
}

Deno.test(
  "messages that mean nothing to a registrar are discarded, and the " +
    "association goes on",
  () => {
    const world = new World();
    const messages = strangersMessages(element(1));
    for (const protocol of ["ASAP", "ENRP"] as const) {
      const client = world.connect("192.0.2.10", { protocol });
      for (const message of messages[protocol]) client.send(message);
      assert.deepEqual(client.received, []);
      assert(!client.isClosed);
    }
    const discarded = world.told("discarded").map((each) => each.messageType);
    const sent = [...messages.ASAP, ...messages.ENRP].map((message) => message.type);
    assert.deepEqual(discarded, sent);
    assert.deepEqual(codes(world.connect().resolve("web").causes), [CAUSE.unknownPoolHandle]);
    assert.equal(world.statistics().peers, 0);
  },
);

Deno.test(
  "a registration that cannot be read is answered with the error, and nothing is " +
    "registered",
  () => {
    const world = new World();
    const client = world.connect();
    // A TCP Transport with two addresses. RFC 5354 §3.5.
    client.sendBytes(parseHex(
      "0100003c" + "0009000777656200" + "000a0030" + "00000001" + "00000000" + "0000012c" +
        "0005001800500000" + "00010008c000020a" + "00010008c000020b" + "0008000800000001",
    ));
    assert.deepEqual(codes(client.take("ASAP_ERROR").causes), [CAUSE.invalidValues]);
    assert.deepEqual(codes(client.resolve("web").causes), [CAUSE.unknownPoolHandle]);
    assert.equal(world.told("undecodable")[0]?.messageType, "ASAP_REGISTRATION");
  },
);

Deno.test("nothing is reported where the answer was the association's last message", () => {
  const world = new World();
  world.connect().registered("web", element(1, { asapPort: 4000 })).leave();
  const dialled = world.answerDial();
  dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
  dialled.sendBytes(parseHex("02000018" + "0009000777656200" + "c0010004" + "000e000800000001"));
  dialled.take("ASAP_DEREGISTRATION_RESPONSE");
  assert(dialled.isClosed);
  assert.equal(world.told("unrecognized-parameters")[0]?.count, 1);
});
