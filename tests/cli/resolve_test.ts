/** How `resolve` asks, chooses, waits and fails. */

import assert from "node:assert/strict";
import { ELEMENT, OPAQUE_ELEMENT, resolutionOf, SCTP_ELEMENT } from "./elements.ts";
import { errors, type FakeUser, run } from "./fake_world.ts";

const { RegistrarUnreachable, ResolutionRejected, UnknownPoolHandle } = errors;
const at = (host: string, port: number) => ({ host, port });

function failing(error: () => Error): FakeUser {
  return { resolve: () => Promise.reject(error()) };
}

function answering(...elements: (typeof ELEMENT)[]): FakeUser {
  return { resolve: () => Promise.resolve(resolutionOf(...elements)) };
}

Deno.test("it asks once within the timeout, each registrar in time", async () => {
  const asked: unknown[] = [];
  const resolve: FakeUser["resolve"] = (...question) => {
    asked.push(question);
    return Promise.resolve(resolutionOf(ELEMENT));
  };
  const line = "resolve web -r a -r [::1]:7 --timeout 1s --items 3 --max-handle-bytes 40";
  const { world } = await run(line, { user: { resolve } });
  assert.deepEqual(asked, [["web", { items: 3, timeoutMs: 1000 }]]);
  assert.deepEqual(world.made, [{
    registrars: [at("a", 3863), at("::1", 7)],
    staggerMs: 500,
    once: true,
    timing: { t1EnrpRequestMs: 1000 },
    limits: { maxHandleBytes: 40 },
  }]);
});

Deno.test("-- ends the options, so that a pool handle may begin with a hyphen", async () => {
  const resolve: FakeUser["resolve"] = (poolHandle) =>
    Promise.resolve({ ...resolutionOf(ELEMENT), poolHandle });
  const { stdout } = await run("resolve --no-header -- -web", { user: { resolve } });
  assert.match(stdout, /^-web /);
});

Deno.test("--first keeps the element that the pool's policy chooses", async () => {
  const select: FakeUser["select"] = () => Promise.resolve(SCTP_ELEMENT);
  const user = { ...answering(ELEMENT, SCTP_ELEMENT), select };
  const { stdout } = await run("resolve web --first -o json", { user });
  const { poolElements } = JSON.parse(stdout);
  assert.deepEqual(poolElements.map((each: { identifier: string }) => each.identifier), [
    "0x00000002",
  ]);
});

const TEMPLATES: readonly (readonly [template: string, ...lines: string[]])[] = [
  ["http://{endpoint}/", "http://192.0.2.10:80/", "http://192.0.2.11:5000/", "http:///"],
  [
    "{pool} {identifier} {home}",
    "web 0x5562e917 0x00c0ffee",
    "web 0x00000002 0x00c0ffee",
    "web 0x00000003 0x00000000",
  ],
  [
    "{host}|{address}|{port}|{protocol}|{policy}",
    "192.0.2.10|192.0.2.10|80|tcp|weighted-round-robin",
    "192.0.2.11|192.0.2.11|5000|sctp|least-used",
    "|||opaque|0xb0001099",
  ],
  [
    String.raw`{{"port":{port}}\t{{pool}\x`,
    '{"port":80}\t{pool}\\x',
    '{"port":5000}\t{pool}\\x',
    '{"port":}\t{pool}\\x',
  ],
  ["", "", "", ""],
  ["}", "}", "}", "}"],
];

for (const [template, ...lines] of TEMPLATES) {
  Deno.test(`--format ${JSON.stringify(template)} prints one line for each`, async () => {
    const user = answering(ELEMENT, SCTP_ELEMENT, OPAQUE_ELEMENT);
    const { code, stdout } = await run(["resolve", "web", "--format", template], { user });
    assert.equal(code, 0);
    assert.equal(stdout, lines.map((line) => `${line}\n`).join(""));
  });
}

