/**
 * What resolve, peers, dump and status print, in every format; scripts rely on all but the tables.
 */

import assert from "node:assert/strict";
import {
  ELEMENT,
  OPAQUE_ELEMENT,
  PEER,
  resolutionOf,
  SCTP_ELEMENT,
  SUSPECT,
  UNMET,
} from "./elements.ts";
import { type FakeObserver, type FakeUser, run } from "./fake_world.ts";

const user: FakeUser = {
  resolve: () => Promise.resolve(resolutionOf(ELEMENT, SCTP_ELEMENT, OPAQUE_ELEMENT)),
};
const registrar = { identifier: 0x00c0ffee, address: { host: "127.0.0.1", port: 9901 } };
const WEB = {
  poolHandle: "web",
  policy: ELEMENT.policy,
  poolElements: [ELEMENT, SCTP_ELEMENT],
};
const HOSTILE = {
  poolHandle: 'a,"b\u202ec',
  policy: OPAQUE_ELEMENT.policy,
  poolElements: [OPAQUE_ELEMENT],
};
const observer: FakeObserver = {
  peers: () => Promise.resolve({ registrar, peers: [PEER] }),
  handleTable: () => Promise.resolve({ registrar, pools: [WEB, HOSTILE] }),
  status: () => Promise.resolve({ ...registrar, serves: true }),
};
const EMPTY: FakeObserver = {
  peers: () => Promise.resolve({ registrar, peers: [] }),
  handleTable: () => Promise.resolve({ registrar, pools: [] }),
};

async function print(line: string, given = { user, observer }): Promise<string> {
  const { code, stdout, stderr } = await run(line, given);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

const ELEMENT_VIEW = {
  identifier: "0x5562e917",
  home: "0x00c0ffee",
  lifetimeMs: 300000,
  transport: { protocol: "tcp", addresses: ["192.0.2.10"], port: 80, use: "data" },
  policy: { name: "weighted-round-robin", weight: 10 },
};
const SCTP_VIEW = {
  identifier: "0x00000002",
  home: "0x00c0ffee",
  lifetimeMs: null,
  transport: {
    protocol: "sctp",
    addresses: ["192.0.2.11", "2001:db8::1"],
    port: 5000,
    use: "data+control",
  },
  policy: { name: "least-used", load: 0.25, loadRaw: "0x40000000" },
};
const OPAQUE_VIEW = {
  identifier: "0x00000003",
  home: "0x00000000",
  lifetimeMs: 30000,
  transport: { protocol: "opaque", data: "0102" },
  policy: { name: "0xb0001099", data: "ab" },
};

Deno.test("resolve -o json is the contract's example, on one line", async () => {
  const one: FakeUser = { resolve: () => Promise.resolve(resolutionOf(ELEMENT)) };
  const stdout = await print("resolve web -o json", { user: one, observer });
  assert.equal(
    stdout,
    '{"poolHandle":"web","policy":{"name":"weighted-round-robin"},' +
      '"poolElements":[{"identifier":"0x5562e917","home":"0x00c0ffee","lifetimeMs":300000,' +
      '"transport":{"protocol":"tcp","addresses":["192.0.2.10"],"port":80,"use":"data"},' +
      '"policy":{"name":"weighted-round-robin","weight":10}}]}\n',
  );
});

Deno.test("resolve -o json: infinite lives, loads, unknown policies and transports", async () => {
  assert.deepEqual(JSON.parse(await print("resolve web -o json")), {
    poolHandle: "web",
    policy: { name: "weighted-round-robin" },
    poolElements: [ELEMENT_VIEW, SCTP_VIEW, OPAQUE_VIEW],
  });
});

Deno.test("ndjson is one pool element a line, with its pool handle first", async () => {
  const lines = (await print("resolve web -o ndjson")).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    { poolHandle: "web", ...ELEMENT_VIEW },
    { poolHandle: "web", ...SCTP_VIEW },
    { poolHandle: "web", ...OPAQUE_VIEW },
  ]);
  for (const line of lines) assert.match(line, /^\{"poolHandle":"web","identifier":/);
});

Deno.test("csv has the contract's columns, several addresses joined by spaces", async () => {
  assert.equal(
    await print("resolve web -o csv"),
    "pool,identifier,protocol,address,port,policy,weight,load,home,lifetime_ms\n" +
      "web,0x5562e917,tcp,192.0.2.10,80,weighted-round-robin,10,,0x00c0ffee,300000\n" +
      "web,0x00000002,sctp,192.0.2.11 2001:db8::1,5000,least-used,,0.25,0x00c0ffee,\n" +
      "web,0x00000003,opaque,,,0xb0001099,,,0x00000000,30000\n",
  );
  assert.match(await print("resolve web -o csv --no-header"), /^web,/);
});

Deno.test("yaml is the JSON, and text that looks like a number stays text", async () => {
  const { parse } = await import("yaml");
  const stdout = await print("resolve web -o yaml");
  assert.deepEqual(parse(stdout), JSON.parse(await print("resolve web -o json")));
  assert.match(stdout, /identifier: "0x5562e917"/);
});

