/** `decode` of captures: every kind of file, link and transport, and what is missing in them. */

import assert from "node:assert/strict";
import { FakeWorld, type Given, run, runIn, wire } from "../fake_world.ts";
import { SAMPLES } from "../../wire/samples.ts";
import {
  end,
  end6,
  ethernet,
  pcap,
  pcapng,
  type PcapSettings,
  RST,
  sctp,
  SYN,
  tcp,
  udp,
} from "./capture_writer.ts";

const { asap, enrp } = wire;
const resolution = (poolHandle: string) =>
  asap.encode({ type: "ASAP_HANDLE_RESOLUTION", poolHandle, dynamicUpdates: false });
const REQUEST = resolution("web");
const REMOVAL = asap.encode({ type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: 7 });
const LIST = enrp.encode({ type: "ENRP_LIST_REQUEST", sender: 1, receiver: 0 });
const [USER, REGISTRAR] = [end(1, 40000), end(2, 3863)];

type View = Record<string, unknown>;

async function decoded(
  file: Uint8Array,
  { code = 0, args = [], given = {} }: { code?: number; args?: string[]; given?: Given } = {},
): Promise<{ views: View[]; stderr: string }> {
  const files = { "a.pcap": file };
  const ran = await run(["decode", "a.pcap", "-o", "ndjson", ...args], { files, ...given });
  assert.equal(ran.code, code, ran.stderr);
  const lines = ran.stdout.split("\n").filter((line) => line !== "");
  return { views: lines.map((line) => JSON.parse(line)), stderr: ran.stderr };
}

const types = ({ views }: { views: View[] }) => views.map(({ type }) => type);

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

const ONE = tcp(USER, REGISTRAR, { sequence: 1, bytes: REQUEST });

for (
  const [name, settings] of Object.entries<PcapSettings>({
    "in this byte order": {},
    "in the other one": { isLittle: false },
    "with nanoseconds": { isNanoseconds: true },
  })
) {
  Deno.test(`pcap ${name}: a message, when it was sent and between whom`, async () => {
    const { views } = await decoded(pcap([ONE], settings));
    assert.deepEqual(views, [{
      packet: 1,
      time: `2023-11-14T22:13:20.${settings.isNanoseconds ? "000000" : "000123"}Z`,
      from: "192.0.2.1:40000",
      to: "192.0.2.2:3863",
      transport: "tcp",
      valid: true,
      protocol: "ASAP",
      type: "ASAP_HANDLE_RESOLUTION",
      flags: [],
      poolHandle: "web",
    }]);
  });
}

for (const isLittle of [true, false]) {
  Deno.test(`pcapng, little-endian ${isLittle}: its unit of time, and none`, async () => {
    const other = tcp(USER, REGISTRAR, { sequence: 1 + REQUEST.length, bytes: REMOVAL });
    const { views } = await decoded(pcapng([ONE, other], { isLittle }));
    // The simple packet at its end is the first one once more, which TCP does not deliver twice.
    assert.deepEqual(views.map(({ time, type }) => [time, type]), [
      ["2023-11-14T22:13:20.000000Z", "ASAP_HANDLE_RESOLUTION"],
      ["2023-11-14T22:13:21.000000Z", "ASAP_DEREGISTRATION"],
    ]);
  });
}

for (
  const [name, linkType, frame] of [
    ["Ethernet", 1, ethernet(ONE)],
    ["Ethernet with two VLAN tags", 1, ethernet(ONE, 2)],
    ["BSD loopback", 0, [2, 0, 0, 0, ...ONE]],
    ["Linux cooked", 113, [...new Array<number>(14).fill(0), 8, 0, ...ONE]],
    ["Linux cooked, version 2", 276, [8, 0, ...new Array<number>(18).fill(0), ...ONE]],
  ] as const
) {
  Deno.test(`a link of ${name}`, async () => {
    const result = await decoded(pcap([frame], { linkType }));
    assert.deepEqual(types(result), ["ASAP_HANDLE_RESOLUTION"]);
  });
}

Deno.test("IPv6, with an extension header", async () => {
  const packet = tcp(end6(1, 40000), end6(2, 3863), { sequence: 1, bytes: REQUEST });
  const options = [6, 0, 1, 4, 0, 0, 0, 0];
  const extended = [...packet.slice(0, 4), ...[0, packet[5]! + 8], 0, ...packet.slice(7, 40)];
  const { views } = await decoded(pcap([[...extended, ...options, ...packet.slice(40)]]));
  assert.deepEqual(views.map(({ from, type }) => [from, type]), [
    ["[2001:db8::1]:40000", "ASAP_HANDLE_RESOLUTION"],
  ]);
});

