/** The section `security:` of the configuration file. */

import assert from "node:assert/strict";
import { parseConfiguration } from "../../cli/config.ts";
import type { SecuritySection } from "../../cli/security_section.ts";

function read(text: string, file = "c.yaml"): SecuritySection {
  return parseConfiguration(text, file, {}).security!;
}

/** A section of one identity. */
const one = (lines: string) => `security:\n  identities:\n    - ${lines}\n`;

Deno.test("a file without the section has none", () => {
  assert.equal(read("timeout: 5s\n"), undefined);
});

const EVERYTHING = `# comment
timeout: 5s
security:
  read: everyone
  allow-insecure-resolution: true
  identities:
    - certificate: Web-1.Example.org
      register: [web, "mail-*"]
      addresses: [192.0.2.0/24, "2001:db8::/32", 198.51.100.7]
    - certificate: ["*.registrars.example.org", "*.bücher.example"]
      registrar: true
    - name: r2
      psk: [r2-to-r1, r1-to-r2]
      registrar: true
    - psk: oncall
      operate: true
      read: "*"
    - certificate: urn:uuid:F81D4FAE-7dec
      register: 7
  psk-keys: keys.psk
  psk-peers:
    192.0.2.2: {identity: r1-to-r2, file: r1-to-r2.psk}
    "[2001:DB8::2]:7": {identity: r1-to-r3, file: /run/r3.psk}
  rates: {registrations-per-second: 20, burst-seconds: 0.5}
`;

Deno.test("it says who may do what", () => {
  const section = read(EVERYTHING, "/etc/rserpool/c.yaml");
  assert.deepEqual(section, {
    where: "/etc/rserpool/c.yaml:3:1",
    read: ["*"],
    allowInsecureResolution: true,
    identities: [
      {
        proofs: [{ kind: "certificate", name: "web-1.example.org" }],
        register: ["web", "mail-*"],
        addresses: [
          { address: "192.0.2.0", bits: 24 },
          { address: "2001:db8::", bits: 32 },
          { address: "198.51.100.7", bits: 32 },
        ],
      },
      {
        proofs: [
          { kind: "certificate", name: "*.registrars.example.org" },
          { kind: "certificate", name: "*.xn--bcher-kva.example" },
        ],
        registrar: true,
      },
      {
        name: "r2",
        proofs: [{ kind: "psk", name: "r2-to-r1" }, { kind: "psk", name: "r1-to-r2" }],
        registrar: true,
      },
      { proofs: [{ kind: "psk", name: "oncall" }], operate: true, read: ["*"] },
      {
        proofs: [{ kind: "certificate", name: "urn:uuid:F81D4FAE-7dec" }],
        register: ["7"],
      },
    ],
    rates: { registrationsPerSecond: 20, burstSeconds: 0.5 },
    pskKeys: "/etc/rserpool/keys.psk",
    pskPeers: new Map([
      ["192.0.2.2:19902", { identity: "r1-to-r2", file: "/etc/rserpool/r1-to-r2.psk" }],
      ["[2001:db8::2]:7", { identity: "r1-to-r3", file: "/run/r3.psk" }],
    ]),
  });
});

Deno.test("what it does not say is allowed to nobody", () => {
  assert.deepEqual(read("security: {}\n"), {
    where: "c.yaml:1:1",
    identities: [],
    read: undefined,
    allowInsecureResolution: false,
    rates: undefined,
    pskKeys: undefined,
    pskPeers: new Map(),
  });
});

Deno.test("patterns of pools for everyone; a pool of that name stands in a list", () => {
  assert.deepEqual(read("security: {read: [web, everyone]}\n").read, ["web", "everyone"]);
  assert.deepEqual(read("security: {read: 'web-*'}\n").read, ["web-*"]);
});

Deno.test("a wrong word for every pool is no pool, unless it is in a list", () => {
  for (const word of ["all", "Any", "everybody", "true", "yes", "everyon", "evryone", "Everyone"]) {
    const quoted = JSON.stringify(word);
    assert.throws(() => read(`security:\n  read: ${quoted}\n`), {
      message: `c.yaml:2:9: read: for every pool write everyone; ` +
        `for a pool of the name ${quoted} write [${quoted}]`,
    });
    assert.deepEqual(read(`security: {read: [${quoted}]}\n`).read, [word]);
    for (const key of ["read", "register"]) {
      assert.throws(() => read(one(`certificate: a\n      ${key}: ${quoted}`)), {
        message: `c.yaml:4:${9 + key.length}: ${key}: for every pool write "*"; ` +
          `for a pool of the name ${quoted} write [${quoted}]`,
      });
    }
  }
  assert.throws(() => read(one("certificate: a\n      read: everyone")), /write "\*"; for a pool/);
  for (const pool of ["web", "event", "al", "everyone-2-of-us"]) {
    assert.deepEqual(read(`security: {read: ${pool}}\n`).read, [pool]);
  }
  assert.deepEqual(read("security: {read: '*'}\n").read, ["*"]);
});

