/** `doctor --config FILE`: the files and permissions of a registrar's own host, in memory. */

import assert from "node:assert/strict";
import * as api from "../../../mod.ts";
import { type CertificateWish, makeAuthority, REGISTRAR } from "../../net/certificates.ts";
import { type Given, run } from "../fake_world.ts";

const KEY = "00112233445566778899aabbccddeeff";
const DAY_MS = 24 * 60 * 60 * 1000;
const OWN = "--ca ca.pem --cert r1.pem --key r1.key";
const RIGHT: CertificateWish = {
  names: ["r1.example.org", "*.lab.example.org"],
  ips: ["192.0.2.1", "2001:db8::1"],
  uris: [REGISTRAR],
};

const authority = await makeAuthority();

/** The files of a host whose registrar has such a certificate. */
async function filesOf(wish: CertificateWish = {}): Promise<Record<string, string>> {
  const { cert, key } = await authority.issue({ ...RIGHT, ...wish });
  return {
    "ca.pem": authority.ca.text,
    "r1.pem": cert.text,
    "r1.key": key.text,
    "keys.psk": `web-1:${KEY}\nweb-2:${KEY}\n`,
    "bare.psk": `${KEY}\n`,
  };
}

const files = await filesOf();

/** The lines but for those that say that a certificate is valid. */
async function doctor(section: string, line = OWN, given: Given = {}) {
  const config = { "own.yaml": section };
  const all = { ...files, ...given.files, ...config };
  const ran = await run(`doctor --config own.yaml ${line} -o json`, { ...given, api, files: all });
  assert.ok(!(ran.stdout + ran.stderr).includes(KEY), "a key is told");
  if (ran.stdout === "") return { ...ran, lines: [] };
  const { checks }: { checks: Record<string, string | null>[] } = JSON.parse(ran.stdout);
  const lines = checks.map(({ registrar, outcome, check, detail }) => {
    assert.equal(registrar, null, "nobody is asked");
    return `${outcome} ${check}: ${detail}`;
  }).filter((line) => !/^ok certificates: .* is valid until /.test(line));
  return { ...ran, lines };
}

const SECTION = `security:
  psk-keys: keys.psk
  identities:
    - {certificate: web-1.example.org, register: [web]}
    - {psk: "web-*", register: [web]}
`;
const NO_ADDRESS = "unchecked listeners: the configuration says no address of asap-tls and " +
  "enrp-tls (default 127.0.0.1); the certificate has r1.example.org, *.lab.example.org, " +
  "192.0.2.1, 2001:db8::1";

Deno.test("a right configuration: each file is named, and exit is 0", async () => {
  const { code, lines, stderr } = await doctor(SECTION);
  assert.equal(code, 0, stderr);
  assert.deepEqual(lines, [
    "ok psk: keys.psk: has the keys of 2 identities",
    "ok permissions: identities: 2 entries, none of which hides another",
    NO_ADDRESS,
  ]);
});

Deno.test("the certificate is that of the registrar, not of clients", async () => {
  const paths = "ca: ca.pem\ncert: r1.pem\nkey: r1.key\nclient:\n  cert: none.pem\n";
  const { code, lines } = await doctor(paths + SECTION, "");
  assert.equal(code, 0);
  assert.ok(lines.includes(NO_ADDRESS), lines.join("\n"));
});

