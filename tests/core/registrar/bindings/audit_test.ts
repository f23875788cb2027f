/** Digests in presences, and the downloads that follow. docs/dhcp.md §5.5. */
import assert from "node:assert/strict";
import { DOWNLOAD_MS } from "../../../../lib/core/registrar/bindings/audit.ts";
import { CAUSE } from "../../../../lib/wire/mod.ts";
import { type PeerClient, World } from "../registrar_world.ts";
import { addressesOf, announce, askPeer, at, dhcp, POOL, recordOf } from "./dhcp_world.ts";

const OTHER = "0123456789abcdef";

/** A page of a peer's table, for the request that came. */
function page(
  peer: PeerClient,
  addresses: readonly string[],
  moreToSend = false,
  servers = [recordOf(2)],
): void {
  const { request } = peer.takeOnly("ENRP_BINDING_DUMP_REQUEST");
  peer.send({
    type: "ENRP_BINDING_DUMP",
    ...peer.between,
    request,
    poolHandle: POOL,
    reject: false,
    moreToSend,
    tables: [],
    servers,
    bindings: addresses.map((address) => at(address, { server: 2 })),
  });
}

function requests(peer: PeerClient): number {
  return peer.received.filter(({ type }) => type === "ENRP_BINDING_DUMP_REQUEST").length;
}

Deno.test("a registrar without bindings says nothing of them", () => {
  const world = new World();
  const peer = world.unknownPeer(2);
  peer.presence({ replyRequired: true });
  for (const presence of peer.takeAll("ENRP_PRESENCE")) assert(!("bindingTables" in presence));
});

Deno.test("whoever has its first table says so at once, and then what each comes to", () => {
  const world = new World();
  const peer = world.peer(2);
  const one = dhcp(world, 1).introduced();
  const [first] = peer.takeAll("ENRP_PRESENCE");
  assert.deepEqual(first!.bindingTables!.map(({ poolHandle }) => poolHandle), [POOL]);
  one.says({ bindings: [at("10.0.0.1")] });
  peer.presence({ replyRequired: true });
  const [second] = peer.takeAll("ENRP_PRESENCE");
  assert.notEqual(second!.bindingTables![0]!.digest, first!.bindingTables![0]!.digest);
});

Deno.test("a table that is unknown here is asked for, page by page", () => {
  const world = new World();
  const peer = world.peer(2);
  announce(peer, OTHER);
  page(peer, ["10.0.0.1", "10.0.0.2"], true);
  assert.equal(peer.received.at(-1)!.type, "ENRP_BINDING_DUMP_REQUEST");
  page(peer, ["10.0.0.3"]);
  assert.equal(requests(peer), 0);
  const observer = world.observer();
  askPeer(observer);
  assert.equal(observer.takeOnly("ENRP_BINDING_DUMP").bindings.length, 3);
  assert.equal(world.told("binding-table-received")[0]!.received, 3);
  assert.equal(world.statistics().bindingDownloads, 0);
});

Deno.test("another digest: at once over a new association, else at the second presence", () => {
  const world = new World();
  dhcp(world, 1).introduced();
  const peer = world.peer(2);
  announce(peer, OTHER);
  page(peer, []);
  announce(peer, OTHER);
  assert.equal(requests(peer), 0);
  announce(peer, OTHER);
  assert.equal(requests(peer), 1);
});

Deno.test("a digest that is equal again was an update on its way", () => {
  const world = new World();
  dhcp(world, 1).introduced();
  const peer = world.peer(2);
  peer.presence({ replyRequired: true });
  const { bindingTables } = peer.takeAll("ENRP_PRESENCE").at(-1)!;
  peer.presence({ bindingTables });
  announce(peer, OTHER);
  peer.presence({ bindingTables });
  announce(peer, OTHER);
  assert.equal(requests(peer), 0);
});

Deno.test("DHCP servers are told to wait while a table is on its way, and not for ever", () => {
  const world = new World();
  const peer = world.peer(2);
  announce(peer, OTHER);
  const one = dhcp(world, 1);
  assert.equal(one.asks("0.0.0.0", true).causes![0]!.code, CAUSE.lackOfResources);
  assert.equal(one.says({ servers: [recordOf(1)] }).reject, true);
  page(peer, ["10.0.0.1"]);
  assert.deepEqual(addressesOf(one.asks("0.0.0.0", true)), ["10.0.0.1"]);

  const silent = new World();
  announce(silent.peer(2), OTHER);
  const waiting = dhcp(silent, 1);
  assert.equal(waiting.asks().reject, true);
  silent.advance(silent.timing.maxTimeNoResponseMs);
  assert.equal(waiting.asks().reject, false);
  assert.deepEqual(silent.told("binding-download-failed").map(({ why }) => why), ["no answer"]);
});

