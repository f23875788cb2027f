import assert from "node:assert/strict";
import { enrp, PoolElement, PoolUser, Registrar } from "../../mod.ts";
import { ANY, Events, keyOf, LIMIT, pskRegistrar, pskSecurity, shownBy } from "./secured.ts";

/** A second registrar, which dials the first with a key. */
async function peerOf(
  first: Registrar,
  accepted: readonly string[],
  shown: { readonly identity: string; readonly number?: number },
  { onEvent }: Pick<Events, "onEvent">,
  signal?: AbortSignal,
): Promise<Registrar> {
  const [{ host, port }] = first.enrpPsk as [{ host: string; port: number }];
  const { identity, number = 0 } = shown;
  const peers = new Map([[`${host}:${port}`, { identity, key: keyOf(identity, number) }]]);
  return await Registrar.start({
    asapPsk: ANY,
    enrpPsk: ANY,
    security: pskSecurity(accepted, { peers }),
    mentors: first.enrpPsk,
    addressCheck: "any",
    onEvent,
    signal,
  });
}

Deno.test("registrars are peers over keys, and one dials the elements of the other", async () => {
  const events = new Events();
  await using first = await pskRegistrar(["r-2", "a-1"], { addressCheck: "any" });
  const accepted = ["r-1", "a-1", "u-1"];
  await using second = await peerOf(first, accepted, { identity: "r-2" }, events);
  assert.deepEqual(events.of("serving").map(({ peers }) => peers), [1]);
  await using element = new PoolElement({
    registrars: [...first.asapPsk, ...second.asapPsk],
    order: "given",
    staggerMs: 60_000,
    poolHandle: "web",
    port: 80,
    transport: await shownBy("a-1"),
  });
  await element.register(LIMIT);
  assert.equal(element.home, first.identifier);
  await events.first("pool-element-updated", ({ identifier }) => identifier === element.identifier);
  await using user = new PoolUser({
    registrars: second.asapPsk,
    transport: await shownBy("u-1"),
  });
  const { poolElements } = await user.resolve("web", LIMIT);
  assert.deepEqual(poolElements.map(({ identifier }) => identifier), [element.identifier]);

  // The handover: the second dials the element's endpoint, and is the TLS server there.
  await first.stop();
  await events.first("pool-element-adopted", ({ identifier }) => identifier === element.identifier);
  assert.equal(element.home, second.identifier);
});

Deno.test("a peer with a wrong key is no peer, and is not dialled at network speed", async () => {
  const [mine, theirs] = [new Events(), new Events()];
  await using first = await pskRegistrar(["r-2"], { onEvent: theirs.onEvent });
  const giveUp = new AbortController();
  const starting = peerOf(first, ["r-1"], { identity: "r-2", number: 9 }, mine, giveUp.signal);
  const { reason, address, detail } = await mine.first("peer-unreachable");
  assert.equal(reason, "security");
  assert.match(detail!, /the key with identity "r-2" was refused/);
  assert.equal(address.port, first.enrpPsk[0]!.port);
  await theirs.first("handshake-refused");
  giveUp.abort();
  // It may serve alone by now.
  await starting.then((registrar) => registrar.stop(), () => {});
  assert.equal(mine.of("peer-connected").length, 0);
});

Deno.test("an element may not be a peer, whatever it sends", async () => {
  const events = new Events();
  await using registrar = await pskRegistrar(["a-1"], { onEvent: events.onEvent });
  const element = await shownBy("a-1");
  const connection = await element.dial(registrar.enrpPsk[0]!, {
    ...LIMIT,
    tls: { role: "client", protocol: "enrp" },
  });
  const said = { sender: 7, receiver: registrar.identifier } as const;
  void connection.write(enrp.encode({ type: "ENRP_PRESENCE", replyRequired: true, ...said }));
  const { why, identity } = await events.first("refused");
  assert.match(why, /a-1 may not be a registrar/);
  assert.match(identity!, /a-1/);
  const cause = { code: 0, information: new Uint8Array() };
  // An error may be sent by everybody, and makes nobody a peer.
  void connection.write(enrp.encode({ type: "ENRP_ERROR", causes: [cause], ...said }));
  await events.first("error-received");
  assert.equal(events.of("peer-discovered").length, 0);
  await connection.close();
});
