import assert from "node:assert/strict";
import {
  type CertificateCredentials,
  certificateTransport,
  Observer,
  type Permission,
  PoolElement,
  PoolUser,
  Registrar,
  type RegistrarSecurity,
  type RegistrarSettings,
  RegistrarUnreachable,
} from "../../mod.ts";
import { formatAddress } from "../../lib/net/mod.ts";
import { type Issued, makeAuthority, REGISTRAR } from "../net/certificates.ts";
import { ANY, Events, keyOf, LIMIT, shownBy } from "./secured.ts";

const authority = await makeAuthority();
const foreign = await makeAuthority();
const HERE = { ips: ["127.0.0.1"], uris: [REGISTRAR] };
const r1 = await authority.issue({ ...HERE, names: ["r1.example.org"] });
const r2 = await authority.issue({ ...HERE, names: ["r2.example.org"] });
const web1 = await authority.issue({ names: ["web-1.example.org"], eku: ["client"] });
const web2 = await authority.issue({ names: ["web-2.example.org"], eku: ["client"] });

const IDENTITIES: readonly Permission[] = [
  { proofs: [{ kind: "certificate", name: "r*.example.org" }], registrar: true },
  {
    proofs: [{ kind: "certificate", name: "web-*" }, { kind: "psk", name: "a-*" }],
    register: ["web"],
  },
];

function securityOf(
  credentials: CertificateCredentials,
  more: Partial<RegistrarSecurity> = {},
): RegistrarSecurity {
  const permissions = { identities: IDENTITIES, read: ["web"] };
  return { certificates: credentials, permissions, ...more };
}

async function registrarWith(issued: Issued, settings: RegistrarSettings = {}): Promise<Registrar> {
  const security = securityOf(authority.credentials(issued));
  const more = { asapTls: ANY, enrpTls: ANY, security, addressCheck: "any" } as const;
  return await Registrar.start({ ...more, ...settings });
}

async function elementAt(registrars: Registrar["asap"], issued: Issued): Promise<PoolElement> {
  const element = new PoolElement({
    registrars,
    order: "given",
    staggerMs: 60_000,
    poolHandle: "web",
    port: 80,
    transport: await certificateTransport(authority.credentials(issued)),
  });
  await element.register(LIMIT);
  return element;
}

async function resolveAt(
  registrars: Registrar["asap"],
  credentials: CertificateCredentials,
): Promise<number[]> {
  const transport = await certificateTransport(credentials);
  await using user = new PoolUser({ registrars, transport, once: true });
  const { poolElements } = await user.resolve("web", LIMIT);
  return poolElements.map((each) => each.identifier);
}

Deno.test("over certificates: an element registers, a user without one resolves", async () => {
  const events = new Events();
  await using registrar = await registrarWith(r1, { onEvent: events.onEvent });
  await using element = await elementAt(registrar.asapTls, web1);
  const { association } = await events.first("pool-element-registered");
  const opened = events.of("association-opened").find((each) => each.association === association);
  assert.match(opened!.identity!, /web-1\.example\.org/);
  assert.deepEqual(await resolveAt(registrar.asapTls, { ca: authority.ca }), [element.identifier]);
});

Deno.test("RFC 5355 §3: a user tries on where a registrar cannot be authenticated", async () => {
  const noRole = await authority.issue({ ips: ["127.0.0.1"], names: ["r1.example.org"] });
  const elsewhere = await authority.issue({ uris: [REGISTRAR], names: ["r1.example.org"] });
  const ofAnother = await foreign.issue({ ...HERE, names: ["r1.example.org"] });
  await using good = await registrarWith(r1);
  await using element = await elementAt(good.asapTls, web1);
  for (const issued of [noRole, elsewhere, ofAnother]) {
    await using bad = await registrarWith(issued);
    const credentials = { ca: authority.ca };
    await assert.rejects(resolveAt(bad.asapTls, credentials), (error) => {
      assert(error instanceof RegistrarUnreachable, String(error));
      assert.equal(error.isUnauthenticated, true);
      assert(error.attempts[0]!.detail!.length > 0);
      return true;
    });
    const both = [...bad.asapTls, ...good.asapTls];
    assert.deepEqual(await resolveAt(both, credentials), [element.identifier]);
  }
});

Deno.test("a certificate that a registrar does not trust: both sides say so", async () => {
  const events = new Events();
  await using registrar = await registrarWith(r1, { onEvent: events.onEvent });
  const issued = await foreign.issue({ names: ["web-9.example.org"], eku: ["client"] });
  const credentials = authority.credentials(issued);
  await assert.rejects(resolveAt(registrar.asapTls, credentials), (error) => {
    assert(error instanceof RegistrarUnreachable);
    assert.match(error.message, /it may not trust the certificate of this side/);
    return true;
  });
  assert.match((await events.first("handshake-refused")).why, /web-9\.example\.org/);
});

