import assert from "node:assert/strict";
import { DEFAULT_RATES } from "../../lib/core/mod.ts";
import { RegistrarTransports } from "../../lib/driver/registrar_transports.ts";
import {
  certificateTransport,
  type Connection,
  CredentialsInvalid,
  tcpTransport,
} from "../../lib/net/mod.ts";
import { makeAuthority, REGISTRAR } from "../net/certificates.ts";
import { keyOf, LIMIT, pskSecurity, shownBy } from "./secured.ts";

const PEER = { host: "192.0.2.2", port: 19902 };
const OTHER = { host: "192.0.2.3", port: 9902 };
const authority = await makeAuthority();
const certificate = await authority.issue({ names: ["r1.example.org"], uris: [REGISTRAR] });
const certificates = authority.credentials(certificate);
const peers = new Map([["192.0.2.2:19902", { identity: "r-1", key: keyOf("r-1") }]]);
const plain = tcpTransport();

Deno.test("a registrar dials over a key where it has one, else over certificates", async () => {
  const transports = new RegistrarTransports(plain);
  await transports.open(pskSecurity(["r-2"], { peers, certificates }), DEFAULT_RATES);
  const [psk, overCertificates] = [transports.toListen("psk"), transports.toListen("certificate")];
  assert.notEqual(psk, overCertificates);
  assert.equal(transports.toListen(undefined), plain);
  assert.equal(transports.toDial("ENRP", PEER, undefined), psk);
  assert.equal(transports.toDial("ENRP", OTHER, undefined), overCertificates);
  assert.equal(transports.toDial("ASAP", PEER, "certificate"), overCertificates);
  assert.equal(transports.toDial("ASAP", OTHER, "psk"), psk);
});

Deno.test("a secured registrar never dials without TLS, another never with it", async () => {
  const unsecured = new RegistrarTransports(plain);
  assert.equal(unsecured.toDial("ENRP", OTHER, undefined), plain);
  assert.throws(() => unsecured.toDial("ASAP", OTHER, "psk"), RangeError);
  const secured = new RegistrarTransports(plain);
  await secured.open(pskSecurity(["r-2"]), DEFAULT_RATES);
  assert.equal(secured.toDial("ENRP", OTHER, undefined), secured.toListen("psk"));
});

Deno.test("it is the TLS server on ASAP always, on ENRP where it listens", () => {
  const transports = new RegistrarTransports(plain);
  const uses = (["ASAP", "ENRP"] as const).flatMap((protocol) =>
    (["listen", "dial"] as const).map((by) => transports.tlsUse(protocol, by))
  );
  assert.deepEqual(uses, [
    { role: "server", protocol: "asap" },
    { role: "server", protocol: "asap" },
    { role: "server", protocol: "enrp" },
    { role: "client", protocol: "enrp" },
  ]);
});

Deno.test("what was in the middle of a handshake at a reload is looked at again", async () => {
  const transports = new RegistrarTransports(plain);
  await transports.open(pskSecurity(["a-1"]), DEFAULT_RATES);
  const { promise: accepted, resolve } = Promise.withResolvers<Connection>();
  const tls = transports.tlsUse("ASAP", "listen");
  const at = { host: "127.0.0.1", port: 0 };
  const listener = await transports.toListen("psk").listen(at, resolve, { tls });
  const element = await shownBy("a-1");
  const dialled = await element.dial(listener.address, {
    ...LIMIT,
    tls: { role: "client", protocol: "asap" },
  });
  const connection = await accepted;
  assert.equal(transports.objection(connection), undefined);
  await transports.replace(pskSecurity(["a-2"]));
  assert.match(transports.objection(connection)!, /a-1/);
  await Promise.all([dialled.close(), connection.close(), listener.close()]);
});

Deno.test("a replacement of which a part is wrong changes nothing", async () => {
  const transports = new RegistrarTransports(plain);
  await transports.open(pskSecurity(["a-1"], { certificates }), DEFAULT_RATES);
  const foreign = await makeAuthority();
  const issued = await foreign.issue({ ips: ["127.0.0.1"], uris: [REGISTRAR] });
  const theirs = foreign.credentials(issued);
  const accepted = new Map([["a-1", new Uint8Array(1)]]);
  const permissions = { identities: [] };
  await assert.rejects(
    transports.replace({ certificates: theirs, psk: { accepted }, permissions }),
    CredentialsInvalid,
  );
  const { ca } = certificates;
  const user = await certificateTransport({ ca, serverName: "r1.example.org" });
  const tls = transports.tlsUse("ASAP", "listen");
  const at = { host: "127.0.0.1", port: 0 };
  const listener = await transports.toListen("certificate")
    .listen(at, (connection) => void connection.close(), { tls });
  const dialled = await user.dial(listener.address, {
    ...LIMIT,
    tls: { role: "client", protocol: "asap" },
  });
  await Promise.all([dialled.close(), listener.close()]);
});
