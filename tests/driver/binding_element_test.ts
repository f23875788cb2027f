import assert from "node:assert/strict";
import {
  type Binding,
  BindingElement,
  CAUSE,
  certificateTransport,
  Registrar,
  type RegistrarSettings,
} from "../../mod.ts";
import { bindingOf } from "../bindings/samples.ts";
import { makeAuthority, REGISTRAR } from "../net/certificates.ts";
import { DhcpServer, POOL, recordOf } from "./dhcp_server.ts";
import { ANY, pskRegistrar, shownBy } from "./secured.ts";
import { wrongServer } from "./silent_server.ts";

const QUICK = { timing: { huntPauseMs: 5, bindingRetryMs: 5 } };

function registrar(settings: RegistrarSettings = {}): Promise<Registrar> {
  return Registrar.start({ asap: ANY, enrp: ANY, addressCheck: "any", ...settings });
}

function lease(number: number, change: Partial<Binding> = {}): Binding {
  return bindingOf({ address: `10.0.0.${number}`, ...change });
}

Deno.test("what one DHCP server publishes, another one is told at another registrar", async () => {
  await using first = await registrar();
  await using second = await registrar({ mentors: first.enrp });
  await using a = new DhcpServer(1, first.asap);
  await using b = new DhcpServer(2, second.asap);
  await Promise.all([a.start(), b.start()]);
  a.publish([lease(1)], [recordOf(1)]);
  await b.first("records", ({ servers }) => servers.some(({ name }) => name === "dhcp1"));
  assert.equal((await b.hears("10.0.0.1", 1)).hardware, lease(1).hardware);
  b.publish([lease(1, { counter: 2, transaction: "REBINDING", server: 2 })], [recordOf(2)]);
  assert.equal((await a.hears("10.0.0.1", 2)).server, 2);
  await b.first("published", ({ servers }) => servers.length === 1);
  assert.equal(b.bindings.isPublished, true);
});

Deno.test("who comes later is told the table, however many pages it has", async () => {
  await using home = await registrar();
  await using a = new DhcpServer(1, home.asap);
  const range = { first: "10.0.0.1", last: "10.0.3.255", shares: 2 };
  const leases = Array.from({ length: 700 }, (_, i) => i + 1).map((i) =>
    lease(0, { address: `10.0.${i >> 8}.${i & 255}`, host: `host-${i}` })
  );
  a.publish(leases, [recordOf(1, range)]);
  await a.start();
  while (!a.bindings.isPublished) await a.first("published", undefined, a.events.length);
  await using b = new DhcpServer(2, home.asap);
  await b.start();
  const told = b.events.flatMap((each) => each.type === "records" ? each.bindings : []);
  assert.deepEqual(told.map(({ address }) => address), leases.map(({ address }) => address));
  assert.equal(b.events.filter(({ type }) => type === "table-began").length, 1);
});

Deno.test("a registrar dies: the next one is found, and all goes on", async () => {
  const first = await registrar();
  await using second = await registrar({ mentors: first.enrp });
  await using a = new DhcpServer(1, [...first.asap, ...second.asap], QUICK);
  await using b = new DhcpServer(2, second.asap, QUICK);
  a.publish([], [recordOf(1)]);
  await Promise.all([a.start(), b.start()]);
  await b.first("records", ({ servers }) => servers.length === 1);
  const from = a.events.length;
  await first.stop();
  a.publish([lease(3)]);
  await a.first("lost");
  const { registrar: now } = await a.first("synchronized", undefined, from);
  assert.equal(now.port, second.asap[0]!.port);
  await b.hears("10.0.0.3", 1);
});

Deno.test("a registrar that is connected and silent is left for another one", async () => {
  using silent = wrongServer();
  await using home = await registrar();
  const timing = { bindingReplyMs: 100, huntPauseMs: 5 };
  const registrars = [silent.address, ...home.asap];
  await using a = new DhcpServer(1, home.asap, { registrars, staggerMs: 60_000, timing });
  await a.element.register();
  await a.bindings.start();
  const { registrar: left, reason } = await a.first("lost");
  assert.deepEqual([left.port, reason], [silent.address.port, "silent"]);
  await a.first("synchronized");
});