Deno.test("registrars are peers over certificates; one dials elements as TLS server", async () => {
  const events = new Events();
  await using first = await registrarWith(r1);
  await using second = await registrarWith(r2, {
    mentors: first.enrpTls,
    onEvent: events.onEvent,
  });
  assert.deepEqual(events.of("serving").map(({ peers }) => peers), [1]);
  await using element = await elementAt([...first.asapTls, ...second.asapTls], web1);
  assert.equal(element.home, first.identifier);
  await events.first("pool-element-updated");
  await first.stop();
  await events.first("pool-element-adopted", ({ identifier }) => identifier === element.identifier);
  assert.equal(element.home, second.identifier);
});

Deno.test("an element with a key is dialled with a key, by peers over certificates", async () => {
  const events = new Events();
  const psk = { accepted: new Map([["a-1", keyOf("a-1")]]) };
  const both = (issued: Issued) => ({
    asapPsk: ANY,
    enrpPsk: [],
    security: securityOf(authority.credentials(issued), { psk }),
  });
  await using first = await registrarWith(r1, both(r1));
  const heard = { mentors: first.enrpTls, onEvent: events.onEvent };
  await using second = await registrarWith(r2, { ...both(r2), ...heard });
  await using element = new PoolElement({
    registrars: first.asapPsk,
    poolHandle: "web",
    port: 80,
    transport: await shownBy("a-1"),
  });
  await element.register(LIMIT);
  await events.first("pool-element-updated");
  await first.stop();
  await events.first("pool-element-adopted", ({ identifier }) => identifier === element.identifier);
  assert.equal(element.home, second.identifier);
});

Deno.test("peers are told the address for keys over keys, else that for certificates", async () => {
  const operator = { proofs: [{ kind: "psk", name: "operator" }], operate: true } as const;
  const peer = { proofs: [{ kind: "psk", name: "r2-to-r1" }], registrar: true } as const;
  const permissions = { identities: [...IDENTITIES, operator, peer] };
  const keys = new Map(["operator", "r2-to-r1"].map((name) => [name, keyOf(name)]));
  const both = { asapTls: ANY, asapPsk: [], enrpTls: ANY, enrpPsk: ANY };
  const first = await registrarWith(r1, {
    ...both,
    security: securityOf(authority.credentials(r1), { psk: { accepted: keys }, permissions }),
  });
  const shown = { identity: "r2-to-r1", key: keyOf("r2-to-r1") };
  const seen = async (mentors: Registrar["enrp"]): Promise<[number, Registrar]> => {
    const peers = new Map([[formatAddress(first.enrpPsk[0]!), shown]]);
    const psk = { accepted: new Map([["operator", keyOf("operator")]]), peers };
    const second = await registrarWith(r2, {
      ...both,
      mentors,
      security: securityOf(authority.credentials(r2), { psk, permissions }),
    });
    await using observer = new Observer({
      registrars: first.enrpPsk,
      transport: await shownBy("operator"),
    });
    const { peers: listed } = await observer.peers(LIMIT);
    const { transport } = listed.find(({ identifier }) => identifier === second.identifier)!;
    assert(transport.protocol === "tcp");
    await second.stop();
    return [transport.port, second];
  };
  const [overKeys, second] = await seen(first.enrpPsk);
  assert.equal(overKeys, second.enrpPsk[0]!.port);
  const [overCertificates, third] = await seen(first.enrpTls);
  assert.equal(overCertificates, third.enrpTls[0]!.port);
  await first.stop();
});

Deno.test("a certificate that a reload revokes ends its association, and no other", async () => {
  const events = new Events();
  await using registrar = await registrarWith(r1, { onEvent: events.onEvent });
  await using kept = await elementAt(registrar.asapTls, web1);
  await using _revoked = await elementAt(registrar.asapTls, web2);
  const { path, text } = authority.ca;
  const ca = { path, text: `${text}\n${await authority.revoke(web2)}` };
  await registrar.reload(securityOf(authority.credentials(r1, { ca })));
  const closed = events.of("association-closed");
  assert.deepEqual(closed.map(({ reason }) => reason), ["security"]);
  assert.match(closed[0]!.detail!, /revoked/);
  assert.deepEqual(await resolveAt(registrar.asapTls, { ca }), [kept.identifier]);
});

Deno.test("a reload gives the registrar another certificate; who is connected stays", async () => {
  const events = new Events();
  await using registrar = await registrarWith(r1, { onEvent: events.onEvent });
  await using element = await elementAt(registrar.asapTls, web1);
  const named = { ca: authority.ca, serverName: "renewed.example.org" };
  await assert.rejects(resolveAt(registrar.asapTls, named), RegistrarUnreachable);
  const renewed = await authority.issue({ ...HERE, names: ["renewed.example.org"] });
  await registrar.reload(securityOf(authority.credentials(renewed)));
  assert.deepEqual(await resolveAt(registrar.asapTls, named), [element.identifier]);
  assert.deepEqual(
    events.of("association-closed").filter(({ elements }) => elements > 0),
    [],
  );
});

Deno.test("credentials that are missing are told before anything listens", async () => {
  const permissions = { identities: [] };
  await assert.rejects(Registrar.start({ asapTls: ANY }), RangeError);
  await assert.rejects(Registrar.start({ asapPsk: ANY, security: { permissions } }), RangeError);
});
