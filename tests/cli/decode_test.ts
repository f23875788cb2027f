/** `decode`: every kind of input, both protocols, and what is said of broken bytes. */

import assert from "node:assert/strict";
import { type Given, run, wire } from "./fake_world.ts";

const { asap, enrp, hex } = wire;
const DEREGISTRATION = hex(
  asap.encode({ type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: 7 }),
);
const PRESENCE = hex(enrp.encode({
  type: "ENRP_PRESENCE",
  sender: 1,
  receiver: 2,
  replyRequired: true,
  checksum: 0x1234,
}));
const COOKIE = hex(asap.encode({ type: "ASAP_COOKIE", cookie: new Uint8Array([1, 2, 3]) }));

async function json(line: string | readonly string[], given: Given = {}, code = 0) {
  const argv = typeof line === "string" ? line.split(" ") : line;
  const ran = await run(["decode", "-o", "json", ...argv], given);
  assert.equal(ran.code, code, ran.stderr);
  return ran.stdout.trimEnd().split("\n").map((each) => JSON.parse(each));
}

const DEREGISTRATION_VIEW = {
  valid: true,
  protocol: "ASAP",
  type: "ASAP_DEREGISTRATION",
  flags: [],
  poolHandle: "web",
  peIdentifier: "0x00000007",
};