Deno.test("--format brackets IPv6 before a port, and ignores RSERPOOL_OUTPUT", async () => {
  const transport = { protocol: "tcp", port: 80, use: 0, addresses: ["2001:db8::1"] } as const;
  const user = answering({ ...ELEMENT, transport });
  const { stdout } = await run(
    ["resolve", "web", "--format", "{endpoint} {host} {address}\\n--"],
    { user, env: { RSERPOOL_OUTPUT: "json" } },
  );
  assert.equal(stdout, "[2001:db8::1]:80 [2001:db8::1] 2001:db8::1\n--\n");
});

const FAILURES: readonly (readonly [what: string, FakeUser, code: number, words: RegExp])[] = [
  [
    "an unknown pool handle",
    failing(() => new UnknownPoolHandle("web")),
    3,
    /^rserpool: pool handle "web" is unknown/,
  ],
  ["a pool without elements", answering(), 3, /no pool element is left in pool "web"/],
  [
    "registrars that do not answer",
    failing(() =>
      new RegistrarUnreachable([
        { address: at("127.0.0.1", 3863), reason: "refused" },
        { address: at("nowhere", 1), reason: "unknown-host" },
        { address: at("::1", 2), reason: "silent" },
        { address: at("a", 3), reason: "garbage", detail: "it speaks HTTP" },
      ])
    ),
    4,
    /127\.0\.0\.1:3863: connection refused; .*unknown host "nowhere"; \[::1\]:2: silent.*HTTP/,
  ],
  [
    "a rejection",
    failing(() => new ResolutionRejected("web", [{ code: 6, information: new Uint8Array() }])),
    5,
    /was rejected: Lack of Resources/,
  ],
  [
    "a rejection for security",
    failing(() => new ResolutionRejected("web", [{ code: 10, information: new Uint8Array() }])),
    6,
    /Rejected due to security considerations/,
  ],
  [
    "an error of the system",
    failing(() => new Deno.errors.PermissionDenied("Permission denied (os error 13)")),
    1,
    /^rserpool: permission denied\n$/,
  ],
  [
    "a bug",
    failing(() => new TypeError("x is undefined")),
    70,
    /^rserpool: this is a bug in rserpool: TypeError: x is undefined \(-vv shows where\)\n$/,
  ],
];

for (const [what, user, expected, words] of FAILURES) {
  Deno.test(`${what} is exit ${expected}, with one line and nothing printed`, async () => {
    for (const line of ["resolve web", "resolve web -o json", "resolve web --first"]) {
      const { code, stdout, stderr } = await run(line, { user });
      assert.deepEqual({ code, stdout }, { code: expected, stdout: "" });
      assert.match(stderr, words);
      assert.equal(stderr.split("\n").length, 2, stderr);
    }
  });
}

Deno.test("-vv shows where a bug is", async () => {
  const { stderr } = await run("resolve web -vv", { user: failing(() => new TypeError("x")) });
  assert.match(stderr, /resolve_test\.ts/);
});