Deno.test("the table is in columns under a header", async () => {
  const [header, first, second, third, end] = (await print("resolve web")).split("\n");
  const cells = (line: string | undefined) => line!.split(/ {2,}/);
  const shown = cells(header);
  assert.deepEqual(shown, ["POOL", "IDENTIFIER", "ENDPOINT", "PROTOCOL", "POLICY", "HOME", "LIFE"]);
  const policy = "weighted-round-robin:weight=10";
  assert.deepEqual(cells(first), [
    "web",
    "0x5562e917",
    "192.0.2.10:80",
    "tcp",
    policy,
    "0x00c0ffee",
    "300s",
  ]);
  assert.deepEqual(cells(second).slice(2, 5), [
    "192.0.2.11:5000 [2001:db8::1]:5000",
    "sctp",
    "least-used:load=0.25",
  ]);
  assert.equal(cells(second).at(-1), "infinite");
  for (const [line, column, text] of [[first, 3, "tcp"], [second, 3, "sctp"], [third, 4, "0xb"]]) {
    const at = header!.indexOf(shown[column as number]!);
    assert.ok((line as string).slice(at).startsWith(text as string), "columns are aligned");
  }
  assert.equal(end, "");
  assert.match(await print("resolve web --no-header"), /^web {2}0x5562e917/);
});