Deno.test("who is not registered is rejected, until it is", async () => {
  await using home = await registrar();
  await using a = new DhcpServer(1, home.asap, { timing: { bindingRetryMs: 600_000 } });
  await a.bindings.start();
  const { causes, fatal } = await a.first("rejected");
  assert.deepEqual([causes[0]?.code, fatal], [CAUSE.unknownPoolHandle, false]);
  await a.element.register();
  a.bindings.retry();
  await a.first("synchronized");
});

Deno.test("a share that another server has is rejected for good, with its name", async () => {
  await using home = await registrar();
  await using a = new DhcpServer(1, home.asap);
  await using b = new DhcpServer(2, home.asap);
  a.publish([], [recordOf(1)]);
  await a.start();
  await a.first("published");
  b.publish([], [recordOf(2, { share: 1 })]);
  await b.start();
  const { causes, fatal } = await b.first("rejected");
  assert.equal(fatal, true);
  assert.match(new TextDecoder().decode(causes[0]?.information), /its share 1\/3 .* dhcp1/);
});

Deno.test("over keys: who has registered writes, another one is refused", async () => {
  await using home = await pskRegistrar(["a-1", "a-2"], { addressCheck: "any" });
  await using own = new DhcpServer(1, home.asapPsk, { transport: await shownBy("a-1") });
  own.publish([lease(1)], [recordOf(1)]);
  await own.start();
  await own.first("published");
  await using other = new DhcpServer(1, home.asapPsk, { transport: await shownBy("a-2") });
  await other.bindings.start();
  const { causes, fatal } = await other.first("rejected");
  const expected = [CAUSE.rejectedDueToSecurityConsiderations, false];
  assert.deepEqual([causes[0]?.code, fatal], expected);
  assert.deepEqual(other.events.filter(({ type }) => type === "records"), []);
});

Deno.test("over certificates: two servers share their bindings", async () => {
  const authority = await makeAuthority();
  const uris = [REGISTRAR];
  const issued = await authority.issue({ ips: ["127.0.0.1"], uris, names: ["r1.example.org"] });
  const name = "dhcp-*.example.org";
  const identities = [{
    proofs: [{ kind: "certificate", name } as const],
    register: ["dhcp/*"],
  }];
  const security = { certificates: authority.credentials(issued), permissions: { identities } };
  const tls = { asapTls: ANY, enrpTls: ANY, security, addressCheck: "any" } as const;
  await using home = await Registrar.start(tls);
  const server = async (identifier: number) => {
    const names = [`dhcp-${identifier}.example.org`];
    const credentials = authority.credentials(await authority.issue({ names, eku: ["client"] }));
    const transport = await certificateTransport(credentials);
    return new DhcpServer(identifier, home.asapTls, { transport });
  };
  await using a = await server(1);
  await using b = await server(2);
  await Promise.all([a.start(), b.start()]);
  a.publish([lease(1)], [recordOf(1)]);
  await b.hears("10.0.0.1", 1);
});

Deno.test("what cannot be encoded is refused before anything of it is published", async () => {
  const settings = { registrars: [{ host: "127.0.0.1", port: 1 }], poolHandle: POOL };
  await using element = new BindingElement({ ...settings, identifier: 1 });
  const bindings = Array.from({ length: 200 }, (_, i) => lease(i));
  bindings.push(lease(201, { host: "two words" }));
  assert.throws(() => element.publish({ servers: [], bindings }), RangeError);
  assert.throws(
    () => element.publish({ servers: [recordOf(1, { name: "a b" })], bindings: [] }),
    RangeError,
  );
  assert.equal(element.isPublished, true);
  assert.throws(() => new BindingElement({ ...settings, identifier: -1 }), RangeError);
  assert.throws(() => new BindingElement({ ...settings, registrars: [], identifier: 1 }));
});

Deno.test("who publishes when it is told something hears that to its end first", async () => {
  await using home = await registrar();
  const story: string[] = [];
  const { promise: isOver, resolve } = Promise.withResolvers<void>();
  await using a = new DhcpServer(1, home.asap, {
    onEvent: ({ type }) => {
      story.push(`${type} (`);
      if (type === "table-began") a.publish([lease(1)], [recordOf(1)]);
      story.push(")");
      if (type === "published") resolve();
    },
  });
  await a.element.register();
  await a.bindings.start();
  await isOver;
  assert.match(story.join(""), /^([a-z-]+ \(\))+$/);
});