const WRONG: [text: string, words: RegExp][] = [
  ["security:\n", /^c\.yaml:1:10: security: this must be a mapping$/],
  ["security: [x]\n", /^c\.yaml:1:11: security: this must be a mapping$/],
  ["secruity: {}\n", /^c\.yaml:1:1: unknown key "secruity" \(did you mean security\?\)$/],
  [
    "security:\n  identites: []\n",
    /^c\.yaml:2:3: unknown key "identites" \(did you mean identities\?\)$/,
  ],
  [
    one("certificate: a\n      regsiter: web"),
    /^c\.yaml:4:7: unknown key "regsiter" \(did you mean register\?\)$/,
  ],
  [
    "security:\n  rates: {report-per-second: 1}\n",
    /^c\.yaml:2:11: unknown key "report-per-second" \(did you mean reports-per-second\?\)$/,
  ],
  [
    "security:\n  psk-peers:\n    h:\n      identity: a\n      flie: b\n",
    /^c\.yaml:5:7: unknown key "flie" \(did you mean file\?\)$/,
  ],
  ["security:\n  identities: {a: b}\n", /^c\.yaml:2:15: identities: this must be a list, each/],
  ["security:\n  identities:\n    - web\n", /^c\.yaml:3:7: identities: this must be a mapping$/],
  [
    one("register: web"),
    /^c\.yaml:3:7: identities: this says of nobody what it may: give certificate: NAME or psk/,
  ],
  [
    one("psk: a\n      addresses: 192.0.2.0/24"),
    /^c\.yaml:3:7: identities: addresses mean something with register only$/,
  ],
  [one("psk: a\n      registrar: yes"), /^c\.yaml:4:18: registrar: this must be true or false$/],
  [one("psk: a\n      operate: 1"), /^c\.yaml:4:16: operate: this must be true or false$/],
  [one("psk: []"), /^c\.yaml:3:12: psk: this list is empty$/],
  [one("psk: [a, {b: c}]"), /^c\.yaml:3:16: psk: this must be a single value$/],
  [one("psk: a:b"), /^c\.yaml:3:12: psk: the identity has a colon$/],
  [one(`psk: ${"a".repeat(65)}`), /psk: the identity has 65 bytes, more than 64$/],
  [one("certificate: ''"), /^c\.yaml:3:20: certificate: the name is empty$/],
  [one('certificate: "a\\nb"'), /certificate: the name has a character that cannot be seen$/],
  [one(`certificate: ${"a".repeat(256)}`), /certificate: the name has more than 255 characters$/],
  [one("certificate: bü cher"), /certificate: "bü cher" is no name of a host$/],
  [one("psk: a\n      register: [web, '']"), /^c\.yaml:4:23: register: the name is empty$/],
  [
    one("psk: a\n      register: web\n      addresses: [192.0.2.0/24, 192.0.2.1/24]"),
    /^c\.yaml:5:33: addresses: "192\.0\.2\.1\/24" has bits beyond its first 24, which must be 0$/,
  ],
  [
    one("psk: a\n      register: web\n      addresses: 192.0.2.0/33"),
    /^c\.yaml:5:18: addresses: "192\.0\.2\.0\/33" is no range of addresses/,
  ],
  [
    one("psk: a\n      register: web\n      addresses: 010.0.0.1"),
    /^c\.yaml:5:18: addresses: .*010\.0\.0\.1/,
  ],
  ["security:\n  read: [1, [2]]\n", /^c\.yaml:2:13: read: this must be a single value$/],
  ["security:\n  allow-insecure-resolution: 1\n", /allow-insecure-resolution: this must be true/],
  ["security:\n  psk-keys: ''\n", /^c\.yaml:2:13: psk-keys: the path is empty$/],
  ["security:\n  psk-peers: [h]\n", /^c\.yaml:2:14: psk-peers: this must be a mapping: HOST:PORT/],
  ["security:\n  psk-peers:\n    h: {file: b}\n", /^c\.yaml:3:8: h: this needs identity: NAME$/],
  ["security:\n  psk-peers:\n    h: {identity: b}\n", /^c\.yaml:3:8: h: this needs file: FILE$/],
  [
    "security:\n  psk-peers:\n    h:x: {identity: b, file: c}\n",
    /^c\.yaml:3:5: h:x: .*"x" is not a port/,
  ],
  [
    "security:\n  psk-peers:\n    h: {identity: b, file: c}\n    h:19902: {identity: b, file: c}\n",
    /^c\.yaml:4:5: h:19902: this is the same address as h$/,
  ],
  [
    "security:\n  rates: {resolutions-per-second: 0}\n",
    /^c\.yaml:2:35: resolutions-per-second: this must be a number above 0, and at most 1000000$/,
  ],
  ["security:\n  rates: {reports-per-second: 1000001}\n", /above 0, and at most 1000000$/],
  ["security:\n  rates: {connections-per-second: many}\n", /above 0, and at most 1000000$/],
  ["security:\n  rates: {handshakes-per-second: .inf}\n", /above 0, and at most 1000000$/],
  ["security:\n  rates: {burst-seconds: 3601}\n", /above 0, and at most 3600$/],
  [
    `security:\n  read: [${"a,".repeat(10_001)}]\n`,
    /^c\.yaml:2:9: read: this has more than 10000 entries$/,
  ],
];

for (const [text, words] of WRONG) {
  Deno.test(`wrong: ${JSON.stringify(text.slice(0, 70))}`, () => {
    assert.throws(() => read(text), { name: "UsageError", message: words });
  });
}