Deno.test("a table that comes one binding a page is waited for so long, and no second time", () => {
  const world = new World();
  const peer = world.peer(2);
  announce(peer, OTHER);
  let servers = 0;
  // A new one each time: keep-alives are no matter of this.
  const asks = () => dhcp(world, ++servers).asks();
  const pageMs = world.timing.maxTimeNoResponseMs - 1;
  // Without a server's record there is no table, however many bindings come.
  const drip = () => page(peer, ["10.0.0.1"], true, []);
  for (let waited = pageMs; waited < DOWNLOAD_MS; waited += pageMs) {
    world.advance(pageMs);
    drip();
    assert.equal(asks().reject, true, `after ${waited} ms`);
  }
  world.advance(pageMs);
  assert.equal(asks().reject, false);
  assert.deepEqual(world.told("binding-download-failed").map(({ why }) => why), ["too slow"]);
  peer.takeAll("ENRP_BINDING_DUMP_REQUEST");
  announce(peer, OTHER);
  assert.equal(asks().reject, false, "it is asked again, and nobody waits for that");
  page(peer, ["10.0.0.1", "10.0.0.2"]);
  assert.deepEqual(addressesOf(asks()), ["10.0.0.1", "10.0.0.2"]);
  assert.equal(world.statistics().bindingDownloads, 0);
});

Deno.test("a peer that refuses its table leaves nobody waiting, and is told of", () => {
  const world = new World();
  const peer = world.peer(2);
  announce(peer, OTHER);
  const { request } = peer.takeOnly("ENRP_BINDING_DUMP_REQUEST");
  peer.send({
    type: "ENRP_BINDING_DUMP",
    ...peer.between,
    request,
    poolHandle: POOL,
    reject: true,
    moreToSend: false,
    tables: [],
    servers: [],
    bindings: [],
  });
  assert.deepEqual(world.told("binding-download-failed").map(({ why }) => why), ["it refuses"]);
  assert.equal(dhcp(world, 1).asks().reject, false);
});

Deno.test("a peer that goes in the middle of its table leaves nobody waiting", () => {
  const world = new World();
  const peer = world.peer(2);
  announce(peer, OTHER);
  peer.leave("reset");
  assert.equal(world.statistics().bindingDownloads, 0);
  assert.equal(dhcp(world, 1).asks().reject, false);
});

Deno.test("a page without an end that has nothing in it is the end", () => {
  const world = new World();
  const peer = world.peer(2);
  announce(peer, OTHER);
  page(peer, [], true);
  assert.equal(requests(peer), 0);
  assert.equal(world.statistics().bindingDownloads, 0);
});

Deno.test("records that cannot be meant harm nothing, whoever passes them on", () => {
  const world = new World();
  const peer = world.peer(2);
  announce(peer, OTHER);
  const { request } = peer.takeOnly("ENRP_BINDING_DUMP_REQUEST");
  peer.send({
    type: "ENRP_BINDING_DUMP",
    ...peer.between,
    request,
    poolHandle: POOL,
    reject: false,
    moreToSend: false,
    tables: [],
    servers: [recordOf(2, { first: "10.0.0.9", last: "10.0.0.1" })],
    bindings: [at("10.0.0.1")],
  });
  assert.equal(dhcp(world, 1).introduced().says({ bindings: [at("10.0.0.2")] }).reject, false);
});

Deno.test("maxBindingPools: of a peer that announces more, so many tables are asked for", () => {
  const world = new World({ limits: { maxBindingPools: 3 } });
  const peer = world.peer(2);
  const bindingTables = Array.from(
    { length: 100 },
    (_, i) => ({ poolHandle: `dhcp/${i}`, count: 1, digest: OTHER }),
  );
  peer.presence({ bindingTables });
  peer.presence({ bindingTables });
  assert.equal(requests(peer), 3);
  assert.equal(world.statistics().bindingDownloads, 3);
  assert.deepEqual(world.told("binding-pool-refused").map((each) => each.poolHandle), [
    "dhcp/3",
    "dhcp/3",
  ]);
});

Deno.test("maxBindingPools: a peer that was too slow is asked for no more tables", () => {
  const world = new World({ limits: { maxBindingPools: 3 } });
  const peer = world.peer(2);
  announce(peer, OTHER);
  const pageMs = world.timing.maxTimeNoResponseMs - 1;
  for (let waited = 0; waited < DOWNLOAD_MS; waited += pageMs) {
    world.advance(pageMs);
    if (requests(peer) > 0) page(peer, ["10.0.0.1"], true, []);
  }
  world.advance(pageMs);
  assert.deepEqual(world.told("binding-download-failed").map(({ why }) => why), ["too slow"]);
  const bindingTables = Array.from(
    { length: 100 },
    (_, i) => ({ poolHandle: `dhcp/${i}`, count: 1, digest: OTHER }),
  );
  peer.presence({ bindingTables });
  assert.equal(world.statistics().bindingDownloads, 3);
});