Deno.test("colours are for eyes, and NO_COLOR and --color are heard", async () => {
  // deno-lint-ignore no-control-regex -- the escape codes are what is looked for
  const bold = /^\x1b\[1mPOOL .*\x1b\[0m\n/;
  const isBold = async (line: string, env: Record<string, string>, stdoutIsTerminal: boolean) =>
    bold.test((await run(line, { user, env, stdoutIsTerminal })).stdout);
  assert.equal(await isBold("resolve web", {}, false), false);
  assert.equal(await isBold("resolve web", {}, true), true);
  assert.equal(await isBold("resolve web", { NO_COLOR: "1" }, true), false);
  assert.equal(await isBold("resolve web", { NO_COLOR: "" }, true), true);
  assert.equal(await isBold("resolve web", { TERM: "dumb" }, true), false);
  assert.equal(await isBold("resolve web --color always", { NO_COLOR: "1" }, false), true);
  assert.equal(await isBold("resolve web --color never", {}, true), false);
});

Deno.test("dump -o json is the contract's example, with ASAP transports", async () => {
  const asapTransport = { protocol: "tcp", addresses: ["192.0.2.10"], port: 40010 };
  const { pools, ...rest } = JSON.parse(await print("dump web -o json"));
  assert.deepEqual(rest, { registrar: { identifier: "0x00c0ffee" } });
  assert.deepEqual(pools, [{
    poolHandle: "web",
    policy: { name: "weighted-round-robin" },
    poolElements: [{ ...ELEMENT_VIEW, asapTransport }, SCTP_VIEW],
  }]);
  const lines = (await print("dump -o ndjson")).trimEnd().split("\n").map((each) =>
    JSON.parse(each)
  );
  assert.deepEqual(lines.map(({ poolHandle }) => poolHandle), ["web", "web", 'a,"b\u202ec']);
});

Deno.test("what comes from others cannot break a table, a line of csv or of JSON", async () => {
  const last = (text: string) => text.trimEnd().split("\n").at(-1)!;
  assert.match(last(await print("dump")), /^a,"b\\u\{202e\}c {2,}0x00000003/);
  assert.match(last(await print("dump -o csv")), /^"a,""b\u202ec",0x00000003,opaque/);
  assert.match(last(await print("dump -o ndjson")), /^\{"poolHandle":"a,\\"b\\u202ec",/);
});

Deno.test("wide characters take two columns", async () => {
  const pool = { ...WEB, poolHandle: "日本" };
  const handleTable = () => Promise.resolve({ registrar, pools: [pool] });
  const stdout = await print("dump --no-header", { user, observer: { handleTable } });
  assert.match(stdout, /^日本 {2}0x5562e917/);
});

Deno.test("dump --pools lists the pools only", async () => {
  assert.equal(
    await print("dump --pools web"),
    "POOL  POLICY                ELEMENTS\n" +
      "web   weighted-round-robin  2\n",
  );
  const pool = {
    poolHandle: "web",
    policy: { name: "weighted-round-robin" },
    poolElementCount: 2,
  };
  assert.deepEqual(JSON.parse(await print("dump --pools web -o json")), {
    registrar: { identifier: "0x00c0ffee" },
    pools: [pool],
  });
  assert.deepEqual(JSON.parse(await print("dump --pools web -o ndjson")), pool);
  assert.equal(
    await print("dump --pools web -o csv"),
    "pool,policy,pool_elements\nweb,weighted-round-robin,2\n",
  );
});

Deno.test("dump of a pool that is not there is exit 3, and nothing is printed", async () => {
  const { code, stdout, stderr } = await run("dump web mail", { observer });
  assert.deepEqual({ code, stdout }, { code: 3, stdout: "" });
  assert.equal(stderr, 'rserpool: the pool handle "mail" is unknown\n');
});

Deno.test("dump takes pools by any name that means the same bytes", async () => {
  assert.match(await print("dump hex:776562 --no-header"), /^web .*\nweb .*\n$/);
});

Deno.test("peers in every format", async () => {
  assert.equal(
    await print("peers -o json"),
    '{"registrar":{"identifier":"0x00c0ffee"},"peers":[{"identifier":"0x0badcafe",' +
      '"transport":{"protocol":"tcp","addresses":["192.0.2.2"],"port":9901},' +
      '"state":null,"lastHeardAgoMs":null}]}\n',
  );
  assert.equal(
    await print("peers -o ndjson"),
    '{"identifier":"0x0badcafe",' +
      '"transport":{"protocol":"tcp","addresses":["192.0.2.2"],"port":9901},' +
      '"state":null,"lastHeardAgoMs":null}\n',
  );
  assert.equal(
    await print("peers -o csv"),
    "identifier,protocol,address,port\n0x0badcafe,tcp,192.0.2.2,9901\n",
  );
  assert.equal(
    await print("peers"),
    "IDENTIFIER  PROTOCOL  ENDPOINT\n0x0badcafe  tcp       192.0.2.2:9901\n",
  );
});

Deno.test("peers --wide has what the registrar thinks of them", async () => {
  const peers = () => Promise.resolve({ registrar, peers: [PEER, SUSPECT, UNMET] });
  const given = { user, observer: { peers } };
  assert.equal(
    await print("peers --wide", given),
    "IDENTIFIER  PROTOCOL  ENDPOINT        STATE        LAST HEARD\n" +
      "0x0badcafe  tcp       192.0.2.2:9901\n" +
      "0x00000002  tcp       192.0.2.2:9901  suspect      61.5s ago\n" +
      "0x00000003  tcp       192.0.2.2:9901  unreachable  never\n",
  );
  assert.equal(
    await print("peers --wide -o csv", given),
    "identifier,protocol,address,port,state,last_heard_ago_ms\n" +
      "0x0badcafe,tcp,192.0.2.2,9901,,\n" +
      "0x00000002,tcp,192.0.2.2,9901,suspect,61500\n" +
      "0x00000003,tcp,192.0.2.2,9901,unreachable,\n",
  );
  for (const line of ["peers -o json", "peers --wide -o json"]) {
    const told = JSON.parse(await print(line, given)).peers;
    assert.deepEqual(
      told.map((each: Record<string, unknown>) => [each.state, each.lastHeardAgoMs]),
      [[null, null], ["suspect", 61_500], ["unreachable", null]],
    );
  }
});

Deno.test("an empty dump or list of peers is exit 0", async () => {
  const given = { user, observer: EMPTY };
  const json = async (line: string) => JSON.parse(await print(`${line} -o json`, given));
  assert.deepEqual((await json("peers")).peers, []);
  assert.deepEqual((await json("dump")).pools, []);
  for (const line of ["peers", "dump", "dump --pools"]) {
    assert.equal(await print(`${line} -o ndjson`, given), "");
    assert.equal(await print(`${line} --no-header`, given), "");
    assert.match(await print(line, given), /^[A-Z ]+\n$/);
  }
});

Deno.test("status says who serves", async () => {
  assert.equal(
    await print("status -o json"),
    '{"registrar":{"identifier":"0x00c0ffee"},"serves":true}\n',
  );
  assert.equal(await print("status"), "REGISTRAR   SERVES\n0x00c0ffee  yes\n");
  assert.equal(await print("status -o csv"), "registrar,serves\n0x00c0ffee,true\n");
});

Deno.test("status of a registrar that does not serve is exit 4", async () => {
  const status = () => Promise.resolve({ ...registrar, serves: false });
  const { code, stdout, stderr } = await run("status", { observer: { status } });
  assert.deepEqual({ code, stdout }, { code: 4, stdout: "" });
  assert.match(stderr, /0x00c0ffee answers and does not serve yet/);
});

Deno.test("observers ask on ENRP, and the next registrar is asked in time", async () => {
  const madeFor = async (line: string) => (await run(line, { observer })).world.made;
  assert.deepEqual(await madeFor("peers"), [
    { registrars: [{ host: "127.0.0.1", port: 9901 }], staggerMs: 1000 },
  ]);
  assert.deepEqual(await madeFor("status -r a -r b -r c --timeout 600ms"), [{
    registrars: ["a", "b", "c"].map((host) => ({ host, port: 9901 })),
    staggerMs: 200,
  }]);
  assert.deepEqual(await madeFor("dump -r a:1 --enrp-registrar [::1]:2"), [
    { registrars: [{ host: "::1", port: 2 }], staggerMs: 1000 },
  ]);
});
