/** TLS roles opposite to who dialled (protocol decision 27), and what would have gone wrong. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import { connect, TLSSocket } from "node:tls";
import {
  authority,
  CLIENT,
  dialFailure,
  element,
  elementCertificate,
  foreignAuthority,
  HERE,
  listen,
  registrar,
  registrarCertificate,
  SERVER,
} from "./certificate_pair.ts";

const ROUNDS = 1000;
const AT_ONCE = 20;

Deno.test(`${ROUNDS} registrars dial as TLS servers, and bytes pass both ways`, async () => {
  const limits = { handshakesPerSecond: 1e6 };
  const dialler = await registrar();
  const { listener, address, accepted } = await listen(
    await element({ handshakes: limits }),
    CLIENT,
  );
  const one = async (round: number) => {
    const dialled = await dialler.dial(address, { timeoutMs: 10_000, tls: SERVER });
    assert.equal(dialled.secured?.name, "web-1.example.org");
    dialled.write(new Uint8Array(72).fill(round));
    assert.deepEqual(await dialled.read(), new Uint8Array(72).fill(round));
    await dialled.closeWrite();
    assert.equal(await dialled.read(), null);
    dialled.abort();
  };
  const echo = async () => {
    const other = await accepted();
    assert.equal(other.secured?.isRegistrar, true);
    for (let bytes = await other.read(); bytes; bytes = await other.read()) other.write(bytes);
    await other.close();
  };
  for (let round = 0; round < ROUNDS; round += AT_ONCE) {
    const several = Array.from({ length: AT_ONCE }, (_, index) => [one(round + index), echo()]);
    await Promise.all(several.flat());
  }
  await listener.close();
});

Deno.test("the trap: a TLSSocket as server takes a foreign authority's certificate", async () => {
  const foreign = await foreignAuthority.issue({ names: ["web-1.example.org"] });
  const settings = {
    ca: authority.ca.text,
    cert: registrarCertificate.cert.text,
    key: registrarCertificate.key.text,
    requestCert: true,
    rejectUnauthorized: true,
  };
  const taken = Promise.withResolvers<boolean>();
  const server = createTcpServer((socket) => {
    // What must never be done, for as long as this holds.
    const tls = new TLSSocket(socket, { ...settings, isServer: true });
    tls.on("secure", () => taken.resolve(tls.authorized));
    tls.on("error", () => {});
    tls.once("data", () => tls.destroy());
  });
  await new Promise<void>((resolve) => server.listen(HERE, resolve));
  const { port } = server.address() as { port: number };
  const client = connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    cert: foreign.cert.text,
    key: foreign.key.text,
  });
  client.on("error", () => {});
  client.on("secureConnect", () => client.write("x"));
  assert.equal(await taken.promise, false);
  await new Promise((resolve) => client.once("close", resolve));
  await new Promise((resolve) => server.close(resolve));
});

/** A key file that claims the public key of one, and signs with another's private key. */
async function forgedKey(publicOf: string, privateOf: string): Promise<string> {
  const part = (pem: string) => createPrivateKey(pem).export({ format: "jwk" });
  const bytes = (text: string | undefined) =>
    Uint8Array.fromBase64(text!, { alphabet: "base64url" });
  const { x, y } = part(publicOf);
  const { d } = part(privateOf);
  const tlv = (tag: number, ...content: Uint8Array[]) => {
    const length = content.reduce((sum, piece) => sum + piece.length, 0);
    return Uint8Array.from([tag, length, ...content.flatMap((piece) => [...piece])]);
  };
  const curve = Uint8Array.fromHex("06082a8648ce3d030107");
  const point = Uint8Array.from([0, 4, ...bytes(x), ...bytes(y)]);
  const der = tlv(
    0x30,
    Uint8Array.from([2, 1, 1]),
    tlv(4, bytes(d)),
    tlv(0xa0, curve),
    tlv(0xa1, tlv(3, point)),
  );
  const path = await Deno.makeTempFile();
  const lines = der.toBase64().match(/.{1,64}/g)!.join("\n");
  const label = "EC PRIVATE KEY";
  await Deno.writeTextFile(path, `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`);
  return path;
}