Deno.test("what a failure says cannot control a terminal", async () => {
  const detail = "\x1b[2Jrm -rf\r\n";
  const address = at("127.0.0.1", 1);
  const unreachable = new RegistrarUnreachable([{ address, reason: "garbage", detail }]);
  const { stderr } = await run("resolve web", { user: failing(() => unreachable) });
  assert.match(stderr, /\\u\{1b\}\[2Jrm -rf\\u\{d\}\\u\{a\}/);
  assert.equal(stderr.indexOf("\x1b"), -1);
});

Deno.test("the usual port of the other protocol is named as the likely mistake", async () => {
  const garbage = (port: number) =>
    new RegistrarUnreachable([{ address: at("a", port), reason: "garbage" }]);
  const hint = /a:9901: answers garbage; 9901 is the usual port of ENRP, and this asks in ASAP\n$/;
  const asked = await run("resolve web -r a:9901", { user: failing(() => garbage(9901)) });
  assert.equal(asked.code, 4);
  assert.match(asked.stderr, hint);
  const observer = { status: () => Promise.reject(garbage(3863)) };
  const { stderr } = await run("status --enrp-registrar a:3863", { observer });
  assert.match(stderr, /3863 is the usual port of ASAP, and this asks in ENRP\n$/);
  const elsewhere = await run("resolve web -r a:1", { user: failing(() => garbage(1)) });
  assert.doesNotMatch(elsewhere.stderr, /usual port/);
});

/** Answers one after the other; the last one again and again. */
function inTurn(...answers: (() => Promise<ReturnType<typeof resolutionOf>>)[]) {
  let asked = 0;
  const resolve: FakeUser["resolve"] = () => answers[Math.min(asked++, answers.length - 1)]!();
  return { user: { resolve }, count: () => asked };
}

const empty = () => Promise.resolve(resolutionOf());
const unknown = () => Promise.reject(new UnknownPoolHandle("web"));
const unreachable = () =>
  Promise.reject(new RegistrarUnreachable([{ address: at("a", 1), reason: "refused" }]));
const one = () => Promise.resolve(resolutionOf(ELEMENT));
const two = () => Promise.resolve(resolutionOf(ELEMENT, SCTP_ELEMENT));

Deno.test("--wait asks until the pool has elements, through all that can pass", async () => {
  const { user, count } = inTurn(unreachable, unknown, empty, one);
  const { code, stdout, world } = await run("resolve web --wait 30s --no-header", { user });
  assert.equal(code, 0);
  assert.match(stdout, /^web {2}0x5562e917/);
  assert.equal(count(), 4);
  assert.equal(world.clock, 100 + 200 + 400);
});

Deno.test("--wait --min waits until there are so many, also with --first", async () => {
  const select: FakeUser["select"] = () => Promise.resolve(SCTP_ELEMENT);
  for (const more of ["", " --first"]) {
    const { user, count } = inTurn(one, one, two);
    const given = { user: { ...user, select } };
    const { code, stdout } = await run(`resolve web --wait 30s --min 2 -o ndjson${more}`, given);
    assert.equal(code, 0);
    assert.equal(stdout.trimEnd().split("\n").length, more === "" ? 2 : 1);
    assert.equal(count(), 3);
  }
});

Deno.test("--wait ends when its time is over, with the reason of the last answer", async () => {
  const cases = [
    [unknown, 3, /waited 2s in vain: pool handle "web" is unknown/],
    [one, 3, /waited 2s in vain: it has 1 pool element, and 2 are needed/],
    [unreachable, 4, /waited 2s in vain: no registrar answered: a:1: connection refused/],
  ] as const;
  for (const [answer, expected, words] of cases) {
    const { user } = inTurn(answer);
    const line = "resolve web --wait 2s --min 2";
    const { code, stdout, stderr, world } = await run(line, { user });
    assert.deepEqual({ code, stdout }, { code: expected, stdout: "" });
    assert.match(stderr, words);
    assert.equal(world.clock, 2000);
  }
});

Deno.test("--wait does not call a registrar silent whose last question had no time", async () => {
  const silent = () =>
    Promise.reject(new RegistrarUnreachable([{ address: at("a", 1), reason: "silent" }]));
  const resolve: FakeUser["resolve"] = (_, wait) => (wait?.timeoutMs ?? 0) < 10 ? silent() : one();
  const { code, stderr } = await run("resolve web --wait 2s --min 2", { user: { resolve } });
  assert.equal(code, 3);
  assert.match(stderr, /waited 2s in vain: it has 1 pool element, and 2 are needed/);
});

Deno.test("--wait does not wait for what cannot pass", async () => {
  const rejected = () => Promise.reject(new ResolutionRejected("web", []));
  const { user, count } = inTurn(rejected);
  const { code } = await run("resolve web --wait 30s", { user });
  assert.deepEqual([code, count()], [5, 1]);
});
