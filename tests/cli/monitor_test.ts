/** `monitor` without a terminal and without a process: what it asks, prints and refuses. */

import assert from "node:assert/strict";
import { countersOf, detailsOf } from "../../cli/monitor/http_source.ts";
import { MONITOR_LIMITS } from "../../cli/monitor/limits.ts";
import { ELEMENT, PEER } from "./elements.ts";
import { errors, FakeWorld, type Given, run, runIn } from "./fake_world.ts";

const REGISTRAR = { identifier: 0xc0ffee, address: { host: "127.0.0.1", port: 9901 } };
const ANSWERING: Given["observer"] = {
  handleTable: () =>
    Promise.resolve({
      registrar: REGISTRAR,
      pools: [{ poolHandle: "web", poolElements: [ELEMENT] }],
    }),
  peers: () => Promise.resolve({ registrar: REGISTRAR, peers: [PEER] }),
};
const SILENT: Given["observer"] = {
  handleTable: () => Promise.reject(new errors.RegistrarUnreachable([])),
  peers: () => Promise.reject(new errors.RegistrarUnreachable([])),
};

Deno.test("--once prints three tables; each registrar has an observer of its own", async () => {
  const { code, stdout, stderr, world } = await run("monitor --once -r a -r b -r a", {
    observer: ANSWERING,
  });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^IDENTIFIER [^]*0x00c0ffee +a:9901 +answers[^]*b:9901 [^]*\n\nPOOL /);
  assert.match(stdout, /\nweb +0x5562e917 +tcp 192\.0\.2\.10:80 .* all\n$/);
  assert.deepEqual(world.made.map(({ registrars }) => registrars), [
    [{ host: "a", port: 9901 }],
    [{ host: "b", port: 9901 }],
  ]);
});

Deno.test("--once -o json: registrars with their peers, pools, and who knows what", async () => {
  const { stdout } = await run("monitor --once -o json", { observer: ANSWERING });
  const { time, registrars: [registrar], pools: [pool] } = JSON.parse(stdout);
  assert.match(time, /^\d{4}-.*Z$/);
  assert.deepEqual(Object.keys(registrar), ["address", "identifier", "state", "peers"]);
  assert.equal(registrar.state, "answers");
  assert.deepEqual(pool.policy, { name: "weighted-round-robin" });
  assert.deepEqual(pool.poolElements[0].knownTo, ["0x00c0ffee"]);
  assert.equal(pool.poolElements[0].asapTransport.port, 40010);
  const yaml = await run("monitor --once -o yaml", { observer: ANSWERING });
  assert.match(yaml.stdout, /^time: [^]*\npools:\n {2}- poolHandle: web\n/);
});

Deno.test("if no registrar answers, --once is exit 4, and nothing is printed", async () => {
  const { code, stdout, stderr } = await run("monitor --once -r a -r b", { observer: SILENT });
  assert.deepEqual([code, stdout], [4, ""]);
  assert.equal(stderr.split("\n").length, 2, stderr);
});

Deno.test("without a terminal it goes on until it is stopped, and prints changes", async () => {
  let asked = 0;
  const observer: Given["observer"] = {
    ...ANSWERING,
    handleTable: () => {
      if (asked++ === 1) world.signal("SIGTERM");
      return ANSWERING.handleTable!();
    },
  };
  const world = new FakeWorld({ observer });
  assert.equal(await runIn(world, "monitor -o json --interval 200ms"), 0);
  assert.equal(world.stdoutText.split("\n").length, 2, "nothing has changed");
});

