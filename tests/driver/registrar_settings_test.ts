import assert from "node:assert/strict";
import { type Listening, listeningOf } from "../../lib/driver/registrar_settings.ts";
import type { RegistrarSettings, SocketAddress } from "../../mod.ts";

const PEM = { path: "a.pem", text: "" };
const CERTIFICATES = { ca: PEM, cert: PEM, key: PEM };
const KEYS = { accepted: new Map([["a-1", new Uint8Array(32)]]) };
const permissions = { identities: [] };

function ports(settings: RegistrarSettings): Partial<Record<keyof Listening, number[]>> {
  const listening = Object.entries<readonly SocketAddress[]>({ ...listeningOf(settings) });
  const any = listening.filter(([, addresses]) => addresses.length > 0);
  return Object.fromEntries(any.map(([name, all]) => [name, all.map(({ port }) => port)]));
}

Deno.test("without security a registrar serves plaintext at the ports of the RFCs", () => {
  assert.deepEqual(ports({}), { asap: [3863], enrp: [9901] });
});

Deno.test("each kind of credentials has its ports, and plaintext none by itself", () => {
  const both = { asapTls: [3864], enrpTls: [9902], asapPsk: [13864], enrpPsk: [19902] };
  const secured = (security: object) => ports({ security: { permissions, ...security } });
  const { asapTls, enrpTls, asapPsk, enrpPsk } = both;
  assert.deepEqual(secured({ certificates: CERTIFICATES }), { asapTls, enrpTls });
  assert.deepEqual(secured({ psk: KEYS }), { asapPsk, enrpPsk });
  assert.deepEqual(secured({ certificates: CERTIFICATES, psk: KEYS }), both);
  const own = { own: { identity: "r-1", key: new Uint8Array(32) } };
  assert.deepEqual(secured({ certificates: CERTIFICATES, psk: own }), { asapTls, enrpTls });
});

Deno.test("what is given is taken, nothing included, if there are credentials for it", () => {
  const at = [{ host: "127.0.0.1", port: 1 }];
  const security = { permissions, certificates: CERTIFICATES };
  assert.deepEqual(ports({ security, asapTls: at, enrpTls: [], asap: at }), {
    asap: [1],
    asapTls: [1],
  });
  assert.throws(() => ports({ security, asapPsk: at }), RangeError);
  assert.throws(() => ports({ enrpTls: at }), RangeError);
  assert.throws(() => ports({ security: { permissions, psk: KEYS }, enrpTls: at }), RangeError);
});
