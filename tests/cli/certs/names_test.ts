/** Which names a certificate may have, and what is said of the others. */

import assert from "node:assert/strict";
import {
  fileNameOf,
  MAX_CERTIFICATE_NAME,
  MAX_COMMON_NAME,
  parseAuthorityName,
  parseCertificateName,
  parseReachable,
  withoutTwins,
} from "../../../cli/certs/names.ts";

const GOOD: readonly (readonly [text: string, type: string, value: string])[] = [
  ["web-1", "dns", "web-1"],
  ["Web-1.Example.ORG.", "dns", "web-1.example.org"],
  ["bücher.example", "dns", "xn--bcher-kva.example"],
  ["_srv.example", "dns", "_srv.example"],
  ["urn:rserpool:web-1", "url", "urn:rserpool:web-1"],
  ["spiffe://example.org/web", "url", "spiffe://example.org/web"],
  ["https://r1.example.org:8443/x?y#z", "url", "https://r1.example.org:8443/x?y#z"],
];

for (const [text, type, value] of GOOD) {
  Deno.test(`${text} is a name`, () => {
    assert.deepEqual(parseCertificateName(text), { type, value });
  });
}

const BAD: readonly (readonly [text: string, reason: RegExp])[] = [
  ["", /the name is empty/],
  ["*.example.org", /would stand for many/],
  ["urn:*", /is not a URI/],
  ["10.0.0.1", /an IP address of a registrar goes to --address/],
  ["2130706433", /an IP address of a registrar goes to --address/],
  ["127.1", /goes to --address/],
  ["0x7f000001", /is no DNS name or URI/],
  ["a.1", /its last label is a number/],
  ["::1", /goes to --address/],
  ["[2001:db8::1]", /goes to --address/],
  ["web:8080", /looks like HOST:PORT/],
  ["rserpool:registrar", /kept for roles/],
  ["RSerPool:Registrar", /kept for roles/],
  ["ca", /the authority's own name/],
  ["CA.", /the authority's own name/],
  ["..", /is no DNS name or URI/],
  ["../../etc/passwd", /is no DNS name or URI/],
  ["/etc/passwd", /is no DNS name or URI/],
  ["a b", /is no DNS name or URI/],
  ["a\0b", /is no DNS name or URI/],
  ["a\n/CN=root", /is no DNS name or URI/],
  ["-rf", /is no DNS name or URI/],
  ["a,CN=admin", /is no DNS name or URI/],
  ["urn:a b", /is not a URI/],
  ["urn:a\u0000b", /is not a URI/],
  ["urn:ä", /is not a URI/],
  ["1urn:a", /is not a URI/],
  ["https://", /is not a URI/],
  ["x".repeat(64), /is no DNS name or URI/],
];

for (const [text, reason] of BAD) {
  Deno.test(`${JSON.stringify(text)} is no name`, () => {
    assert.throws(() => parseCertificateName(text), (error: unknown) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, reason);
      return true;
    });
  });
}

Deno.test("limits: MAX_CERTIFICATE_NAME, of the name of its file; MAX_COMMON_NAME", () => {
  const dns = `${"a".repeat(49)}.${"b".repeat(50)}.${"c".repeat(50)}.${"d".repeat(48)}`;
  assert.equal(dns.length, MAX_CERTIFICATE_NAME);
  assert.equal(parseCertificateName(dns).value, dns);
  assert.throws(() => parseCertificateName(`${dns}e`), /longer than 200 characters/);
  // Each colon is three characters in a file's name.
  const uri = `urn:${"x".repeat(MAX_CERTIFICATE_NAME - 6)}`;
  assert.equal(parseCertificateName(uri).value, uri);
  assert.throws(() => parseCertificateName(`${uri}x`), /longer than 200 characters/);
  assert.equal(parseAuthorityName("é".repeat(MAX_COMMON_NAME)), "é".repeat(64));
  assert.throws(() => parseAuthorityName("é".repeat(MAX_COMMON_NAME + 1)), /1 to 64/);
  assert.throws(() => parseAuthorityName(""), /1 to 64/);
  assert.throws(() => parseAuthorityName("a\u202eb"), /invisible/);
});

Deno.test("where a registrar is reached: IP addresses and hosts, in one spelling", () => {
  const read = (text: string) => Object.values(parseReachable(text)).join(" ");
  assert.equal(read("192.0.2.1"), "ip 192.0.2.1");
  assert.equal(read("2001:DB8:0::1"), "ip 2001:db8::1");
  assert.equal(read("[::1]"), "ip ::1");
  assert.equal(read("R1.Lan."), "dns r1.lan");
  const wrong = [
    "192.0.2.1:80",
    "[::1]:80",
    "fe80::1%eth0",
    "010.0.0.1",
    "a.1",
    "*.lan",
    "",
    "a/b",
  ];
  for (const text of wrong) {
    assert.throws(() => parseReachable(text), SyntaxError, text);
  }
});

Deno.test("no two names have one file, and none leaves the directory", () => {
  const names = ["web-1", "urn:web-1", "urn:web_1", "urn:web/1", "urn:web%2F1", "urn:web:1"];
  const files = names.map(fileNameOf);
  assert.equal(new Set(files).size, names.length);
  assert.deepEqual(files.slice(1, 4), ["urn%3Aweb-1", "urn%3Aweb_1", "urn%3Aweb%2F1"]);
  for (const file of files) assert.match(file, /^[A-Za-z0-9._%-]+$/);
});

Deno.test("a name that is said twice stands there once", () => {
  const r1 = { type: "dns", value: "r1" } as const;
  assert.deepEqual(withoutTwins([r1, { type: "url", value: "r1" }, { ...r1 }]), [
    r1,
    { type: "url", value: "r1" },
  ]);
});