const FAULTS: readonly (readonly [what: string, CertificateWish, words: RegExp])[] = [
  ["no role", { uris: [] }, /r1\.pem: .* has not the role of a registrar \(URI rserpool:reg/],
  ["no name", { names: [], uris: [REGISTRAR] }, /r1\.pem: .* names nobody/],
  ["expired", { notBefore: new Date(0), notAfter: new Date(DAY_MS) }, /expired on 1970-01-02T/],
  ["for clients", { eku: ["client"] }, /r1\.pem: .* is not for a TLS server \(serverAuth\)/],
  ["early", { notBefore: new Date("2126-01-01"), notAfter: new Date("2127-01-01") }, /before 2126/],
];

for (const [what, wish, words] of FAULTS) {
  Deno.test(`a registrar's certificate with a fault: ${what}`, async () => {
    const { code, lines } = await doctor(SECTION, OWN, { files: await filesOf(wish) });
    assert.equal(code, 7);
    const wrong = lines.filter((line) => line.startsWith("wrong certificates: "));
    assert.equal(wrong.length, 1, lines.join("\n"));
    assert.match(wrong[0]!, words);
  });
}

Deno.test("a registrar's certificate that is not for peers is warned of", async () => {
  const { code, lines } = await doctor(SECTION, OWN, { files: await filesOf({ eku: ["server"] }) });
  assert.equal(code, 0);
  assert.match(lines[0]!, /^warning certificates: r1\.pem: .* not for a TLS client .* no peer can/);
});

Deno.test("a registrar's certificate of an authority that is not trusted is wrong", async () => {
  const other = await makeAuthority({ subject: "Other" });
  const { cert, key } = await other.issue(RIGHT);
  const foreign = { "r1.pem": cert.text, "r1.key": key.text };
  const { code, lines } = await doctor(SECTION, OWN, { files: foreign });
  assert.equal(code, 7);
  assert.match(lines[0]!, /^wrong certificates: .* issued by "CN=Other", which is not in ca\.pem$/);
});

const FILES: readonly (readonly [section: string, line: string, words: RegExp, given?: Given])[] = [
  [SECTION, "--ca none.pem --cert r1.pem --key r1.key", /cannot read .* none\.pem: no such file/],
  [SECTION, "--ca ca.pem --cert none.pem --key r1.key", /the certificate none\.pem: no such file/],
  [SECTION, OWN, /r1\.key has mode 0640/, { modes: { "r1.key": 0o640 } }],
  [SECTION, "--ca ca.pem --cert r1.pem", /a registrar's certificate needs --key, too/],
  [SECTION, OWN, /keys\.psk has mode 0644/, { modes: { "keys.psk": 0o644 } }],
  ["security: {psk-keys: none.psk}", OWN, /cannot read the pre-shared keys none\.psk/],
  ["security: {psk-keys: bare.psk}", OWN, /bare\.psk has a key without an identity/],
  ["security: {read: everyone}", "", /own\.yaml:1:1: nobody can prove anything/],
  [
    'security: {psk-peers: {"192.0.2.2": {identity: r9, file: keys.psk}}}',
    OWN,
    /keys\.psk has no key for the identity "r9"/,
  ],
];

Deno.test("files of a registrar that are missing or wrong", async () => {
  for (const [section, line, words, given] of FILES) {
    const { code, lines, stderr } = await doctor(section, line, given);
    assert.equal(code, 7, `${words} ${stderr}`);
    const found = lines.some((each) => each.startsWith("wrong ") && words.test(each));
    assert.ok(found, `no ${words} in\n${lines.join("\n")}`);
  }
});

Deno.test("of several files each that is missing is told", async () => {
  const { lines } = await doctor(SECTION, "--ca ca.pem --cert none.pem --key none.key");
  const wrong = lines.filter((line) => line.startsWith("wrong certificates: "));
  assert.equal(wrong.length, 2, lines.join("\n"));
});

Deno.test("permissions that do not mean what they seem to", async () => {
  const { code, lines } = await doctor(`security:
  psk-keys: keys.psk
  identities:
    - {certificate: "*.example.org", register: [web]}
    - {certificate: web-1.example.org, operate: true}
    - {certificate: "web-*", operate: true}
    - {certificate: ["a.org", "*.example.org"], registrar: false}
    - {psk: [web-1, web-9], read: ["*"]}
    - {psk: "web-*", name: rest, registrar: false}
`);
  assert.equal(code, 0);
  const first = '"*.example.org" in entry 1';
  assert.deepEqual(lines.slice(1, -1), [
    "warning permissions: entry 4 of identities allows nothing",
    "warning permissions: entry 6 of identities allows nothing",
    'warning permissions: entry 5 of identities: no key is accepted of "web-9": it names nobody',
    'warning permissions: entry 2 of identities: certificate "web-1.example.org" has no effect: ' +
    `${first} comes first, and the first counts`,
    'warning permissions: entry 3 of identities: certificate "web-*" overlaps with ' +
    `${first}: for who fits both the first counts`,
    'warning permissions: entry 4 of identities: certificate "*.example.org" has no effect: ' +
    `${first} comes first, and the first counts`,
  ]);
});

Deno.test("keys that nobody names, and a section that allows nothing", async () => {
  const { lines } = await doctor("security: {psk-keys: keys.psk}");
  assert.deepEqual(lines.slice(1, -1), [
    'warning permissions: psk-keys accepts the identity "web-1", which no entry of identities ' +
    "names",
    'warning permissions: psk-keys accepts the identity "web-2", which no entry of identities ' +
    "names",
    "warning permissions: own.yaml:1:1: security: allows nobody anything",
  ]);
});

Deno.test("the addresses listened on, and whether the certificate is for them", async () => {
  const { code, lines, stderr } = await doctor(`${SECTION}registrar:
  asap-tls: [192.0.2.1, "192.0.2.9:1", "x.lab.example.org:3864", lab.example.org]
  enrp-tls: ["[2001:db8::1]:0", 0.0.0.0]
  advertise-enrp: 192.0.2.7:9902
`);
  assert.equal(code, 0, stderr);
  const found = lines.filter((line) => line.includes(" listeners: "));
  const expected = [
    /^ok listeners: own\.yaml:7:13: asap-tls: the certificate is for 192\.0\.2\.1$/,
    /^warning listeners: .*: the certificate is not for 192\.0\.2\.9: it has .*--server-name$/,
    /^ok listeners: .*asap-tls: the certificate is for x\.lab\.example\.org$/,
    /^warning listeners: .*asap-tls: the certificate is not for lab\.example\.org: it has/,
    /^ok listeners: own\.yaml:8:13: enrp-tls: the certificate is for 2001:db8::1$/,
    /^unchecked listeners: .* 0\.0\.0\.0 stands for all addresses of this host; the certificate/,
    /^warning listeners: .*advertise-enrp: the certificate is not for 192\.0\.2\.7: it has/,
  ];
  assert.equal(found.length, expected.length, found.join("\n"));
  for (const [index, words] of expected.entries()) assert.match(found[index]!, words);
});

Deno.test("what cannot be asked is exit 2, and nothing is printed", async () => {
  const rows: readonly (readonly [line: string, words: RegExp])[] = [
    ["doctor --as root", /--as: "root" is not one of user, element, operator, registrar/],
    ["doctor --discover", /doctor asks the registrars that are named: give -r/],
    ["doctor --pool hex:0a0", /the pool handle "hex:0a0" is wrong/],
    ["doctor --cert r1.pem", /TLS needs --ca FILE/],
    ["doctor --ca ca.pem --psk-file keys.psk", /--ca and --psk-file exclude each other/],
    ["doctor --config none.yaml", /cannot read the configuration file none\.yaml/],
    ["doctor web", /too many arguments for 'doctor'/],
  ];
  for (const [line, words] of rows) {
    const { code, stdout, stderr } = await run(line, { files, api });
    assert.equal(code, 2, `${line}: ${stderr}`);
    assert.equal(stdout, "", line);
    assert.match(stderr, words);
  }
});
