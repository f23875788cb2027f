/** A TLS server of `node:https` judges its clients as a registrar does. */

import assert from "node:assert/strict";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { serverCredentials, type Verdict } from "../../lib/net/mod.ts";
import { type Issued, makeAuthority, REGISTRAR } from "./certificates.ts";

const authority = await makeAuthority();
const foreign = await makeAuthority();
const server = await authority.issue({ names: ["r1"], ips: ["127.0.0.1"] });

/** What a server says of a client that shows a certificate, or none. */
async function verdictOn(client: Issued | undefined, ca = authority.ca): Promise<Verdict> {
  const credentials = await serverCredentials({ ca, cert: server.cert, key: server.key });
  const judged = Promise.withResolvers<Verdict>();
  const listener = createServer({
    requestCert: true,
    rejectUnauthorized: false,
    SNICallback: (_, done) => done(null, credentials.secureContext),
  }, (socket: TLSSocket) => {
    judged.resolve(credentials.judge(socket));
    socket.end();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const own = client && { cert: client.cert.text, key: client.key.text };
  const socket = connect({ host: "127.0.0.1", port, ca: authority.ca.text, ...own });
  socket.resume();
  const verdict = await judged.promise;
  await new Promise((resolve) => socket.once("close", resolve));
  await new Promise((resolve) => listener.close(resolve));
  return verdict;
}

Deno.test("who shows a certificate of the authority is who it names", async () => {
  const named = await verdictOn(await authority.issue({ names: ["oncall"] }));
  const secured = { kind: "certificate", name: "oncall", isRegistrar: false };
  assert.deepEqual(named, { secured });
  const registrar = await authority.issue({ names: ["r2"], uris: [REGISTRAR] });
  assert.deepEqual(await verdictOn(registrar), {
    secured: { kind: "certificate", name: "r2", isRegistrar: true },
  });
});

Deno.test("who shows none is nobody, and is no failure", async () => {
  const secured = { kind: "certificate", isRegistrar: false };
  assert.deepEqual(await verdictOn(undefined), { secured });
});

Deno.test("a foreign, expired, revoked or server's certificate is not believed", async () => {
  const revoked = await authority.issue({ names: ["oncall"] });
  const { path, text } = authority.ca;
  const rows = [
    [await foreign.issue({ names: ["oncall"] }), authority.ca],
    [await authority.issue({ names: ["oncall"], notAfter: new Date("2026-01-02") }), authority.ca],
    [await authority.issue({ names: ["oncall"], eku: ["server"] }), authority.ca],
    [revoked, { path, text: `${text}\n${await authority.revoke(revoked)}` }],
  ] as const;
  for (const [client, ca] of rows) {
    const verdict = await verdictOn(client, ca);
    assert.ok("why" in verdict && verdict.why.length > 0, JSON.stringify(verdict));
  }
});

Deno.test("without authorities nobody is anybody; a pair must fit", async () => {
  const { cert, key } = server;
  const { judge } = await serverCredentials({ cert, key });
  const secured = { kind: "certificate", isRegistrar: false };
  assert.deepEqual(judge({ getPeerCertificate: () => undefined }), { secured });
  const other = await authority.issue({ names: ["other"] });
  const nothing = { path: "none.pem", text: "nothing" };
  const rows = [
    [{ cert, key: other.key }, /^cert.key: the key does not belong to the certificate of/],
    [{ cert: nothing, key }, /^none.pem: it holds no certificate/],
    [{ cert, key: nothing }, /^none.pem: it holds no private key/],
  ] as const;
  for (const [pair, message] of rows) {
    await assert.rejects(serverCredentials(pair), { name: "CredentialsInvalid", message });
  }
});
