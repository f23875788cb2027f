/** What somebody may send in place of certificates: it costs him the connection, nobody else. */
import { Buffer } from "node:buffer";
import { connect } from "node:tls";
import assert from "node:assert/strict";
import { verdictOn } from "../../lib/net/certificate_verification.ts";
import { childrenOf, readElement } from "../../lib/net/der.ts";
import { loadCredentials } from "../../lib/net/loaded_credentials.ts";
import {
  authority,
  elementCertificate,
  listen,
  registrar,
  registrarCertificate,
  SERVER,
} from "./certificate_pair.ts";
import { type Issued, makeAuthority } from "./certificates.ts";

function pemOf(der: Uint8Array): string {
  const body = Buffer.from(der).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

function derOf({ certificate }: Issued): Uint8Array {
  return new Uint8Array(certificate.rawData);
}

function sequence(...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const header = Uint8Array.of(0x30, 0x82, content.length >> 8, content.length & 0xff);
  return new Uint8Array(Buffer.concat([header, content]));
}

/** The same certificate with an AlgorithmIdentifier, in both places, that has no algorithm. */
function withoutAlgorithm(der: Uint8Array): Uint8Array {
  const [body, , signature] = childrenOf(readElement(der));
  const fields = childrenOf(body!).map(({ encoded }) => encoded);
  const nothing = Uint8Array.of(0x30, 0);
  return sequence(sequence(...fields.with(2, nothing)), nothing, signature!.encoded);
}

/** Connects with some certificates and gives why the registrar has turned that away. */
async function refusalOf(certificates: string, key: string): Promise<string> {
  const listening = await listen(await registrar());
  const socket = connect({
    host: listening.address.host,
    port: listening.address.port,
    rejectUnauthorized: false,
    ALPNProtocols: ["asap"],
    cert: certificates,
    key,
  });
  const closed = new Promise((resolve) => socket.on("error", () => {}).on("close", resolve));
  try {
    return await listening.refused();
  } finally {
    socket.destroy();
    await closed;
    await listening.listener.close();
  }
}

const OWN = elementCertificate.certificate.toString("pem") + "\n";
const between = await (await makeAuthority()).makeAuthority({ subject: "Between" });
const foreign = await between.issue({ names: ["web-1.example.org"] });
/** Each is sent behind a certificate whose key its sender has: anybody can make one. */
const HOSTILE: readonly (readonly [string, string, Issued])[] = [
  ["no fields", OWN + pemOf(Uint8Array.of(0x30, 0)), elementCertificate],
  ["no DER", OWN + pemOf(new Uint8Array(300).fill(0xa7)), elementCertificate],
  [
    "no algorithm",
    foreign.certificate.toString("pem") + "\n" + pemOf(withoutAlgorithm(derOf(between.issued))),
    foreign,
  ],
];

for (const [what, certificates, { key }] of HOSTILE) {
  Deno.test(`a certificate with ${what} ends its sender's connection, and no more`, async () => {
    const why = await refusalOf(certificates, key.text);
    assert.equal(why, "a certificate of the other side cannot be read");
  });
}

Deno.test("whatever a certificate says of its signature, the verdict is words", () => {
  const credentials = loadCredentials(authority.credentials(elementCertificate));
  const shown = [withoutAlgorithm(derOf(elementCertificate))];
  const verdict = verdictOn(
    shown,
    { use: SERVER, reference: undefined },
    credentials,
    Date.now(),
  );
  assert("why" in verdict);
  assert.match(verdict.why, /^a certificate of the other side cannot be read: /);
});

Deno.test("a certificate changed in any byte proves nothing else than it did", () => {
  const credentials = loadCredentials(authority.credentials(elementCertificate));
  const right = derOf(elementCertificate);
  for (let offset = 0; offset < right.length; offset++) {
    for (const flip of [0x01, 0x80]) {
      const changed = right.with(offset, right[offset]! ^ flip);
      for (const shown of [[changed], [right, changed]]) {
        const expectation = { use: SERVER, reference: undefined } as const;
        const verdict = verdictOn(shown, expectation, credentials, Date.now());
        if ("why" in verdict) continue;
        assert.equal(verdict.secured.name, "web-1.example.org", `byte ${offset} ^ ${flip}`);
      }
    }
  }
});

Deno.test("an authority that another one in the file has revoked is trusted no more", async () => {
  const root = await makeAuthority();
  const below = await root.makeAuthority({ subject: "Below" });
  const issued = await below.issue({ names: ["web-1.example.org"] });
  const both = `${root.ca.text}\n${below.ca.text}\n`;
  const verdictWith = (lists: string) => {
    const credentials = loadCredentials({ ca: { path: "ca.pem", text: both + lists } });
    const expectation = { use: SERVER, reference: undefined } as const;
    return verdictOn([derOf(issued)], expectation, credentials, Date.now());
  };
  assert("secured" in verdictWith(await root.revoke()));
  const verdict = verdictWith(await root.revoke(below.issued));
  assert("why" in verdict);
  assert.match(verdict.why, /"CN=Below" in ca.pem, which was revoked on 2026-01-02T03:04:05Z$/);
});

/** Speaks until the registrar has ended the connection. */
async function openssl(...args: string[]): Promise<string> {
  const child = new Deno.Command("openssl", {
    args: ["s_client", "-alpn", "asap", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const said = await new Response(child.stdout).text();
  await child.stdin.abort();
  await child.status;
  return said;
}

for (const version of ["-tls1_3", "-tls1_2"]) {
  Deno.test(`a resumed session is verified anew (openssl ${version})`, async () => {
    const transport = await registrar();
    const { listener, address, accepted, refused } = await listen(transport);
    const folder = await Deno.makeTempDir();
    const [cert, key, session] = ["cert", "key", "session"].map((name) => `${folder}/${name}`);
    await Deno.writeTextFile(cert!, elementCertificate.cert.text);
    await Deno.writeTextFile(key!, elementCertificate.key.text);
    const to = ["-connect", `${address.host}:${address.port}`, version];
    const first = openssl(...to, "-cert", cert!, "-key", key!, "-sess_out", session!);
    const connection = await accepted();
    await connection.write(new Uint8Array([1]));
    await connection.close();
    await first;
    const list = await authority.revoke(elementCertificate);
    const ca = { path: "ca.pem", text: `${authority.ca.text}\n${list}` };
    await transport.replace({ ...authority.credentials(registrarCertificate), ca });
    const second = openssl(...to, "-sess_in", session!);
    assert.match(await refused(), /"CN=web-1.example.org" was revoked on/);
    assert.match(await second, /^Reused, /m);
    await listener.close();
    await Deno.remove(folder, { recursive: true });
  });
}
