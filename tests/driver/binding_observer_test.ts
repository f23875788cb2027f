import assert from "node:assert/strict";
import {
  CAUSE,
  INFINITE_LEASE,
  Observer,
  Registrar,
  RegistrarUnreachable,
  RequestRejected,
} from "../../mod.ts";
import { bindingOf, FIRST } from "../bindings/samples.ts";
import { DhcpServer, POOL, recordOf } from "./dhcp_server.ts";
import { ANY, pskRegistrar, shownBy } from "./secured.ts";

const OWN = bindingOf({ address: "10.0.0.2", counter: 9 });

async function rejection(promise: Promise<unknown>): Promise<RequestRejected> {
  const error = await promise.then(() => assert.fail("it did not fail"), (error) => error);
  assert(error instanceof RequestRejected, String(error));
  return error;
}

function saidBy({ causes }: RequestRejected): string {
  return new TextDecoder().decode(causes[0]?.information);
}

/** A registrar, an observer of it, and a DHCP server with one binding. */
async function world(): Promise<AsyncDisposable & { observer: Observer; server: DhcpServer }> {
  const stack = new AsyncDisposableStack();
  const registrar = stack.use(await Registrar.start({ asap: ANY, enrp: ANY }));
  const ownTable = (after: string) => ({
    servers: after === "0.0.0.0" ? [recordOf(1)] : [],
    bindings: after === "0.0.0.0" ? [OWN] : [],
    moreToSend: false,
  });
  const server = stack.use(new DhcpServer(1, registrar.asap, { ownTable }));
  server.publish([bindingOf()], [recordOf(1)]);
  await server.start();
  await server.first("published");
  const observer = stack.use(new Observer({ registrars: registrar.enrp }));
  return { observer, server, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

Deno.test("an observer sees which tables a registrar keeps, and what is in one", async () => {
  await using stage = await world();
  const { observer } = stage;
  const { tables } = await observer.bindingTables();
  assert.deepEqual(tables.map(({ poolHandle, count }) => [poolHandle, count]), [[POOL, 2]]);
  const { servers, bindings, lost, registrar } = await observer.bindings(POOL);
  assert.deepEqual(servers.map(({ name }) => name), ["dhcp1"]);
  assert.deepEqual(bindings.map(({ address }) => address), [FIRST]);
  assert.deepEqual(lost, []);
  assert.equal(registrar.identifier, (await observer.status()).identifier);
});

Deno.test("it sees what a DHCP server has itself", async () => {
  await using stage = await world();
  const { servers, bindings } = await stage.observer.bindings(POOL, { server: 1 });
  assert.deepEqual(servers.map(({ identifier }) => identifier), [1]);
  assert.deepEqual(bindings, [OWN]);
  const unknown = await rejection(stage.observer.bindings(POOL, { server: 2 }));
  assert.equal(unknown.causes[0]?.code, CAUSE.unknownPoolHandle);
});

Deno.test("a pool without bindings is unknown", async () => {
  await using stage = await world();
  const { causes } = await rejection(stage.observer.bindings("web"));
  assert.deepEqual(causes.map(({ code }) => code), [CAUSE.unknownPoolHandle]);
});

Deno.test("a server is not down while it is heard, unless that is forced", async () => {
  await using stage = await world();
  const { observer, server } = stage;
  assert.match(saidBy(await rejection(observer.partnerDown(POOL, "dhcp1"))), /dhcp1 is heard/);
  assert.match(saidBy(await rejection(observer.partnerDown(POOL, "dhcp7"))), /no .* dhcp7/);
  const { server: down } = await observer.partnerDown(POOL, "dhcp1", { force: true });
  assert.deepEqual([down.flags, down.version, down.freeIn], [["down"], 2, 600]);
  const { servers } = await server.first("records", ({ servers }) => servers.length > 0);
  assert.deepEqual(servers.map(({ flags }) => flags), [["down"]]);
});

Deno.test("a share of leases for ever cannot be freed", async () => {
  await using stage = await world();
  const { observer, server } = stage;
  server.publish([], [recordOf(1, { version: 2, lease: INFINITE_LEASE })]);
  await server.first("published", ({ servers }) => servers[0]?.version === 2);
  const refused = await rejection(observer.partnerDown(POOL, "dhcp1", { force: true }));
  assert.match(saidBy(refused), /for ever/);
});

Deno.test("who may not operate may not say it", async () => {
  const names = ["a-1", "u-1", "operator"];
  await using home = await pskRegistrar(names, { addressCheck: "any" });
  await using server = new DhcpServer(1, home.asapPsk, { transport: await shownBy("a-1") });
  server.publish([], [recordOf(1)]);
  await server.start();
  await server.first("published");
  const asking = async (name: string) => {
    return new Observer({ registrars: home.enrpPsk, transport: await shownBy(name) });
  };
  await using user = await asking("u-1");
  const { causes } = await rejection(user.partnerDown(POOL, "dhcp1", { force: true }));
  assert.equal(causes[0]?.code, CAUSE.rejectedDueToSecurityConsiderations);
  await using operator = await asking("operator");
  const { server: down } = await operator.partnerDown(POOL, "dhcp1", { force: true });
  assert.deepEqual(down.flags, ["down"]);
});

Deno.test("names that can be none are refused before anybody is asked", async () => {
  await using observer = new Observer({ registrars: [{ host: "127.0.0.1", port: 1 }] });
  await assert.rejects(observer.partnerDown(POOL, "two words"), RangeError);
  await assert.rejects(observer.bindings(POOL), RegistrarUnreachable);
});