Deno.test("IPv4 within IPv6 is written as everywhere else", async () => {
  const host = [...new Array<number>(10).fill(0), 0xff, 0xff, 192, 0, 2, 7];
  const packet = tcp({ host, port: 40000 }, end6(2, 3863), { sequence: 1, bytes: REQUEST });
  const { views } = await decoded(pcap([packet]));
  assert.deepEqual(views.map(({ from }) => from), ["[::ffff:192.0.2.7]:40000"]);
});

Deno.test("a message in many segments, out of order, twice, and as numbers wrap", async () => {
  const bytes = concat(REQUEST, REMOVAL, REQUEST);
  const first = 0xffffffff - 5;
  const pieces = Array.from({ length: bytes.length }, (_, i) => ({
    sequence: (first + i) >>> 0,
    bytes: bytes.subarray(i, i + 3),
  }));
  const order = pieces.map((_, i) => i).sort((a, b) => (a * 7) % 11 - (b * 7) % 11);
  const syn = { sequence: (first - 1) >>> 0, flags: SYN };
  const segments = [syn, ...order.map((i) => pieces[i]!)];
  const result = await decoded(pcap(segments.map((each) => tcp(USER, REGISTRAR, each))));
  assert.deepEqual(types(result), [
    "ASAP_HANDLE_RESOLUTION",
    "ASAP_DEREGISTRATION",
    "ASAP_HANDLE_RESOLUTION",
  ]);
  assert.equal(result.stderr, "");
});

Deno.test("what a capture misses is told, and the next message is found", async () => {
  const at = (sequence: number, bytes: Uint8Array) => tcp(USER, REGISTRAR, { sequence, bytes });
  const packets = [at(1, REQUEST), at(1000, REMOVAL.subarray(8)), at(2000, REMOVAL)];
  const result = await decoded(pcap(packets));
  assert.deepEqual(types(result), ["ASAP_HANDLE_RESOLUTION", "ASAP_DEREGISTRATION"]);
  assert.match(result.stderr, /2 places in streams where the capture misses segments/);
  assert.match(result.stderr, /bytes of streams of which the beginning is missing/);
});

Deno.test("a capture that begins in the middle of a message", async () => {
  const tail = REQUEST.subarray(6);
  const packets = [
    tcp(USER, REGISTRAR, { sequence: 1, bytes: tail }),
    tcp(USER, REGISTRAR, { sequence: 1 + tail.length, bytes: REMOVAL }),
  ];
  const result = await decoded(pcap(packets));
  assert.deepEqual(types(result), ["ASAP_DEREGISTRATION"]);
});

Deno.test("a new connection of the same ports begins anew", async () => {
  const result = await decoded(pcap([
    tcp(USER, REGISTRAR, { sequence: 1, bytes: REQUEST.subarray(0, 6) }),
    tcp(USER, REGISTRAR, { sequence: 7, flags: RST }),
    tcp(USER, REGISTRAR, { sequence: 99, flags: SYN }),
    tcp(USER, REGISTRAR, { sequence: 100, bytes: REMOVAL }),
  ]));
  assert.deepEqual(types(result), ["ASAP_DEREGISTRATION"]);
});

Deno.test("on other ports, valid messages tell what is spoken, all else is nothing", async () => {
  const [a, b, web] = [end(1, 1000), end(2, 2000), end(2, 80)];
  const page = new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n");
  const result = await decoded(pcap([
    tcp(a, b, { sequence: 1, bytes: LIST }),
    tcp(a, web, { sequence: 1, bytes: page }),
    tcp(end(3, 5), web, { sequence: 1, bytes: new Uint8Array(40).fill(7) }),
  ]));
  assert.deepEqual(types(result), ["ENRP_LIST_REQUEST"]);
});

Deno.test("SCTP: every sample of both protocols, one a chunk, and in fragments", async () => {
  const packets: number[][] = [];
  let tsn = 10;
  for (const { protocol, message } of SAMPLES) {
    const bytes = protocol === "ASAP"
      ? asap.encode(message as never)
      : enrp.encode(message as never);
    const ppid = protocol === "ASAP" ? 11 : 12;
    packets.push(sctp(USER, end(2, 5000), { tsn: tsn++, flags: 3, ppid, bytes }));
    const [first, second, third] = [tsn++, tsn++, tsn++] as [number, number, number];
    const [a, b] = [Math.floor(bytes.length / 3), Math.floor((2 * bytes.length) / 3)];
    const one = { tsn: first, flags: 2, ppid, bytes: bytes.subarray(0, a) };
    const two = { tsn: second, flags: 0, ppid, bytes: bytes.subarray(a, b) };
    const three = { tsn: third, flags: 1, ppid, bytes: bytes.subarray(b) };
    packets.push(sctp(USER, end(2, 5000), three, one), sctp(USER, end(2, 5000), one, two));
  }
  const result = await decoded(pcap(packets));
  assert.deepEqual(types(result), SAMPLES.flatMap(({ message: { type } }) => [type, type]));
  assert(result.views.every(({ valid, transport }) => valid === true && transport === "sctp"));
});