for (const version of ["-tls1_3", "-tls1_2"]) {
  Deno.test(`a certificate without its key is refused (openssl ${version})`, async () => {
    const { listener, address, refused, acceptedCount } = await listen(await registrar());
    const cert = await Deno.makeTempFile();
    await Deno.writeTextFile(cert, elementCertificate.cert.text);
    const other = await authority.issue({ names: ["thief.example.org"] });
    const key = await forgedKey(elementCertificate.key.text, other.key.text);
    const to = `${address.host}:${address.port}`;
    const args = ["s_client", "-connect", to, "-cert", cert, "-key", key, "-alpn", "asap", version];
    const openssl = new Deno.Command("openssl", {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    assert.match(await refused(), /has not proved that it has the key of its certificate/);
    await openssl.status;
    assert.equal(acceptedCount(), 0);
    await listener.close();
    await Promise.all([cert, key].map((path) => Deno.remove(path)));
  });
}

/** The port that `openssl s_server` has got of the system. */
async function portOf(said: ReadableStream<Uint8Array>): Promise<number> {
  let text = "";
  for await (const bytes of said) {
    text += new TextDecoder().decode(bytes);
    const port = /^ACCEPT .*:(\d+)$/m.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`openssl says only: ${text}`);
}

for (const version of ["-tls1_3", "-tls1_2"]) {
  Deno.test(`a registrar's certificate without its key (openssl ${version})`, async () => {
    const cert = await Deno.makeTempFile();
    await Deno.writeTextFile(cert, registrarCertificate.cert.text);
    const key = await forgedKey(registrarCertificate.key.text, elementCertificate.key.text);
    const args = ["s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, version];
    const openssl = new Deno.Command("openssl", {
      args: [...args, "-alpn", "asap"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const dialling = { host: "127.0.0.1", port: await portOf(openssl.stdout) };
    const { detail } = await dialFailure(await element(), dialling);
    assert.match(detail!, /has not proved that it has the key of its certificate/);
    openssl.kill();
    await openssl.stdin.abort();
    await openssl.status;
    await Promise.all([cert, key].map((path) => Deno.remove(path)));
  });
}

Deno.test("a handshake that is not finished in time is given up", async () => {
  const limits = { handshakeMs: 20 };
  const { listener, address, refused } = await listen(await registrar({ handshakes: limits }));
  const silent = await Deno.connect({ hostname: address.host, port: address.port });
  assert.match(await refused(), /TLS was not finished in time/);
  silent.close();
  await listener.close();
});

Deno.test("handshakes are limited at once, and those of one address by the second", async () => {
  const once = await listen(await registrar({ handshakes: { handshakesAtOnce: 1 } }));
  const first = await Deno.connect({ hostname: "127.0.0.1", port: once.address.port });
  const second = await Deno.connect({ hostname: "127.0.0.1", port: once.address.port });
  assert.equal(await once.refused(), "more than 1 TLS handshakes at once");
  first.close();
  second.close();
  await once.listener.close();
  const limits = { handshakesPerSecond: 1, burstSeconds: 1 };
  const often = await listen(await registrar({ handshakes: limits }));
  const client = await element();
  (await client.dial(often.address, { timeoutMs: 5000, tls: CLIENT })).abort();
  (await often.accepted()).abort();
  assert.equal((await dialFailure(client, often.address)).reason, "closed");
  assert.equal(await often.refused(), "more than 1 TLS handshakes a second of one address");
  await often.listener.close();
});

Deno.test("who speaks no TLS, hangs up or resets is turned away at once", async () => {
  const { listener, address, refused } = await listen(await registrar());
  const plain = await Deno.connect({ hostname: address.host, port: address.port });
  await plain.write(new Uint8Array([1, 0, 0, 16, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  assert.equal(await refused(), "no TLS is spoken there");
  plain.close();
  const brief = await Deno.connect({ hostname: address.host, port: address.port });
  brief.close();
  assert.equal(await refused(), "the other side closed it before it was secured");
  const rude = connectTcp(address.port, address.host);
  rude.on("connect", () => rude.resetAndDestroy());
  assert.equal(await refused(), "the other side closed it before it was secured");
  await listener.close();
});

Deno.test("a plain or silent listener is told apart by who dials it", async () => {
  const client = await element();
  const greeter = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const greeting = greeter.accept().then(async (socket) => {
    await socket.write(new TextEncoder().encode("220 ready\r\n"));
    return socket;
  });
  const at = { host: "127.0.0.1", port: greeter.addr.port };
  const failure = await dialFailure(client, at);
  assert.deepEqual([failure.reason, failure.detail], ["security", "no TLS is spoken there"]);
  (await greeting).close();
  greeter.close();
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const late = await dialFailure(client, { host: "127.0.0.1", port: silent.addr.port }, {
    timeoutMs: 30,
  });
  assert.equal(late.reason, "timed-out");
  silent.close();
});

Deno.test("a reload leaves connections, and says which would not be made again", async () => {
  const transport = await registrar();
  const { listener, address, accepted } = await listen(transport);
  const client = await element();
  const dialled = await client.dial(address, { timeoutMs: 5000, tls: CLIENT });
  const other = await accepted();
  assert.equal(transport.objection(other), undefined);
  const ca = {
    path: "ca.pem",
    text: authority.ca.text + "\n" + await authority.revoke(elementCertificate),
  };
  await transport.replace({ ...authority.credentials(registrarCertificate), ca });
  assert.match(transport.objection(other)!, /was revoked on/);
  await assert.rejects(transport.replace({ ca: { path: "x.pem", text: "" } }), {
    message: 'x.pem: it holds no certificate ("BEGIN CERTIFICATE")',
  });
  await transport.replace({
    ...authority.credentials(registrarCertificate),
    ca: foreignAuthority.ca,
  });
  assert.match(transport.objection(other)!, /signed by another key/);
  other.write(new Uint8Array([1]));
  assert.deepEqual(await dialled.read(), new Uint8Array([1]));
  assert.equal(transport.objection(dialled), "it was not made with a certificate");
  dialled.abort();
  other.abort();
  await listener.close();
});
