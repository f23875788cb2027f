import assert from "node:assert/strict";
import {
  formatLine,
  Names,
  narrateBytes,
  narrateEvent,
  narrateMessage,
  Transcript,
} from "../../lib/sim/mod.ts";
import { asap, CAUSE, enrp } from "../../lib/wire/mod.ts";

const names = new Names();
names.nameElement(1, "PE#1");
names.nameElement(2, "PE#2");
names.nameRegistrar(9, "R1");
names.nameHost("10.0.0.1", "R1");

const element = {
  identifier: 1,
  home: 9,
  registrationLife: 300,
  transport: { protocol: "tcp", port: 80, use: 0, addresses: ["10.1.0.1"] },
  policy: { name: "least-used", load: 0x80000000 },
} as const;
const none = new Uint8Array();

const LINES: readonly (readonly [Parameters<typeof narrateMessage>[0], string])[] = [
  [
    { type: "ASAP_REGISTRATION", poolHandle: "web", poolElement: element },
    "ASAP_REGISTRATION web/PE#1 10.1.0.1:80/tcp least-used:load=0.5 life=300s asap=none",
  ],
  [
    {
      type: "ASAP_REGISTRATION_RESPONSE",
      reject: true,
      poolHandle: "web",
      peIdentifier: 1,
      causes: [{ code: CAUSE.lackOfResources, information: none }],
    },
    "ASAP_REGISTRATION_RESPONSE web/PE#1 rejected (Lack of Resources)",
  ],
  [
    { type: "ASAP_DEREGISTRATION_RESPONSE", poolHandle: "web", peIdentifier: 3 },
    "ASAP_DEREGISTRATION_RESPONSE web/0x00000003",
  ],
  [
    { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle: "web", items: 3 },
    "ASAP_HANDLE_RESOLUTION web items=3 S",
  ],
  [
    {
      type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
      automaticUpdates: false,
      poolHandle: "web",
      policy: element.policy,
      poolElements: [element, { ...element, identifier: 2 }],
    },
    "ASAP_HANDLE_RESOLUTION_RESPONSE web { PE#1 PE#2 } least-used",
  ],
  [
    {
      type: "ASAP_ENDPOINT_KEEP_ALIVE",
      home: true,
      serverIdentifier: 9,
      poolHandle: "web",
      peIdentifier: 2,
    },
    "ASAP_ENDPOINT_KEEP_ALIVE web/PE#2 server=R1 H",
  ],
  [
    { type: "ASAP_ERROR", causes: [{ code: CAUSE.unrecognizedMessage, information: none }] },
    "ASAP_ERROR (Unrecognized Message)",
  ],
  [{ type: "ASAP_COOKIE", cookie: none }, "ASAP_COOKIE"],
  [
    { type: "ENRP_LIST_RESPONSE", sender: 9, receiver: 0, reject: false, servers: [] },
    "ENRP_LIST_RESPONSE from=R1 to=nobody { }",
  ],
  [
    {
      type: "ENRP_HANDLE_TABLE_RESPONSE",
      sender: 9,
      receiver: 0,
      reject: false,
      moreToSend: true,
      pools: [{ poolHandle: "web", poolElements: [element] }],
    },
    "ENRP_HANDLE_TABLE_RESPONSE from=R1 to=nobody web { PE#1 } M",
  ],
  [
    {
      type: "ENRP_HANDLE_UPDATE",
      sender: 9,
      receiver: 8,
      takeoverSuggestion: false,
      action: 1,
      poolHandle: "web",
      poolElement: element,
    },
    "ENRP_HANDLE_UPDATE from=R1 to=0x00000008 DEL_PE web/PE#1",
  ],
];

Deno.test("a message is told in a line, with the names of whom it is about", () => {
  for (const [message, line] of LINES) {
    assert.equal(narrateMessage(message, names), line);
    const isAsap = message.type.startsWith("ASAP_");
    const bytes = isAsap ? asap.encode(message as never) : enrp.encode(message as never);
    assert.equal(narrateBytes(isAsap ? "ASAP" : "ENRP", bytes, names), line);
  }
});

Deno.test("bytes that are no message are told, too", () => {
  const line = narrateBytes("ASAP", new Uint8Array([0x3f, 0, 0, 4]), names);
  assert.equal(line, "no message, 4 bytes: Message Type 0x3f is unknown");
});

Deno.test("an event is told with all that it says, and without what says nothing", () => {
  const event = {
    type: "rejected",
    association: 4,
    registrar: { host: "10.0.0.1", port: 3863 },
    home: 9,
    identifier: 1,
    first: true,
    late: false,
    detail: "two words",
    reason: "one",
    warnings: [],
    causes: [{ code: CAUSE.invalidValues, information: none }],
    attempts: [{ address: { host: "10.0.0.9", port: 1 }, reason: "refused" }],
    poolElements: [element],
  };
  assert.equal(
    narrateEvent(event, names),
    'rejected registrar=R1 home=R1 identifier=PE#1 first detail="two words" reason=one ' +
      "(Invalid Values) [10.0.0.9:1 refused] { PE#1 }",
  );
});

Deno.test("a transcript keeps its last lines and a digest of all", () => {
  const clock = { now: 0 };
  const make = (words: readonly string[]) => {
    const transcript = new Transcript(clock, 2);
    for (const word of words) transcript.add(word);
    return transcript;
  };
  const transcript = make(["a", "b", "c", "d", "e"]);
  assert.equal(transcript.length, 5);
  assert.equal(transcript.tail(), "    0.000 d\n    0.000 e");
  assert.equal(make(["a", "b", "c", "d", "e"]).digest, transcript.digest);
  assert.notEqual(make(["x", "b", "c", "d", "e"]).digest, transcript.digest);
  clock.now = 1;
  assert.notEqual(make(["a", "b", "c", "d", "e"]).digest, transcript.digest);
  assert.equal(formatLine({ at: 12_345, text: "later" }), "   12.345 later");
});
