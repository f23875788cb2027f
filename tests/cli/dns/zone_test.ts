/** What is answered for each name and type, as clients read it. */
import assert from "node:assert/strict";
import { ask, type EdnsOf } from "./messages.ts";
import { element, type House, openHouse } from "./pools.ts";

/** Pools of every kind. */
function furnished(): House {
  const house = openHouse();
  const { user } = house;
  user.put("web", [
    element(0x5562e917, { addresses: ["192.0.2.1"], port: 8081 }),
    element(2, { addresses: ["2001:db8::2"], port: 8082 }),
  ]);
  user.put("My DB", [element(3, { port: 5432 })]);
  user.put("stream", [element(4, { protocol: "udp", port: 53 })]);
  user.put("media", [
    element(5, { protocol: "sctp", port: 9, addresses: ["192.0.2.5", "2001:db8::5"] }),
  ]);
  user.put("tcp", [element(6)]);
  user.put("control", [element(7, { use: 1 })]);
  user.put("fast", [element(8, { protocol: "udp-lite", port: 7 })]);
  return house;
}

interface Row {
  readonly name: string;
  readonly type: string;
  readonly klass?: string;
  readonly edns?: EdnsOf;
  readonly rcode?: string;
  readonly flags?: string;
  readonly answers?: readonly string[];
  readonly additionals?: readonly string[];
  /** Whether SOA stands there, by which resolvers know how long there is nothing. */
  readonly soa?: boolean;
}

const WEB_SRV = [
  "_web._tcp.pool.internal SRV 0 1 8081 5562e917.web.pool.internal",
  "_web._tcp.pool.internal SRV 0 1 8082 00000002.web.pool.internal",
];
const WEB_GLUE = [
  "5562e917.web.pool.internal A 192.0.2.1",
  "00000002.web.pool.internal AAAA 2001:db8::2",
];
const NODATA = { soa: true };
const NXDOMAIN = { rcode: "NXDOMAIN", soa: true };
const REFUSED = { rcode: "REFUSED", flags: "rd" };

const ROWS: readonly Row[] = [
  { name: "web.pool.internal", type: "A", answers: ["web.pool.internal A 192.0.2.1"] },
  { name: "web.pool.internal", type: "AAAA", answers: ["web.pool.internal AAAA 2001:db8::2"] },
  { name: "wEB.pOOL.Internal", type: "A", answers: ["wEB.pOOL.Internal A 192.0.2.1"] },
  { name: "web.pool.internal", type: "TXT", ...NODATA },
  { name: "web.pool.internal", type: "SRV", ...NODATA },
  { name: "web.pool.internal", type: "ANY", answers: ["web.pool.internal HINFO RFC8482"] },
  { name: "_web._tcp.pool.internal", type: "SRV", answers: WEB_SRV, additionals: WEB_GLUE },
  { name: "_web._tcp.pool.internal", type: "A", ...NODATA },
  { name: "_web._udp.pool.internal", type: "SRV", ...NODATA },
  { name: "_web._http.pool.internal", type: "SRV", ...NXDOMAIN },
  { name: "web._tcp.pool.internal", type: "SRV", ...NXDOMAIN },
  { name: "_tcp.pool.internal", type: "SRV", ...NODATA },
  { name: "_udp.pool.internal", type: "A", ...NODATA },
  { name: "_web.pool.internal", type: "SRV", ...NXDOMAIN },
  { name: "tcp.pool.internal", type: "A", answers: ["tcp.pool.internal A 192.0.2.6"] },
  {
    name: "_stream._udp.pool.internal",
    type: "SRV",
    answers: ["_stream._udp.pool.internal SRV 0 1 53 00000004.stream.pool.internal"],
    additionals: ["00000004.stream.pool.internal A 192.0.2.4"],
  },
  {
    name: "_media._sctp.pool.internal",
    type: "SRV",
    answers: ["_media._sctp.pool.internal SRV 0 1 9 00000005.media.pool.internal"],
    additionals: [
      "00000005.media.pool.internal A 192.0.2.5",
      "00000005.media.pool.internal AAAA 2001:db8::5",
    ],
  },
  {
    name: "_fast._udplite.pool.internal",
    type: "SRV",
    answers: ["_fast._udplite.pool.internal SRV 0 1 7 00000008.fast.pool.internal"],
    additionals: ["00000008.fast.pool.internal A 192.0.2.8"],
  },
  {
    name: "5562E917.web.pool.internal",
    type: "A",
    answers: ["5562E917.web.pool.internal A 192.0.2.1"],
  },
  { name: "5562e917.web.pool.internal", type: "AAAA", ...NODATA },
  { name: "5562e918.web.pool.internal", type: "A", ...NXDOMAIN },
  { name: "2.web.pool.internal", type: "A", ...NXDOMAIN },
  { name: "a.5562e917.web.pool.internal", type: "A", ...NXDOMAIN },
  {
    name: "x--9lsi0h22.pool.internal",
    type: "A",
    answers: ["x--9lsi0h22.pool.internal A 192.0.2.3"],
  },
  {
    name: "_x--9lsi0h22._tcp.pool.internal",
    type: "SRV",
    answers: ["_x--9lsi0h22._tcp.pool.internal SRV 0 1 5432 00000003.x--9lsi0h22.pool.internal"],
    additionals: ["00000003.x--9lsi0h22.pool.internal A 192.0.2.3"],
  },
  { name: "my db.pool.internal", type: "A", ...NXDOMAIN },
  { name: "control.pool.internal", type: "A", ...NODATA },
  { name: "00000007.control.pool.internal", type: "A", ...NXDOMAIN },
  { name: "nobody.pool.internal", type: "A", ...NXDOMAIN },
  { name: "nobody.pool.internal", type: "ANY", ...NXDOMAIN },
  { name: "_nobody._tcp.pool.internal", type: "SRV", ...NXDOMAIN },
  { name: "pool.internal", type: "SOA", answers: ["pool.internal SOA"] },
  {
    name: "Pool.Internal",
    type: "NS",
    answers: ["Pool.Internal NS x--zone.pool.internal"],
    additionals: ["x--zone.Pool.Internal A 127.0.0.1", "x--zone.Pool.Internal AAAA ::1"],
  },
  { name: "pool.internal", type: "A", ...NODATA },
  { name: "x--zone.pool.internal", type: "A", answers: ["x--zone.pool.internal A 127.0.0.1"] },
  { name: "x--zone.pool.internal", type: "AAAA", answers: ["x--zone.pool.internal AAAA ::1"] },
  { name: "x--zone.pool.internal", type: "TXT", ...NODATA },
  { name: "example.com", type: "A", ...REFUSED },
  { name: ".", type: "NS", ...REFUSED },
  { name: "internal", type: "SOA", ...REFUSED },
  { name: "webpool.internal", type: "A", ...REFUSED },
  { name: "web.pool.internal", type: "A", klass: "CH", ...REFUSED },
  { name: "web.pool.internal", type: "A", klass: "ANY", ...REFUSED },
  { name: "pool.internal", type: "AXFR", ...REFUSED },
  { name: "pool.internal", type: "IXFR", ...REFUSED },
  { name: "web.pool.internal", type: "TSIG", ...REFUSED },
  {
    name: "web.pool.internal",
    type: "A",
    edns: { size: 4096, flags: 0x8000 },
    answers: ["web.pool.internal A 192.0.2.1"],
    additionals: ["OPT 0 0 1232 32768"],
  },
  {
    name: "web.pool.internal",
    type: "A",
    edns: { version: 1 },
    rcode: "NOERROR",
    flags: "rd",
    additionals: ["OPT 1 0 1232 0"],
  },
];