Deno.test("registrars, https: no more than so many", async () => {
  const many = (option: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${option} 127.0.0.1:${i + 1}`).join(" ");
  const { registrars, https } = MONITOR_LIMITS;
  for (
    const [line, words] of [
      [many("--enrp-registrar", registrars + 1), /31 registrars: at most 30 can be shown/],
      [many("--http", https + 1), /--http: at most 30 can be followed/],
    ] as const
  ) {
    const { code, stderr } = await run(`monitor --once ${line}`, { observer: ANSWERING });
    assert.equal(code, 2);
    assert.match(stderr, words);
  }
  const all = await run(`monitor --once -o json ${many("--enrp-registrar", registrars)}`, {
    observer: ANSWERING,
  });
  assert.equal(JSON.parse(all.stdout).pools[0].poolElements[0].knownTo.length, registrars);
});

Deno.test("what a process says over HTTP is believed only where it has the form", () => {
  const itself = {
    registrar: { identifier: "0x00c0ffee" },
    version: "1\x1b",
    state: "serving",
    uptimeMs: 5,
    associations: "many",
  };
  assert.deepEqual(detailsOf(JSON.stringify(itself)), {
    identifier: "0x00c0ffee",
    version: "1\\u{1b}",
    state: "serving",
    uptimeMs: 5,
    associations: 0,
  });
  for (const text of ["", "null", "[]", "{}", '{"registrar":{"identifier":"x"}}']) {
    assert.equal(detailsOf(text), undefined, text);
  }
});

Deno.test("the counters that are shown are summed over their labels", () => {
  const text = `# HELP rserpool_resolutions_total x
rserpool_resolutions_total{kind="once"} 3
rserpool_resolutions_total{kind="subscription"} 4
rserpool_registrations_total 1
rserpool_registrations_total{kind="x"} NaN
constructor 9
other_total 9
`;
  assert.deepEqual(countersOf(text), { resolutions: 7, registrations: 1 });
});

/** A server that says that of a registrar, as long as it is used. */
async function withHttp(status: number, text: string, use: (http: string) => Promise<void>) {
  const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
  const server = Deno.serve(options, ({ url }) => {
    return url.endsWith("/metrics") ? new Response("") : new Response(text, { status });
  });
  try {
    await use(`127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

const ITSELF = { state: "joining", version: "1.2.3", uptimeMs: 61_000, associations: 2 };
const shownAs = (identifier: string) => JSON.stringify({ ...ITSELF, registrar: { identifier } });

Deno.test("--once has what --http shows, in every form that has a place for it", async () => {
  await withHttp(200, shownAs("0x00c0ffee"), async (http) => {
    const line = `monitor --once --http ${http}`;
    const table = await run(line, { observer: ANSWERING });
    assert.match(table.stdout, / answers, joining .* 1m01s /);
    const json = await run(`${line} -o json`, { observer: ANSWERING });
    assert.deepEqual(JSON.parse(json.stdout).registrars[0].http, ITSELF);
    assert.equal(table.stderr + json.stderr, "");
  });
});

for (
  const [status, text, words] of [
    [404, "", "the answer is HTTP 404"],
    [200, "{}", "the answer is no registrar's"],
    [200, shownAs("0x00000001"), "this is registrar 0x00000001, which has not answered"],
  ] as const
) {
  Deno.test(`--once says what is wrong with --http: ${words}`, async () => {
    await withHttp(status, text, async (http) => {
      const given = { observer: ANSWERING };
      const { code, stdout, stderr } = await run(`monitor --once --http ${http}`, given);
      assert.equal(code, 0);
      assert.match(stdout, /answers/);
      assert.match(stderr, new RegExp(`^rserpool: warning: --http ${http}: ${words}\n$`));
    });
  });
}

Deno.test("--once says that nobody listens at --http", async () => {
  let closed = "";
  await withHttp(200, "", (http) => Promise.resolve(void (closed = http)));
  const { code, stderr } = await run(`monitor --once --http ${closed}`, { observer: ANSWERING });
  assert.equal(code, 0);
  assert.match(stderr, /^rserpool: warning: --http [\d.:]+: connection refused.*\n$/);
});

Deno.test("httpBytes: of an answer without an end no more is read", async () => {
  let sent = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    return new Response(body);
  });
  const http = `--http 127.0.0.1:${server.addr.port}`;
  const { code, stdout, stderr } = await run(`monitor --once ${http}`, { observer: ANSWERING });
  await server.shutdown();
  assert.equal(code, 0);
  assert.match(stderr, /^rserpool: warning: --http .*: the answer has no end in \d+ bytes\n$/);
  assert.match(stdout, /answers/);
  assert.ok(sent >= MONITOR_LIMITS.httpBytes && sent < 2 * MONITOR_LIMITS.httpBytes, `${sent}`);
});
