/** Tables page by page, and what DHCP servers have themselves. docs/dhcp.md §5.3 and §5.4. */
import assert from "node:assert/strict";
import { addressText } from "../../../../lib/bindings/mod.ts";
import { type Binding, CAUSE, MAX_BINDINGS_PER_MESSAGE } from "../../../../lib/wire/mod.ts";
import { World } from "../registrar_world.ts";
import { addressesOf, askPeer, at, dhcp, type DhcpClient, POOL, recordOf } from "./dhcp_world.ts";

const FIRST = 0x0a000001;

/** A server of a pool of many addresses, which are all bound. */
function full(world: World, count: number, change: Partial<Binding> = {}): DhcpClient {
  const last = addressText(FIRST + count - 1);
  const one = dhcp(world, 1).introduced({ last });
  for (let from = 0; from < count; from += 50) {
    const length = Math.min(50, count - from);
    const bindings = Array.from({ length }, (_, n) => at(addressText(FIRST + from + n), change));
    one.says({ bindings });
  }
  return one;
}

/** All pages of the table. */
function pages(one: DhcpClient) {
  const all = [one.asks()];
  for (let page = all[0]!; page.moreToSend;) {
    page = one.asks(page.bindings.at(-1)!.address);
    all.push(page);
  }
  return all;
}

Deno.test("a table comes in pages of MAX_BINDINGS_PER_MESSAGE, in the order of addresses", () => {
  const count = 2 * MAX_BINDINGS_PER_MESSAGE + 1;
  const all = pages(full(new World(), count));
  assert.deepEqual(all.map(({ bindings }) => bindings.length), [
    MAX_BINDINGS_PER_MESSAGE,
    MAX_BINDINGS_PER_MESSAGE,
    1,
  ]);
  assert.deepEqual(all.map(({ servers }) => servers.length), [1, 0, 0]);
  const addresses = all.flatMap(addressesOf);
  assert.deepEqual(addresses, Array.from({ length: count }, (_, n) => addressText(FIRST + n)));
});

Deno.test("bindings as large as they may be come in pages that fit", () => {
  const clientId = Array(255).fill("ab").join(":");
  const host = "h".repeat(63);
  const acknowledgedBy = Array.from({ length: 32 }, (_, n) => n);
  const hardware = Array(16).fill("cd").join(":");
  const large = { clientId, host, acknowledgedBy, hardware };
  const all = pages(full(new World(), 300, large));
  assert.equal(all.flatMap(addressesOf).length, 300);
  assert(all.length > 2);
});

Deno.test("behind the end there is nothing: that is how one asks for a sign of life", () => {
  const world = new World();
  const one = full(world, 3);
  const { reject, bindings, servers, moreToSend } = one.asks("255.255.255.255", true);
  assert.deepEqual([reject, bindings, servers, moreToSend], [false, [], [], false]);
  assert.equal(world.statistics().bindingSubscriptions, 1);
});

Deno.test("the first DHCP server of a pool finds an empty table", () => {
  const { reject, bindings } = dhcp(new World(), 1).asks("0.0.0.0", true);
  assert.deepEqual([reject, bindings], [false, []]);
});

Deno.test("maxBindingSubscriptions: one more is refused; whoever is told already is not", () => {
  const world = new World({ limits: { maxBindingSubscriptions: 1 } });
  const one = dhcp(world, 1).introduced().subscribed();
  assert.equal(dhcp(world, 2).asks("0.0.0.0", true).causes![0]!.code, CAUSE.lackOfResources);
  assert.equal(one.asks("0.0.0.0", true).reject, false);
});

Deno.test("an observer reads a table, the digests of all, and what was lost", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  one.says({ bindings: [at("10.0.0.1", { counter: 2 })] });
  one.says({ bindings: [at("10.0.0.1", { hardware: "52:54:00:00:00:99" })] });
  const observer = world.observer();
  askPeer(observer, { poolHandle: undefined });
  const { tables } = observer.takeOnly("ENRP_BINDING_DUMP");
  assert.deepEqual(tables.map(({ poolHandle, count }) => [poolHandle, count]), [[POOL, 2]]);
  askPeer(observer);
  const dump = observer.takeOnly("ENRP_BINDING_DUMP");
  assert.deepEqual(addressesOf(dump), ["10.0.0.1"]);
  assert.deepEqual(dump.lost!.map(({ hardware }) => hardware), ["52:54:00:00:00:99"]);
  askPeer(observer, { poolHandle: "dhcp/none" });
  assert.equal(observer.takeOnly("ENRP_BINDING_DUMP").causes![0]!.code, CAUSE.unknownPoolHandle);
});

Deno.test("a DHCP server is asked for its own table, for whoever wants to compare", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced().subscribed();
  const observer = world.observer();
  askPeer(observer, { server: 1, after: "10.0.0.4" });
  const { request, after } = one.client.takeOnly("ASAP_BINDING_DUMP_REQUEST");
  assert.equal(after, "10.0.0.4");
  one.client.send({
    type: "ASAP_BINDING_DUMP",
    request,
    poolHandle: POOL,
    peIdentifier: 1,
    reject: false,
    moreToSend: true,
    servers: [recordOf(1)],
    bindings: [at("10.0.0.5")],
  });
  const dump = observer.takeOnly("ENRP_BINDING_DUMP");
  assert.deepEqual([dump.request, dump.moreToSend, addressesOf(dump)], [5, true, ["10.0.0.5"]]);
  assert.equal(world.statistics().bindingRelays, 0);
});

Deno.test("one question at a time to a DHCP server, and not for ever", () => {
  const world = new World();
  dhcp(world, 1).introduced().subscribed();
  const observer = world.observer();
  askPeer(observer, { server: 1, request: 1 });
  askPeer(observer, { server: 1, request: 2 });
  const busy = observer.takeOnly("ENRP_BINDING_DUMP");
  assert.deepEqual([busy.request, busy.causes![0]!.code], [2, CAUSE.lackOfResources]);
  world.advance(5_000);
  const late = observer.takeOnly("ENRP_BINDING_DUMP");
  assert.deepEqual([late.request, late.reject], [1, true]);
});

Deno.test("a DHCP server that is not connected here, or goes, leaves nobody waiting", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  const observer = world.observer();
  askPeer(observer, { server: 1 });
  assert.equal(observer.takeOnly("ENRP_BINDING_DUMP").causes![0]!.code, CAUSE.unknownPoolHandle);
  one.subscribed();
  askPeer(observer, { server: 1 });
  one.client.leave();
  world.advance(0);
  assert.equal(observer.takeOnly("ENRP_BINDING_DUMP").reject, true);
  assert.equal(world.statistics().bindingRelays, 0);
});

Deno.test("what nobody has asked for is discarded", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced().subscribed();
  const of = { request: 99, poolHandle: POOL, peIdentifier: 1, reject: false, moreToSend: false };
  one.client.send({ type: "ASAP_BINDING_DUMP", ...of, servers: [], bindings: [] });
  assert.equal(world.told("discarded").length, 1);
});
