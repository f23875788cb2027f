/** TLS of sessions, docs/tcp-mapping.md §15.9: the user is the client, the element the server. */
import assert from "node:assert/strict";
import {
  type Address,
  certificateTransport,
  type Connection,
  CredentialsInvalid,
  DialFailed,
  type PskTransport,
  pskTransport,
  type SecureTransport,
  type TlsUse,
} from "../../lib/net/mod.ts";
import { authority, foreignAuthority, HERE, registrarCertificate } from "./certificate_pair.ts";
import type { CertificateWish, Issued } from "./certificates.ts";

const USER: TlsUse = { role: "client", protocol: "rserpool" };
const ELEMENT: TlsUse = { role: "server", protocol: "rserpool" };
const KEY = new Uint8Array(32).fill(3);

/** A pool element's: it names where it is, and has no role. */
const elementWish: CertificateWish = { names: ["web.example.org"], ips: ["127.0.0.1"] };
const elementCertificate = await authority.issue(elementWish);
const userCertificate = await authority.issue({ names: ["alice"], eku: ["client"] });

function holder(issued?: Issued, by = authority, serverName?: string): Promise<SecureTransport> {
  return certificateTransport(by.credentials(issued, { serverName }));
}

/** What both ends of a session learn of each other; `run` sees both. */
async function meet(
  element: SecureTransport,
  user: SecureTransport,
  run: (dialled: Connection, accepted: Connection) => void | Promise<void>,
): Promise<void> {
  const accepted = Promise.withResolvers<Connection>();
  const listener = await element.listen(HERE, accepted.resolve, { tls: ELEMENT });
  const dialled = await user.dial(listener.address, { timeoutMs: 5_000, tls: USER });
  const other = await accepted.promise;
  try {
    await run(dialled, other);
  } finally {
    dialled.abort();
    other.abort();
    await listener.close();
  }
}

/** Why a user does not come to an element, in words. */
async function refusal(
  element: SecureTransport,
  user: SecureTransport,
  { tls = USER, serves = ELEMENT }: { readonly tls?: TlsUse; readonly serves?: TlsUse } = {},
): Promise<string> {
  const listener = await element.listen(HERE, (each) => each.abort(), { tls: serves });
  try {
    const connection = await user.dial(listener.address as Address, { timeoutMs: 5_000, tls });
    connection.abort();
    assert.fail("it was connected");
  } catch (error) {
    assert(error instanceof DialFailed, String(error));
    assert.equal(error.reason, "security");
    return error.message;
  } finally {
    await listener.close();
  }
}

Deno.test("a pool element needs no role; a user may show who it is, or not", async () => {
  const element = await holder(elementCertificate);
  for (const [issued, name] of [[userCertificate, "alice"], [undefined, undefined]] as const) {
    await meet(element, await holder(issued), async (dialled, accepted) => {
      assert.equal(dialled.secured?.name, "web.example.org");
      assert.equal(dialled.secured?.isRegistrar, false);
      assert.deepEqual(accepted.secured?.name, name);
      await dialled.write(Uint8Array.of(1, 2, 3));
      assert.deepEqual(await accepted.read(), Uint8Array.of(1, 2, 3));
    });
  }
});

Deno.test("an element is named as it was dialled, or as all elements of the pool", async () => {
  const elsewhere = await authority.issue({ names: ["web.example.org"], ips: ["192.0.2.1"] });
  const element = await holder(elsewhere);
  assert.match(await refusal(element, await holder(userCertificate)), /is not for 127\.0\.0\.1/);
  const expecting = await holder(userCertificate, authority, "web.example.org");
  await meet(element, expecting, (dialled) => {
    assert.equal(dialled.secured?.name, "web.example.org");
  });
  const other = await holder(userCertificate, authority, "mail.example.org");
  assert.match(await refusal(element, other), /is not for mail\.example\.org/);
});

Deno.test("an element of a foreign authority is refused", async () => {
  const foreign = await foreignAuthority.issue(elementWish);
  const element = await holder(foreign, foreignAuthority);
  assert.match(await refusal(element, await holder(userCertificate)), /certificate/);
});

Deno.test("a certificate for clients alone does not make an element", async () => {
  const clientOnly = await authority.issue({ ...elementWish, eku: ["client"] });
  const element = await holder(clientOnly);
  assert.match(await refusal(element, await holder(userCertificate)), /TLS server \(serverAuth\)/);
});

Deno.test("an element without a certificate of its own does not listen", async () => {
  const element = await holder(undefined);
  const listening = element.listen(HERE, () => {}, { tls: ELEMENT });
  await assert.rejects(listening, CredentialsInvalid);
});

Deno.test("a user of a foreign authority is turned away by the element", async () => {
  const element = await holder(elementCertificate);
  const mallory = await foreignAuthority.issue({ names: ["alice"] });
  const refused = Promise.withResolvers<string>();
  const listener = await element.listen(HERE, () => assert.fail("it was accepted"), {
    tls: ELEMENT,
    onRefused: (_remote, why) => refused.resolve(why),
  });
  const user = await certificateTransport({
    ...foreignAuthority.credentials(mallory),
    ca: authority.ca,
  });
  const connection = await user.dial(listener.address, { timeoutMs: 5_000, tls: USER })
    .catch(() => undefined);
  assert.match(await refused.promise, /certificate/);
  connection?.abort();
  await listener.close();
});

Deno.test("the role is still demanded where ASAP is spoken", async () => {
  const element = await holder(elementCertificate);
  const asap = {
    tls: { role: "client", protocol: "asap" },
    serves: { role: "server", protocol: "asap" },
  } as const;
  const words = await refusal(element, await holder(userCertificate), asap);
  assert.match(words, /has not the role of a registrar/);
});

Deno.test("whoever speaks ASAP is not let into a session, nor the other way round", async () => {
  const registrar = await holder(registrarCertificate);
  const user = await holder(userCertificate);
  const asap = { role: "client", protocol: "asap" } as const;
  assert.match(await refusal(registrar, user, { tls: asap }), /does not speak "asap"/);
  const serves = { role: "server", protocol: "asap" } as const;
  assert.match(await refusal(registrar, user, { serves }), /does not speak "rserpool"/);
});

Deno.test("an open session is objected to once its certificate would not do any more", async () => {
  const element = await holder(elementCertificate);
  const user = await certificateTransport(authority.credentials(userCertificate));
  await meet(element, user, async (dialled) => {
    assert.equal(user.objection(dialled), undefined);
    const revoked = await authority.revoke(elementCertificate);
    const ca = { ...authority.ca, text: authority.ca.text + "\n" + revoked };
    await user.replace({ ...authority.credentials(userCertificate), ca });
    assert.match(user.objection(dialled) ?? "", /revoked/);
  });
});

Deno.test("a session over a pre-shared key", async () => {
  const element = await pskTransport({ accepted: new Map([["alice", KEY]]) });
  const userOf = (key: Uint8Array): Promise<PskTransport> =>
    pskTransport({ own: { identity: "alice", key } });
  await meet(element, await userOf(KEY), async (dialled, accepted) => {
    assert.equal(accepted.secured?.name, "alice");
    assert.equal(dialled.secured?.kind, "psk");
    await accepted.write(Uint8Array.of(9));
    assert.deepEqual(await dialled.read(), Uint8Array.of(9));
  });
  assert.match(await refusal(element, await userOf(KEY.map((byte) => byte ^ 1))), /refused/);
});
