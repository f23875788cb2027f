/** Who is not let in by a certificate, in both TLS roles, and the words that say why. */
import assert from "node:assert/strict";
import { type CertificateTransport, certificateTransport } from "../../lib/net/mod.ts";
import { chainFault } from "../../lib/net/certificate_chain.ts";
import { loadCredentials } from "../../lib/net/loaded_credentials.ts";
import { parseCertificate } from "../../lib/net/parsed_certificate.ts";
import { Extension, KeyUsageFlags } from "../../cli/certs/x509.ts";
import {
  authority,
  CLIENT,
  dialFailure,
  element,
  ELEMENT_WISH,
  foreignAuthority,
  HERE,
  listen,
  registrar,
  REGISTRAR_WISH,
  registrarCertificate,
  SERVER,
} from "./certificate_pair.ts";
import {
  type CertificateWish,
  type Issued,
  makeAuthority,
  makeSelfSigned,
} from "./certificates.ts";

const PAST = new Date("2026-01-02T03:04:05Z");
const FUTURE = new Date("2046-01-02T03:04:05Z");
const LONG_AGO = new Date("2025-01-02T03:04:05Z");
const unknownCritical = new Extension("1.2.3.4", true, new Uint8Array([5, 0]));
const nameConstraints = new Extension("2.5.29.30", true, new Uint8Array([0x30, 0]));

/** What is wrong with a certificate, how to make it, and why it is refused. */
type Wrong = readonly [
  what: string,
  make: (wish: CertificateWish) => Promise<Issued>,
  why: RegExp,
];

const authorities = {
  expired: await authority.makeAuthority({
    subject: "Expired",
    notBefore: LONG_AGO,
    notAfter: PAST,
  }),
  noAuthority: await authority.makeAuthority({ subject: "No Authority", isAuthority: false }),
  noSigner: await authority.makeAuthority({
    subject: "No Signer",
    keyUsage: KeyUsageFlags.digitalSignature,
  }),
  shortest: await authority.makeAuthority({ subject: "Shortest", pathLength: 0 }),
  critical: await authority.makeAuthority({ subject: "Critical", extensions: [unknownCritical] }),
};
const belowShortest = await authorities.shortest.makeAuthority({ subject: "Below" });

