/** RFC 5355 §2.11: somebody reads along. */

import assert from "node:assert/strict";
import {
  type NetTransport,
  PoolElement,
  PoolUser,
  Registrar,
  type SecurityKind,
  type SocketAddress,
} from "../../mod.ts";
import { tcpTransport } from "../../lib/net/mod.ts";
import { ANY } from "../driver/secured.ts";
import { includes, Relay } from "./relay.ts";
import { Events, LIMIT, SecuredCluster } from "./secured_cluster.ts";

const KINDS: readonly SecurityKind[] = ["certificate", "psk"];
const IDENTIFIER = 0xfee1dead;
const FIRST = 0xc0ffee11;
const SECOND = 0xdeadbea7;
// Labels that tell nothing, as keys' identities are in clear.
const ELEMENT = "label-1234";
const USER = "user-5678";
const PEER = "r2.example.org";

/** What an administrator may not wish to divulge; long enough that it is nowhere by chance. */
const SECRETS: Readonly<Record<string, Uint8Array | string>> = {
  "the pool handle": "mail",
  "an address of the service": Uint8Array.of(192, 0, 2, 77),
  "the PE identifier": bytesOf(IDENTIFIER),
  "the identifier of the registrar": bytesOf(FIRST),
  "the identifier of its peer": bytesOf(SECOND),
};

function bytesOf(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

/** All that is said when an element registers, a user resolves, and a peer learns of it. */
async function eavesdrop(
  to: { readonly asap: SocketAddress; readonly enrp: SocketAddress },
  over: { readonly element: NetTransport; readonly user: NetTransport },
  startPeer: (mentor: SocketAddress, { onEvent }: Events) => Promise<Registrar>,
): Promise<Uint8Array[]> {
  await using asap = await Relay.open(to.asap);
  await using enrp = await Relay.open(to.enrp);
  const registrars = [asap.address];
  await using element = new PoolElement({
    registrars,
    poolHandle: "mail",
    port: 25,
    addresses: ["192.0.2.77"],
    identifier: IDENTIFIER,
    transport: over.element,
    asap: false,
  });
  await element.register(LIMIT);
  await using user = new PoolUser({ registrars, transport: over.user });
  assert.equal((await user.resolve("mail", LIMIT)).poolElements[0]!.identifier, IDENTIFIER);
  const events = new Events();
  await using _peer = await startPeer(enrp.address, events);
  await events.first("pool-element-updated", ({ identifier }) => identifier === IDENTIFIER);
  return [asap.all, enrp.all];
}

function secretsIn(heard: readonly Uint8Array[]): string[] {
  return Object.entries(SECRETS).filter(([_, secret]) =>
    heard.some((bytes) => includes(bytes, secret))
  ).map(([what]) => what);
}

Deno.test("RFC 5355 §2.11: “TLS provides data confidentiality”", async (t) => {
  for (const kind of KINDS) await t.step(kind, () => readAlong(kind));
});

/** Reads along, and learns nothing but who it is. */
async function readAlong(kind: SecurityKind): Promise<void> {
  const settings = { identifier: FIRST };
  const keys = [ELEMENT, USER, PEER];
  await using cluster = await SecuredCluster.make({ registrars: 1, keys, settings });
  const heard = await eavesdrop(
    { asap: cluster.at("asap", kind), enrp: cluster.at("enrp", kind) },
    { element: await cluster.as(kind, ELEMENT), user: await cluster.as(kind, USER) },
    async (mentor, { onEvent }) =>
      await Registrar.start({
        ...await cluster.securityOfSecond(kind, mentor),
        identifier: SECOND,
        mentors: [mentor],
        onEvent,
      }),
  );
  assert(heard.every(({ length }) => length > 1_000));
  assert.deepEqual(secretsIn(heard), []);
  // Who it is, is in clear with keys (docs/security.md), and with certificates is not.
  for (const name of [ELEMENT, USER, PEER]) {
    assert.equal(heard.some((bytes) => includes(bytes, name)), kind === "psk", name);
  }
}

Deno.test("RFC 5355 §2.11: without security all of that is read", async () => {
  const plain = { asap: ANY, enrp: ANY };
  await using registrar = await Registrar.start({
    ...plain,
    identifier: FIRST,
    addressCheck: "any",
  });
  const [over, [asap], [enrp]] = [tcpTransport(), registrar.asap, registrar.enrp];
  const heard = await eavesdrop(
    { asap: asap!, enrp: enrp! },
    { element: over, user: over },
    (mentor, { onEvent }) =>
      Registrar.start({ ...plain, identifier: SECOND, mentors: [mentor], onEvent }),
  );
  assert.deepEqual(secretsIn(heard), Object.keys(SECRETS));
});
