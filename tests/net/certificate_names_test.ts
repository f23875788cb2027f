/** Which names a certificate has, which one is its holder's, and whether it is the one dialled. */
import assert from "node:assert/strict";
import {
  type AlternativeNames,
  nameOf,
  NO_NAMES,
  parseAlternativeNames,
} from "../../lib/net/certificate_name.ts";
import { DerMalformed } from "../../lib/net/der.ts";
import { matchesReference, referenceIdentity } from "../../lib/net/reference_identity.ts";
import { parseCertificate } from "../../lib/net/parsed_certificate.ts";
import { elementCertificate } from "./certificate_pair.ts";

function names(dns: string[], addresses: number[][] = []): AlternativeNames {
  return { ...NO_NAMES, dns, addresses: addresses.map((bytes) => Uint8Array.from(bytes)) };
}

/** Host dialled, names of the certificate, whether it is for that host. */
const MATCHES: readonly (readonly [string, AlternativeNames, boolean])[] = [
  ["a.example.com", names(["a.example.com"]), true],
  ["A.Example.COM", names(["a.example.com"]), true],
  ["a.example.com.", names(["a.EXAMPLE.com"]), true],
  ["a.example.com", names(["*.example.com"]), true],
  ["example.com", names(["*.example.com"]), false],
  ["a.b.example.com", names(["*.example.com"]), false],
  ["ab.example.com", names(["a*.example.com"]), false],
  ["a.b.example.com", names(["a.*.example.com"]), false],
  ["localhost", names(["*"]), false],
  ["a.example.com", names(["*.*.com"]), false],
  ["bücher.example", names(["xn--bcher-kva.example"]), true],
  ["bücher.example", names(["bücher.example"]), false],
  ["b.example.com", names(["a.example.com", "b.example.com"]), true],
  ["192.0.2.1", names([], [[192, 0, 2, 1]]), true],
  ["::ffff:192.0.2.1", names([], [[192, 0, 2, 1]]), true],
  ["192.0.2.1", names(["192.0.2.1"]), false],
  ["192.0.2.1", names([], [[192, 0, 2, 1, 255, 255, 255, 255]]), false],
  ["::1", names([], [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]), true],
  ["0:0:0:0:0:0:0:1", names([], [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]), true],
  ["fe80::1%lo", names([], [[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]), true],
  ["192.0.2.2", names([], [[192, 0, 2, 1]]), false],
];

Deno.test("a host matches a certificate as RFC 5352 §9.2 says", () => {
  for (const [host, has, isMatch] of MATCHES) {
    const reference = referenceIdentity(host);
    assert.ok(reference, host);
    assert.equal(matchesReference(reference, has), isMatch, `${host}: ${has.dns}`);
  }
});

Deno.test("what cannot be a host name is nobody's name", () => {
  for (const host of ["", "a b", "a..b", "-a.example", "a_b.example", "127.1", "0x7f000001"]) {
    assert.equal(referenceIdentity(host), undefined, host);
  }
});

/** An encoded subjectAltName of names of short texts: tag 0x82 is a dNSName, 0x86 a URI. */
function encoded(...parts: readonly (readonly [number, string])[]): Uint8Array {
  const content = parts.flatMap(([tag, text]) => [
    tag,
    text.length,
    ...Array.from(text, (character) => character.charCodeAt(0)),
  ]);
  return Uint8Array.from([0x30, content.length, ...content]);
}

Deno.test("names are read from their encoding: separators and quotes forge no other name", () => {
  const forged = 'a.example,DNS:b.example"';
  assert.deepEqual(parseAlternativeNames(encoded([0x82, forged], [0x86, "urn:x,URI:y"])), {
    dns: [forged],
    uris: ["urn:x,URI:y"],
    addresses: [],
  });
});

Deno.test("a name with a character that no name may have is no name, and no certificate", () => {
  for (const name of ["a.example\0.evil", "a b", "a\n", "\u00fc", "a\x7f"]) {
    assert.throws(() => parseAlternativeNames(encoded([0x82, name])), DerMalformed, name);
  }
});

Deno.test("the first URI that is no role names the holder, else the first DNS name", () => {
  const role = "rserpool:registrar";
  assert.equal(nameOf({ ...NO_NAMES, dns: ["A.Example"], uris: [role, "urn:a"] }), "urn:a");
  assert.equal(nameOf({ ...NO_NAMES, dns: ["A.Example", "b"], uris: [role] }), "a.example");
  assert.equal(nameOf({ ...NO_NAMES, uris: [role, "rserpool:other"] }), undefined);
  assert.equal(nameOf({ ...NO_NAMES, uris: ["RSerPool:registrar"] }), undefined);
});

Deno.test("a URI has nobody's DNS name, and a DNS name nobody's URI", () => {
  const uris = ["web-1.example.org", "//web-1.example.org", "1:a"];
  assert.equal(nameOf({ ...NO_NAMES, dns: ["web-2.example.org"], uris }), "web-2.example.org");
  assert.equal(nameOf({ ...NO_NAMES, uris }), undefined);
  assert.equal(nameOf({ ...NO_NAMES, dns: ["urn:a"] }), undefined);
});

Deno.test("bytes that are no certificate, cut or changed anywhere, are nothing worse", () => {
  const right = new Uint8Array(elementCertificate.certificate.rawData);
  assert.equal(parseCertificate(right).subject, "CN=web-1.example.org");
  for (let offset = 0; offset < right.length; offset++) {
    assert.throws(() => parseCertificate(right.subarray(0, offset)), DerMalformed);
    for (const flip of [0x01, 0x80, 0xff]) {
      const changed = right.slice();
      changed[offset]! ^= flip;
      try {
        parseCertificate(changed);
      } catch (error) {
        assert.ok(error instanceof DerMalformed, `byte ${offset} ^ ${flip}: ${error}`);
      }
    }
  }
});