const WRONG: readonly Wrong[] = [
  [
    "of a foreign authority with the same name",
    (wish) => foreignAuthority.issue(wish),
    /is not by "CN=Test Authority" in ca\.pem: signed by another key/,
  ],
  [
    "of an unknown authority",
    async (wish) => (await makeAuthority({ subject: "Stranger" })).issue(wish),
    /was issued by "CN=Stranger", which is not in ca\.pem/,
  ],
  ["self-signed", makeSelfSigned, /is self-signed and not in ca\.pem/],
  [
    "expired",
    (wish) => authority.issue({ ...wish, notBefore: LONG_AGO, notAfter: PAST }),
    /expired on 2026-01-02T03:04:05Z/,
  ],
  [
    "not valid yet",
    (wish) => authority.issue({ ...wish, notBefore: FUTURE, notAfter: new Date(+FUTURE + 1e9) }),
    /is not valid before 2046-01-02T03:04:05Z \(is this host's clock right\?\)/,
  ],
  [
    "of an authority",
    (wish) =>
      authority.issue({ ...wish, isAuthority: true, keyUsage: KeyUsageFlags.digitalSignature }),
    /is that of an authority/,
  ],
  [
    "not for signatures",
    (wish) => authority.issue({ ...wish, keyUsage: KeyUsageFlags.keyEncipherment }),
    /is not for digital signatures/,
  ],
  [
    "by an expired intermediate",
    (wish) => authorities.expired.issue(wish),
    /was issued by "CN=Expired", which expired on 2026-01-02T03:04:05Z/,
  ],
  [
    "by one who is no authority",
    (wish) => authorities.noAuthority.issue(wish),
    /was issued by "CN=No Authority", which is not an authority/,
  ],
  [
    "by one who may not sign",
    (wish) => authorities.noSigner.issue(wish),
    /"CN=No Signer", which may not sign certificates/,
  ],
  [
    "by an authority too far down",
    (wish) => belowShortest.issue(wish),
    /"CN=Shortest", which allows only 0 authorities below it/,
  ],
  [
    "by an authority with an unknown critical extension",
    (wish) => authorities.critical.issue(wish),
    /"CN=Critical", which has the unknown critical extension/,
  ],
];

/** Credentials with which anybody would believe it: what is wrong shows at the other side only. */
function withCertificate(issued: Issued): Promise<CertificateTransport> {
  return certificateTransport(authority.credentials(issued));
}

/** A TLS server, who has dialled or listens, shows it to a client. */
async function refusedByClient(issued: Issued, serverDials: boolean): Promise<string> {
  const server = await withCertificate(issued);
  const client = await element();
  const listening = await listen(
    serverDials ? client : server,
    serverDials ? CLIENT : SERVER,
  );
  try {
    if (!serverDials) {
      const failure = await dialFailure(client, listening.address);
      assert.equal(failure.reason, "security");
      return failure.detail ?? "";
    }
    const dialled = server.dial(listening.address, { timeoutMs: 5000, tls: SERVER })
      .then((connection) => connection.close(), () => {});
    const why = await listening.refused();
    await dialled;
    assert.equal(listening.acceptedCount(), 0);
    return why;
  } finally {
    await listening.listener.close();
  }
}

/** A TLS client, who has dialled or listens, shows it to a server, and speaks at once. */
async function refusedByServer(issued: Issued, serverDials: boolean): Promise<string> {
  const server = await registrar();
  const client = await withCertificate(issued);
  if (serverDials) {
    const { listener, address, accepted } = await listen(client, CLIENT);
    const failure = await dialFailure(server, address, { tls: SERVER });
    assert.equal(failure.reason, "security");
    // In TLS 1.3 a client has finished before the server looks at what it has shown.
    const connection = await accepted();
    assert.equal(await connection.read(), null);
    await connection.close();
    await listener.close();
    return failure.detail ?? "";
  }
  const { listener, address, refused, acceptedCount } = await listen(server);
  const dialled = await client.dial(address, { timeoutMs: 5000, tls: CLIENT });
  dialled.write(new Uint8Array([1, 2, 3, 4]));
  const why = await refused();
  assert.equal(await dialled.read(), null);
  assert.equal(acceptedCount(), 0);
  await dialled.close();
  await listener.close();
  return why;
}

for (const [what, make, why] of WRONG) {
  for (const serverDials of [false, true]) {
    const who = serverDials ? "who dials" : "who is dialled";
    Deno.test(`a registrar ${who} with a certificate ${what} is refused`, async () => {
      assert.match(await refusedByClient(await make(REGISTRAR_WISH), serverDials), why);
    });
    Deno.test(`a registrar ${who} refuses a certificate ${what}`, async () => {
      assert.match(await refusedByServer(await make(ELEMENT_WISH), serverDials), why);
    });
  }
}

for (const serverDials of [false, true]) {
  const who = serverDials ? "who dials" : "who is dialled";
  Deno.test(`a registrar ${who} needs the role and the use of a server`, async () => {
    const noRole = await authority.issue({ ...REGISTRAR_WISH, uris: ["urn:x"] });
    assert.match(
      await refusedByClient(noRole, serverDials),
      /has not the role of a registrar \(URI rserpool:registrar\)/,
    );
    const noUse = await authority.issue({ ...REGISTRAR_WISH, eku: ["client"] });
    assert.match(await refusedByClient(noUse, serverDials), /is not for a TLS server \(serverAuth/);
  });
  Deno.test(`a registrar ${who} refuses a certificate that is not for clients`, async () => {
    const noUse = await authority.issue({ ...ELEMENT_WISH, eku: ["server"] });
    assert.match(await refusedByServer(noUse, serverDials), /is not for a TLS client \(clientAuth/);
  });
  Deno.test(`a revoked certificate is refused, the registrar is one ${who}`, async () => {
    const revoked = await authority.issue(ELEMENT_WISH);
    const ca = {
      path: "ca.pem",
      text: authority.ca.text + "\n" + await authority.revoke(revoked),
    };
    const server = await certificateTransport({
      ...authority.credentials(registrarCertificate),
      ca,
    });
    const client = await withCertificate(revoked);
    const listening = await listen(serverDials ? client : server, serverDials ? CLIENT : SERVER);
    const why = serverDials
      ? (await dialFailure(server, listening.address, { tls: SERVER })).detail ?? ""
      : await client.dial(listening.address, { timeoutMs: 5000, tls: CLIENT })
        .then((connection) => listening.refused().finally(() => connection.close()));
    assert.match(why, /was revoked on 2026-01-02T03:04:05Z/);
    if (serverDials) await (await listening.accepted()).close();
    await listening.listener.close();
  });
}

Deno.test("who shows no certificate is anonymous, and no registrar", async () => {
  const { listener, address, accepted } = await listen(await registrar());
  const client = await certificateTransport({ ca: authority.ca });
  const dialled = await client.dial(address, { timeoutMs: 5000, tls: CLIENT });
  const other = await accepted();
  assert.deepEqual(other.secured, { kind: "certificate", isRegistrar: false });
  dialled.abort();
  other.abort();
  await listener.close();
});

Deno.test("the name that was dialled counts, and the common name does not", async () => {
  const client = await element();
  const issued = await authority.issue({
    ...REGISTRAR_WISH,
    subject: "127.0.0.1",
    names: ["localhost", "127.0.0.1"],
    ips: ["192.0.2.1"],
  });
  const { listener, address } = await listen(await registrar(undefined, issued));
  const failure = await dialFailure(client, address);
  assert.equal(
    failure.detail,
    'the certificate of "CN=127.0.0.1" is not for 127.0.0.1: it has 192.0.2.1, localhost, ' +
      "127.0.0.1",
  );
  const named = await certificateTransport(
    authority.credentials(undefined, { serverName: "other.example.org" }),
  );
  assert.match(
    (await dialFailure(named, address)).detail!,
    /is not for other\.example\.org: it has/,
  );
  const right = await certificateTransport(
    authority.credentials(undefined, { serverName: "localhost" }),
  );
  (await right.dial(address, { timeoutMs: 5000, tls: CLIENT })).abort();
  await listener.close();
});

Deno.test("what is spoken must be the same on both sides", async () => {
  const { listener, address, refused } = await listen(await registrar());
  const failure = await dialFailure(await element(), address, {
    tls: { role: "client", protocol: "enrp" },
  });
  assert.equal(failure.reason, "security");
  assert.equal(failure.detail, 'the other side does not speak "enrp" over TLS (ALPN)');
  assert.match(await refused(), /does not speak "asap" over TLS/);
  await listener.close();
});

for (
  const [extension, why] of [
    [unknownCritical, /has the unknown critical extension 1\.2\.3\.4/],
    [nameConstraints, /has name constraints, which are not supported/],
  ] as const
) {
  Deno.test(`a certificate that ${why.source} is not believed`, async () => {
    const issued = await authority.issue({ ...ELEMENT_WISH, extensions: [extension] });
    const { trust } = loadCredentials(authority.credentials());
    const shown = parseCertificate(new Uint8Array(issued.certificate.rawData));
    assert.match(chainFault([shown], "client", trust, Date.now())!, why);
  });
}

Deno.test("a server has a certificate of its own", async () => {
  const anonymous = await certificateTransport({ ca: authority.ca });
  await assert.rejects(anonymous.listen(HERE, () => {}, { tls: SERVER }), {
    name: "CredentialsInvalid",
    path: "ca.pem",
  });
});