Deno.test("the contract's example: a registration as JSON", async () => {
  const bytes = asap.encode({
    type: "ASAP_REGISTRATION",
    poolHandle: "CalcAppPool",
    poolElement: {
      identifier: 0xd001,
      home: 0,
      registrationLife: 90000,
      transport: { protocol: "tcp", port: 1, use: 0, addresses: ["192.0.2.1"] },
      policy: { name: "round-robin" },
    },
  });
  const ran = await run(["decode", hex(bytes), "-o", "json"]);
  assert.match(
    ran.stdout,
    /^\{"valid":true,"protocol":"ASAP","type":"ASAP_REGISTRATION","flags":\[\],"poolHandle":/,
  );
  assert.deepEqual(JSON.parse(ran.stdout).poolElement, {
    identifier: "0x0000d001",
    home: "0x00000000",
    registrationLife: 90000,
    transport: { protocol: "tcp", addresses: ["192.0.2.1"], port: 1, use: "data" },
    policy: { name: "round-robin" },
  });
});

Deno.test("an error has its causes by name", async () => {
  const causes = [{ code: 9, information: new Uint8Array([0xab]) }];
  const [view] = await json(hex(asap.encode({ type: "ASAP_ERROR", causes })));
  assert.deepEqual(view.causes, [
    { code: "0x0009", name: "Unknown Pool Handle", information: "ab" },
  ]);
});

Deno.test("hex may be split, prefixed, spaced and in capitals", async () => {
  const pairs = DEREGISTRATION.match(/../g)!;
  const ways: (string | string[])[] = [
    DEREGISTRATION,
    DEREGISTRATION.toUpperCase(),
    `0x${DEREGISTRATION}`,
    pairs.join(":"),
    pairs,
    pairs.map((pair) => `0x${pair}`),
    [pairs.join(" ")],
    [DEREGISTRATION.slice(0, 5), DEREGISTRATION.slice(5)],
  ];
  for (const way of ways) {
    assert.deepEqual(await json(way), [DEREGISTRATION_VIEW]);
  }
});

Deno.test("files and standard input are hex text or raw bytes", async () => {
  const raw = wire.parseHex(DEREGISTRATION);
  const text = `  ${DEREGISTRATION.slice(0, 8)}\n${DEREGISTRATION.slice(8)}\r\n`;
  for (const content of [raw, text, DEREGISTRATION]) {
    assert.deepEqual(await json("@f", { files: { f: content } }), [DEREGISTRATION_VIEW]);
    assert.deepEqual(await json("-", { stdin: content }), [DEREGISTRATION_VIEW]);
    const piped = { stdin: content, stdinIsTerminal: false };
    assert.deepEqual((await run("decode -o json", piped)).code, 0);
  }
  const both = await json(`${DEREGISTRATION} @f`, { files: { f: raw } });
  assert.deepEqual(both, [DEREGISTRATION_VIEW, DEREGISTRATION_VIEW]);
});

Deno.test("the protocol is guessed, or said", async () => {
  assert.equal((await json(PRESENCE))[0].type, "ENRP_PRESENCE");
  assert.equal((await json(COOKIE))[0].protocol, "ASAP");
  // A list request of ENRP has the type of an ASAP_HANDLE_RESOLUTION, and too little for one.
  const list = hex(enrp.encode({ type: "ENRP_LIST_REQUEST", sender: 1, receiver: 2 }));
  assert.equal((await json(list))[0].type, "ENRP_LIST_REQUEST");
  const [view] = await json(`--protocol asap ${list}`, {}, 8);
  assert.equal(view.protocol, "ASAP");
  assert.equal(view.valid, false);
  const { stdout } = await run(`decode ${PRESENCE}`);
  assert.match(stdout, /^ENRP, \d+ bytes \(guessed; else --protocol asap\)\n/);
  const said = await run(`decode --protocol enrp ${PRESENCE}`);
  assert.match(said.stdout, /^ENRP, \d+ bytes\n/);
});

Deno.test("ENRP messages have sender, receiver and target", async () => {
  const message = { type: "ENRP_INIT_TAKEOVER", sender: 1, receiver: 2, target: 3 } as const;
  const [view] = await json(`--protocol enrp ${hex(enrp.encode(message))}`);
  assert.deepEqual([view.sender, view.receiver, view.target], [
    "0x00000001",
    "0x00000002",
    "0x00000003",
  ]);
});

Deno.test("messages that follow each other are one line of JSON each", async () => {
  const views = await json(DEREGISTRATION + COOKIE + PRESENCE);
  assert.deepEqual(views.map(({ type }) => type), [
    "ASAP_DEREGISTRATION",
    "ASAP_COOKIE",
    "ENRP_PRESENCE",
  ]);
  const [first, second] = await json(`${DEREGISTRATION}ff`, {}, 8);
  assert.deepEqual([first.valid, second.valid], [true, false]);
});

Deno.test("for people: annotated hex, in which all bytes stand in their order", async () => {
  const { stdout } = await run(`decode ${DEREGISTRATION}`);
  const [title, ...lines] = stdout.trimEnd().split("\n");
  assert.equal(title, "ASAP, 20 bytes (guessed; else --protocol enrp)");
  assert.match(lines[0]!, /^0000 {2}02 +Message Type = ASAP_DEREGISTRATION/);
  const digits = lines.map((line) => line.slice(6, 29)).join("").replace(/ /g, "");
  assert.equal(digits, DEREGISTRATION);
});

Deno.test("yaml is the JSON", async () => {
  const { parse } = await import("yaml");
  const { stdout } = await run(`decode ${DEREGISTRATION} -o yaml`);
  assert.deepEqual(parse(stdout), DEREGISTRATION_VIEW);
});

Deno.test("broken bytes are exit 8, with cause, offset and what could be read", async () => {
  const [view] = await json(DEREGISTRATION.slice(0, -8), {}, 8);
  assert.equal(view.valid, false);
  assert.equal(view.type, "ASAP_DEREGISTRATION");
  assert.equal(view.poolHandle, "web");
  assert.deepEqual(view.cause, { code: "0x0003", name: "Invalid Values" });
  assert.equal(typeof view.offset, "number");
  const { code, stdout, stderr } = await run(`decode ${DEREGISTRATION.slice(0, -8)}`);
  assert.equal(code, 8);
  assert.match(stdout, /Pool Handle = web/);
  assert.match(stderr, /^rserpool: not a valid ASAP_DEREGISTRATION message: .*offset \d+.*\n$/);
});

const NOT_HEX: readonly (readonly [input: string, given: Given, words: RegExp])[] = [
  ["xyz", {}, /not hex: "x" is not a hex digit \(a file is written @FILE\)\n$/],
  ["030", {}, /not hex: the number of digits, 3, is odd/],
  ["0300zz", {}, /not hex: "z" is not a hex digit/],
  ["@f", { files: { f: "03 0g" } }, /not hex: "g" is not a hex digit\n$/],
  ["\x1b[2J", {}, /not hex: "\\u\{1b\}" is not a hex digit/],
];

for (const [input, given, words] of NOT_HEX) {
  Deno.test(`text that is not hex is exit 8: ${JSON.stringify(input)}`, async () => {
    const { code, stdout, stderr } = await run(["decode", input], given);
    assert.deepEqual({ code, stdout }, { code: 8, stdout: "" });
    assert.match(stderr, words);
  });
}

Deno.test("no bytes are no message", async () => {
  for (const given of [{ stdin: "" }, { stdin: " \n" }]) {
    const { code, stderr } = await run("decode -", given);
    assert.equal(code, 8);
    assert.match(stderr, /not a valid ASAP message/);
  }
});

Deno.test("input without end is refused", async () => {
  const files = { f: new Uint8Array((16 << 20) + 1) };
  const { code, stderr } = await run("decode @f", { files });
  assert.equal(code, 2);
  assert.match(stderr, /f has more than 16777216 bytes/);
});
