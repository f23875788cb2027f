/** `doctor` of the built file against real registrars: each kind of fault once, in its words. */

import assert from "node:assert/strict";
import { type Places, setRegistrar, setScene } from "./doctor/scene.ts";
import { Scratch } from "./harness.ts";

/** What is asked, and lines of the answer: `{place}` is where a registrar of the scene serves. */
interface Row {
  readonly what: string;
  readonly run: string;
  /** Of each there is a line: its outcome, its check, and what its detail matches. */
  readonly lines: readonly (readonly [outcome: string, check: string, detail: RegExp])[];
  /** Default 7. */
  readonly code?: number;
}

const CA = "--ca rserpool-ca/ca.crt";
/** Of the registrars with faults, where nobody may resolve. */
const TEST_CA = "--ca test-ca.pem --as user";
const of = (name: string, dir = "rserpool-ca") =>
  `--cert ${dir}/${name}.example.org.crt --key ${dir}/${name}.example.org.key`;
const ELEMENT = `${CA} ${of("web-1")}`;
const HERE = "-r {asap} --enrp-registrar {enrp}";

const WELL: readonly Row[] = [
  {
    what: "a pool user who shows nothing",
    run: `-r {asap} ${CA} --as user`,
    lines: [
      ["ok", "certificates", /ca\.crt: the certificate of "CN=rserpool CA .*" is valid until 20/],
      [
        "ok",
        "asap",
        /^connected over TLS, without showing a certificate: it is "r1\.example\.org"$/,
      ],
      ["ok", "resolve", /^may resolve any pool$/],
    ],
    code: 0,
  },
  {
    what: "a pool element",
    run: `${HERE} ${ELEMENT} --pool web`,
    lines: [
      ["ok", "resolve", /^may resolve pool "web", which has no pool element now$/],
      ["ok", "register", /^may register in pool "web"/],
      ["ok", "enrp", /^it is the registrar 0x[0-9a-f]{8}$/],
      ["warning", "peers", /^may not read the list of peers$/],
    ],
    code: 0,
  },
  {
    what: "an operator, and what is without TLS",
    run: `${HERE} --plain {plain} ${CA} ${of("oncall")} --as operator`,
    lines: [
      ["ok", "peers", /^may read the list of peers: 1 peer$/],
      ["ok", "peers", /^peer 0x[0-9a-f]{8} at 127\.0\.0\.1:\d+ is active, heard/],
      ["ok", "table", /^may read the handle table/],
      ["ok", "plaintext", /^the port without TLS, 127\.0\.0\.1:\d+, only refuses: it wants TLS$/],
    ],
    code: 0,
  },
  {
    what: "a registrar",
    run: `--enrp-registrar {enrp} ${CA} ${of("r2")} --as registrar`,
    lines: [["unchecked", "registrar", /whether it may be a peer is not asked/]],
    code: 0,
  },
  {
    what: "a key",
    run: "-r {psk} --psk-file keys.psk --pool web --as element",
    lines: [
      ["ok", "psk", /keys\.psk: the key of the identity "web-1" can be used/],
      ["ok", "register", /may register in pool "web"/],
    ],
    code: 0,
  },
  {
    what: "no security at all is warned of",
    run: "-r {open} --as user",
    lines: [["warning", "plaintext", /it is without security: whoever reaches it may read and/]],
    code: 0,
  },
  {
    what: "a registrar without security beside a secured one is warned of",
    run: `-r {asap} --plain {open} ${CA} --as user`,
    lines: [["warning", "plaintext", /^the port without TLS, 1.* is without security: whoever/]],
    code: 0,
  },
  {
    what: "a secured registrar that lets those without TLS resolve is warned of",
    run: `-r {asap} --plain {plain2} ${CA} --as user`,
    lines: [["warning", "plaintext", /answers pool users without TLS: nobody proves to them who/]],
    code: 0,
  },
  {
    what: "no port without TLS",
    run: `-r {asap} --plain 127.0.0.1:1 ${CA} --as user`,
    lines: [[
      "ok",
      "plaintext",
      /nothing is reached without TLS at 127\.0\.0\.1:1 \(connection ref/,
    ]],
    code: 0,
  },
  {
    what: "a registrar's own host",
    run: `--config security.yaml ${CA} ${of("r1")}`,
    lines: [
      ["ok", "psk", /keys\.psk: has the key of 1 identity$/],
      ["ok", "permissions", /identities: 4 entries, none of which hides another/],
      ["unchecked", "listeners", /the certificate has r1\.example\.org, 127\.0\.0\.1$/],
    ],
    code: 0,
  },
  {
    what: "a registrar's own host, and the registrar",
    run: `--config security.yaml -r {asap} ${CA} ${of("r1")}`,
    lines: [["ok", "permissions", /./], ["ok", "resolve", /^may resolve any pool$/]],
    code: 0,
  },
  {
    what: "a certificate that expires soon is warned of",
    run: "-r {soon} --ca test-ca.pem --cert soon.pem --key soon.key --as registrar",
    lines: [["warning", "certificates", /soon\.pem: .* expires on 20\d\d-/]],
    code: 0,
  },
];

const FILES: readonly Row[] = [
  {
    what: "a file that is missing",
    run: "-r {asap} --ca none.crt",
    lines: [
      ["wrong", "certificates", /cannot read the trusted certificates none\.crt: no such file/],
      ["unchecked", "asap", /no registrar is asked: the files above are wrong/],
    ],
  },
  {
    what: "a key that others can read",
    run: `-r {asap} ${CA} --cert rserpool-ca/web-1.example.org.crt --key shared.key`,
    lines: [["wrong", "certificates", /shared\.key has mode 0644.* chmod 600/]],
  },
  {
    what: "a key of another certificate",
    run: `-r {asap} ${CA} --cert rserpool-ca/web-1.example.org.crt --key soon.key`,
    lines: [["wrong", "certificates", /soon\.key: the key does not belong to .* in .*web-1/]],
  },
  {
    what: "an own certificate that has expired",
    run: `-r {asap} ${CA} --cert expired.pem --key expired.key`,
    lines: [[
      "wrong",
      "certificates",
      /expired\.pem: .* expired on 2026-01-02T03:04:05Z; the clock of this host says 20\d\d-/,
    ]],
  },
  {
    what: "an own certificate that is revoked",
    run: `-r {asap} ${CA} ${of("gone")}`,
    lines: [["wrong", "certificates", /gone\.example\.org\.crt: .* was revoked on 20\d\d-/]],
  },
  {
    what: "an own certificate of another authority",
    run: `-r {asap} ${CA} ${of("web-1", "other")} --as user`,
    lines: [
      ["warning", "certificates", /was issued by "CN=rserpool CA .*", which is not in rserpool-ca/],
      ["wrong", "asap", /it refuses the certificate of --cert, for without it it answers/],
    ],
  },
  {
    what: "no role in the certificate of a registrar",
    run: `--enrp-registrar {enrp} ${ELEMENT} --as registrar`,
    lines: [
      ["wrong", "certificates", /has not the role of a registrar \(URI rserpool:registrar\)/],
      ["wrong", "peers", /may not read the list of peers/],
    ],
  },
  {
    what: "a file of keys that others can read",
    run: "-r {psk} --psk-file shared.psk",
    lines: [["wrong", "psk", /shared\.psk has mode 0644/]],
  },
];

const CONFIGURATIONS: readonly Row[] = [
  {
    what: "a registrar's own host with a certificate without a role",
    run: `--config security.yaml ${ELEMENT}`,
    lines: [
      ["wrong", "certificates", /web-1\.example\.org" is not for a TLS server \(serverAuth\)$/],
      ["wrong", "certificates", /has not the role of a registrar/],
    ],
  },
];

const REGISTRARS: readonly Row[] = [
  {
    what: "nobody there",
    run: `-r 127.0.0.1:1 ${CA} --as user`,
    lines: [["wrong", "asap", /^connection refused$/]],
  },
  {
    what: "an unknown host",
    run: `-r none.invalid:3864 ${CA} --as user`,
    lines: [["wrong", "asap", /host "none\.invalid" is unknown/]],
  },
  {
    what: "one that is silent",
    run: `-r {silent} ${CA} --as user --timeout 300ms`,
    lines: [["wrong", "asap", /^it is connected, but TLS was not finished in time$/]],
  },
  {
    what: "no TLS at that port",
    run: `-r {plain} ${CA} --as user`,
    lines: [["wrong", "asap", /no TLS is spoken at that port: a registrar answers there without$/]],
  },
  {
    what: "TLS where none is expected",
    run: "-r {asap} --as user",
    lines: [["wrong", "asap", /closed the connection .* perhaps TLS is spoken there \(--ca FILE/]],
  },
  {
    what: "a secured registrar without TLS",
    run: "-r {plain} --as user",
    lines: [["wrong", "plaintext", /it refuses whoever comes without security: ask it over TLS/]],
  },
  {
    what: "another protocol",
    run: `-r {enrp} ${CA} --as user`,
    lines: [["wrong", "asap", /ENRP is spoken there, not ASAP$/]],
  },
  {
    what: "another name",
    run: `-r localhost:{port} ${CA} --as user`,
    lines: [["wrong", "asap", /is not for localhost: it has r1\.example\.org, 127\.0\.0\.1$/]],
  },
  {
    what: "another authority",
    run: "-r {asap} --ca other/ca.crt --as user",
    lines: [["wrong", "asap", /the certificate of "CN=r.*" .* not in other\/ca\.crt$/]],
  },
  {
    what: "no role",
    run: `-r {roleless} ${TEST_CA}`,
    lines: [["wrong", "asap", /"CN=r1\.example\.org" has not the role of a registrar/]],
  },
  {
    what: "a certificate that has expired",
    run: `-r {expired} ${TEST_CA}`,
    lines: [["wrong", "asap", /expired on 2026-01-02T03:04:05Z; the clock of this host says 20/]],
  },
  {
    what: "a certificate of the future",
    run: `-r {early} ${TEST_CA}`,
    lines: [["wrong", "asap", /is not valid before 2126-01-01T00:00:00Z.* clock .* says 20/]],
  },
  {
    what: "a certificate that expires soon, and nothing allowed",
    run: `-r {soon} ${TEST_CA}`,
    lines: [
      ["warning", "asap", /the certificate of "CN=r1\.example\.org" expires on 20\d\d-/],
      ["wrong", "resolve", /may not resolve any pool; --pool POOL asks for a certain one/],
    ],
  },
  {
    what: "another key",
    run: "-r {psk} --psk-file wrong.psk --as user",
    lines: [["wrong", "asap", /key with identity "web-1" was refused: it is unknown there, or/]],
  },
  {
    what: "keys at a port of certificates",
    run: "-r {asap} --psk-file keys.psk --as user",
    lines: [["wrong", "asap", /perhaps TLS with certificates is spoken there \(--ca FILE\)$/]],
  },
  {
    what: "certificates at a port of keys",
    run: `-r {psk} ${CA} --as user`,
    lines: [["wrong", "asap", /perhaps TLS with pre-shared keys is spoken there \(--psk-file/]],
  },
  {
    what: "a pool in which it may not register",
    run: `-r {asap} ${ELEMENT} --pool mail --as element`,
    lines: [["wrong", "register", /^may not register in pool "mail"$/]],
  },
  {
    what: "an identity that may nothing",
    run: `-r {strict} --enrp-registrar {strictEnrp} ${CA} ${of("oncall")}`,
    lines: [
      ["warning", "resolve", /may not resolve any pool/],
      ["warning", "table", /may not read the handle table/],
      ["wrong", "permissions", /nothing that was asked is allowed to this identity/],
    ],
  },
  {
    what: "an identity that may nothing in a pool",
    run: `-r {strict} ${CA} ${of("oncall")} --pool web`,
    lines: [["wrong", "permissions", /this identity may do nothing in the pool/]],
  },
  {
    what: "one of two registrars",
    run: `-r {asap} -r 127.0.0.1:1 ${CA} --as user`,
    lines: [["ok", "resolve", /./], ["wrong", "asap", /^connection refused$/]],
  },
];

Deno.test("doctor says what works and what does not", async (t) => {
  await using scratch = await Scratch.make();
  const scene = await setScene(scratch);
  // Whoever connects is let in by the system, and hears nothing.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const places = { ...scene, silent: `127.0.0.1:${silent.addr.port}` };
  const secrets = await secretsOf(scratch);
  for (const row of [...WELL, ...FILES, ...CONFIGURATIONS, ...REGISTRARS]) {
    await t.step(row.what, () => check(scratch, row, places, secrets));
  }
});

Deno.test("for people each finding is a line, with its mark first", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar();
  const { code, stdout, stderr } = await scratch.run(["doctor", "-r", at.asap, "--as", "user"]);
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual(lines[0]!.split(/ +/), ["OUTCOME", "REGISTRAR", "CHECK", "DETAIL"]);
  const marks = lines.slice(1).map((line) => line.split(/ +/, 3).join(" "));
  assert.deepEqual(marks, [
    `ok ${at.asap} asap`,
    `warning ${at.asap} plaintext`,
    `ok ${at.asap} resolve`,
  ]);
});

Deno.test("doctor disturbs neither an element of its own identity nor the registrar", async () => {
  await using scratch = await Scratch.make();
  const { asap, enrp } = await setRegistrar(scratch);
  const own = ["-r", asap, "--enrp-registrar", enrp, ...ELEMENT.split(" ")];
  const { identifier } = await scratch.serve("register", ["web", "--port", "80", ...own]).ready();
  const ask = async () => {
    const { code, stdout } = await scratch.run(["dump", ...own, "-o", "json"]);
    assert.equal(code, 0);
    return JSON.parse(stdout);
  };
  const before = await ask();
  assert.equal(before.pools[0].poolElements[0].identifier, identifier);
  const { code, stdout } = await scratch.run(["doctor", ...own, "--pool", "web"]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /may resolve pool "web", which has 1 pool element\n/);
  assert.match(stdout, /may register in pool "web"/);
  assert.deepEqual(await ask(), before);
});

interface Answer {
  readonly checks: readonly Readonly<Record<"outcome" | "check" | "detail", string>>[];
}

async function check(
  scratch: Scratch,
  { run, lines, code: expected = 7 }: Row,
  places: Places,
  secrets: readonly string[],
): Promise<void> {
  const words = run.replace(/\{(\w+)\}/g, (_, name) => places[name]!).split(" ");
  const { code, stdout, stderr } = await scratch.run(["doctor", ...words, "-o", "json"]);
  const shown = `${words.join(" ")}: exit ${code}\n${stdout}${stderr}`;
  assert.equal(code, expected, shown);
  assert.match(stderr, expected === 0 ? /^$/ : /^rserpool: (1 thing is|\d+ things are) wrong\n$/);
  const { checks }: Answer = JSON.parse(stdout);
  for (const [outcome, check, detail] of lines) {
    const found = checks.some((each) =>
      each.outcome === outcome && each.check === check && detail.test(each.detail)
    );
    assert.ok(found, `no line ${outcome} ${check} ${detail} in\n${shown}`);
  }
  const hasWrong = checks.some(({ outcome }) => outcome === "wrong");
  assert.equal(hasWrong, expected !== 0, shown);
  for (const secret of secrets) assert.ok(!shown.includes(secret), "a key is told");
}

/** Keys that must not be told. */
async function secretsOf({ folder }: Scratch): Promise<string[]> {
  const files = ["keys.psk", "wrong.psk"].map((name) => Deno.readTextFile(`${folder}/${name}`));
  return (await Promise.all(files)).map((text) => text.trim().split(":")[1]!);
}