Deno.test("announcements over UDP", async () => {
  const bytes = asap.encode({ type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: 5, transports: [] });
  const result = await decoded(pcap([udp(end(1, 3863), end(9, 3863), bytes)]));
  assert.deepEqual(types(result), ["ASAP_SERVER_ANNOUNCE"]);
});

Deno.test("what is over TLS is counted, and never taken for messages", async () => {
  const hello = new Uint8Array([0x16, 3, 1, 0, 100, ...new Array<number>(100).fill(1)]);
  const result = await decoded(pcap([
    tcp(USER, end(2, 3863), { sequence: 0, flags: SYN }),
    tcp(USER, end(2, 3863), { sequence: 1, bytes: hello }),
  ]));
  assert.deepEqual(result.views, []);
  assert.match(result.stderr, /1 connections over TLS/);
  assert.match(result.stderr, /no message of ASAP or ENRP in 2 packets/);
});

Deno.test("a message that is not valid is shown as one, and the exit code is 8", async () => {
  const wrong = REQUEST.slice();
  wrong[7] = 200;
  const file = pcap([
    tcp(USER, REGISTRAR, { sequence: 0, flags: SYN }),
    tcp(USER, REGISTRAR, { sequence: 1, bytes: concat(wrong, REMOVAL) }),
  ]);
  const { views, stderr } = await decoded(file, { code: 8 });
  assert.deepEqual(views.map(({ valid, type }) => [valid, type]), [
    [false, "ASAP_HANDLE_RESOLUTION"],
    [true, "ASAP_DEREGISTRATION"],
  ]);
  assert.match(stderr, /1 of 2 messages in 2 packets are not valid/);
});

Deno.test("for people: one line a message, and with --fields all of it", async () => {
  const given = { files: { "x.cap": pcap([ONE]) } };
  const line = "2023-11-14T22:13:20.000123Z 192.0.2.1:40000 > 192.0.2.2:3863 tcp " +
    "ASAP_HANDLE_RESOLUTION poolHandle=web\n";
  assert.equal((await run(["decode", "x.cap"], given)).stdout, line);
  const all = (await run(["decode", "@x.cap", "--fields"], given)).stdout;
  assert(all.startsWith(line));
  assert.match(all, /Pool Handle = web/);
});

Deno.test("a hostile pool handle cannot move the cursor, nor make a line of its own", async () => {
  const bytes = resolution("a\u202eb c=d");
  const files = { "x.cap": pcap([tcp(USER, REGISTRAR, { sequence: 1, bytes })]) };
  const { stdout } = await run(["decode", "x.cap"], { files });
  assert.match(stdout, /^[\x20-\x7e]+ poolHandle=hex:61e280ae6220633d64\n$/);
});

Deno.test("--protocol leaves the other one out", async () => {
  const file = pcap([ONE, tcp(end(1, 7), end(2, 9901), { sequence: 1, bytes: LIST })]);
  assert.deepEqual(types(await decoded(file, { args: ["--protocol", "enrp"] })), [
    "ENRP_LIST_REQUEST",
  ]);
});

Deno.test("standard input: what is whole is printed before more is waited for", async () => {
  const file = pcap([ONE, tcp(USER, REGISTRAR, { sequence: 1 + REQUEST.length, bytes: REMOVAL })]);
  const middle = 24 + 16 + ONE.length + 5;
  const pieces = [file.subarray(0, middle), file.subarray(middle)];
  const seen: number[] = [];
  const world = new FakeWorld({
    stdinIsTerminal: false,
    stdinPieces: () => {
      seen.push(world.stdoutText.split("\n").length - 1);
      return Promise.resolve(pieces.shift() ?? null);
    },
  });
  assert.equal(await runIn(world, "decode -o ndjson -"), 0, world.stderrText);
  assert.deepEqual(seen, [0, 1, 2]);
});

Deno.test("mistakes: a capture beside hex digits, csv, --fields of hex digits", async () => {
  const given = { files: { "a.pcap": pcap([ONE]) } };
  for (
    const [argv, words] of [
      [["a.pcap", "0500"], /a\.pcap is a capture, which must be the only argument/],
      [["a.pcap", "-o", "yaml"], /captures as lines or JSON, not as yaml/],
      [["--fields", "0500000b0009000777656200"], /--fields is for captures/],
      [["nothing.pcap"], /cannot read nothing\.pcap/],
    ] as const
  ) {
    const ran = await run(["decode", ...argv], given);
    assert.equal(ran.code, 2, ran.stderr);
    assert.match(ran.stderr, words);
    assert.equal(ran.stdout, "");
  }
});