for (const row of ROWS) {
  const { name, type, klass = "IN", edns, soa = false } = row;
  const version = edns === undefined ? "" : ` with EDNS ${edns.version ?? 0}`;
  Deno.test(`${name} ${klass} ${type}${version}: ${row.rcode ?? "NOERROR"}`, async () => {
    const house = furnished();
    const answer = await ask(house.responder, name, type, { klass, ...(edns && { edns }) });
    assert.equal(answer.rcode, row.rcode ?? "NOERROR");
    assert.equal(answer.flags, row.flags ?? "aa rd");
    assert.deepEqual(answer.answers, row.answers ?? []);
    assert.deepEqual(answer.additionals, row.additionals ?? []);
    assert.deepEqual(
      answer.authorities.map((each) => each.toLowerCase()),
      soa ? ["pool.internal soa"] : [],
    );
    assert.equal(answer.packet.questions?.[0]?.name, name);
    assert.equal(answer.packet.id, 4711);
    assert.deepEqual(house.errors, []);
    house.views[Symbol.dispose]();
  });
}

Deno.test("what there is not is remembered for a second, and TTLs are as asked for", async () => {
  const { responder } = furnished();
  const none = await ask(responder, "nobody.pool.internal", "A");
  const [soa] = none.packet.authorities as unknown as { ttl: number; data: { minimum: number } }[];
  assert.equal(soa!.ttl, 1);
  assert.equal(soa!.data.minimum, 1);
  const some = await ask(responder, "web.pool.internal", "A");
  assert.equal((some.packet.answers as unknown as { ttl: number }[])[0]!.ttl, 1);
});

Deno.test("two elements of one host are one address", async () => {
  const { responder, user } = openHouse();
  const addresses = ["192.0.2.1"];
  user.put("web", [element(1, { addresses, port: 1 }), element(2, { addresses, port: 2 })]);
  const { answers } = await ask(responder, "web.pool.internal", "A");
  assert.deepEqual(answers, ["web.pool.internal A 192.0.2.1"]);
  const srv = await ask(responder, "_web._tcp.pool.internal", "SRV");
  assert.equal(srv.answers.length, 2);
});
