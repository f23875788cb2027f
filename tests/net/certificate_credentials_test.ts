/** Credentials that cannot be used, or not for long: the file is named, and what is wrong. */
import assert from "node:assert/strict";
import {
  type CertificateCredentials,
  certificateTransport,
  certificateWarnings,
  CredentialsInvalid,
  describeCertificates,
} from "../../lib/net/mod.ts";
import {
  authority,
  elementCertificate,
  foreignAuthority,
  registrarCertificate,
} from "./certificate_pair.ts";
import { REGISTRAR } from "./certificates.ts";

const { cert, key } = registrarCertificate;
const { ca } = authority;
const encrypted =
  "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGb\n-----END ENCRYPTED PRIVATE KEY-----";
const crl = await foreignAuthority.revoke(elementCertificate);

const INVALID: readonly (readonly [CertificateCredentials, string, string])[] = [
  [{ ca: { ...ca, text: "" } }, "ca.pem", 'it holds no certificate ("BEGIN CERTIFICATE")'],
  [
    { ca: { ...ca, text: cert.text } },
    "ca.pem",
    'the certificate of "CN=r1.example.org" is not that of an authority',
  ],
  [
    { ca: { ...ca, text: ca.text + "\n" + crl } },
    "ca.pem",
    'it holds a revocation list of "CN=Test Authority" that no authority in this file has signed',
  ],
  [{ ca, cert }, "cert.pem", "the key of this certificate is not given"],
  [{ ca, key }, "cert.key", "the certificate of this key is not given"],
  [
    { ca, cert: { ...cert, text: key.text }, key },
    "cert.pem",
    'it holds no certificate ("BEGIN CERTIFICATE")',
  ],
  [
    { ca, cert, key: { ...key, text: cert.text } },
    "cert.key",
    'it holds no private key ("BEGIN PRIVATE KEY")',
  ],
  [
    { ca, cert, key: { ...key, text: encrypted } },
    "cert.key",
    "the key is encrypted; it must be without a passphrase",
  ],
  [
    { ca, cert, key: { ...key, text: encrypted.replaceAll("ENCRYPTED ", "") } },
    "cert.key",
    "the key cannot be read",
  ],
  [
    { ca, cert, key: elementCertificate.key },
    "cert.key",
    'the key does not belong to the certificate of "CN=r1.example.org" in cert.pem',
  ],
];

for (const [credentials, path, why] of INVALID) {
  Deno.test(`credentials are refused: ${path}: ${why}`, async () => {
    await assert.rejects(certificateTransport(credentials), (error) => {
      assert.ok(error instanceof CredentialsInvalid);
      assert.deepEqual([error.path, error.message], [path, `${path}: ${why}`]);
      return true;
    });
  });
}

Deno.test("what will soon be disbelieved is warned of", async () => {
  const notAfter = Date.now() + 30 * 86_400_000;
  const issued = await authority.issue({ ips: ["127.0.0.1"], notAfter: new Date(notAfter) });
  const credentials = authority.credentials(issued);
  const warnings = async (now: number = Date.now()) =>
    (await certificateWarnings(credentials, { now })).filter((line) => line.startsWith("cert.pem"));
  const always = [
    'cert.pem: the certificate of "CN=somebody" has not the role of a registrar ' +
    "(URI rserpool:registrar)",
    'cert.pem: the certificate of "CN=somebody" names nobody: it has neither a URI nor ' +
    "a DNS name as subjectAltName",
  ];
  assert.deepEqual(await warnings(), always);
  const [soon] = await warnings(notAfter - 13 * 86_400_000);
  assert.match(soon!, /^cert\.pem: the certificate of "CN=somebody" expires on \d{4}-/);
  const [late] = await warnings(notAfter + 2000);
  assert.match(late!, /^cert\.pem: the certificate of "CN=somebody" expired on \d{4}-/);
  assert.deepEqual(await certificateWarnings(authority.credentials(registrarCertificate)), []);
});

Deno.test("a certificate is described for people", async () => {
  const [description, ...more] = await describeCertificates(cert);
  assert.deepEqual(more, []);
  const { notBefore, notAfter, serial, fingerprint, ...rest } = description!;
  assert.deepEqual(rest, {
    subject: "CN=r1.example.org",
    issuer: "CN=Test Authority",
    name: "r1.example.org",
    isRegistrar: true,
    isAuthority: false,
    dnsNames: ["r1.example.org", "localhost"],
    addresses: ["127.0.0.1", "0:0:0:0:0:0:0:1"],
    uris: [REGISTRAR],
    uses: { server: true, client: true },
  });
  const { certificate } = registrarCertificate;
  const seconds = (date: Date) => Math.floor(+date / 1000);
  assert.equal(seconds(notBefore), seconds(certificate.notBefore));
  assert.equal(seconds(notAfter), seconds(certificate.notAfter));
  assert.equal(BigInt(`0x${serial}`), BigInt(`0x${certificate.serialNumber}`));
  const digest = new Uint8Array(await certificate.getThumbprint("SHA-256")).toHex();
  assert.equal(fingerprint.replaceAll(":", "").toLowerCase(), digest);
});
