/** What has gone over real sockets, counted. */

import assert from "node:assert/strict";
import {
  type Connection,
  DEFAULT_RATES,
  type NetTransport,
  PoolElement,
  PoolUser,
  Registrar,
} from "../../mod.ts";
import { pskRegistrar, pskSecurity, shownBy } from "./secured.ts";

const anyPort = [{ host: "127.0.0.1", port: 0 }];
const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

Deno.test("connections, dials, messages, and how long requests took", async () => {
  await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
  const registrars = registrar.asap;
  await using element = new PoolElement({ registrars, poolHandle: "web", port: 8081 });
  await element.register();
  await using user = new PoolUser({ registrars });
  await user.resolve("web");
  await user.resolve("web");
  await user.populate("web");

  const traffic = registrar.traffic();
  assert.deepEqual(traffic.connectionsAccepted, [{ kind: "ASAP", result: "none", count: 2 }]);
  assert.equal(traffic.associations, 2);
  assert.equal(traffic.queuedBytes, 0);
  assert.equal(traffic.messagesReceived.get("ASAP_HANDLE_RESOLUTION"), 2);
  const worked = (type: "ASAP_REGISTRATION" | "ASAP_HANDLE_RESOLUTION") => {
    const { counts, sum: milliseconds } = traffic.workMs.get(type)!;
    assert(milliseconds > 0 && milliseconds < 60_000);
    return sum(counts);
  };
  assert.equal(worked("ASAP_REGISTRATION"), 1);
  assert.equal(worked("ASAP_HANDLE_RESOLUTION"), 2);
  assert.equal(
    traffic.bytesReceived.ASAP,
    user.traffic().bytesSent.ASAP +
      element.traffic().bytesSent.ASAP,
  );

  const { resolutions, dials } = user.traffic();
  assert.deepEqual([resolutions.cached, resolutions.answered], [1, 2]);
  assert.deepEqual(dials, [{ kind: "ASAP", result: "connected", count: 1 }]);
  const { registrations, hunts } = element.traffic();
  assert.deepEqual([registrations.granted, registrations.renewed, hunts], [1, 0, 1]);
});

Deno.test("limit maxAssociations: who is turned away is counted", async () => {
  const limits = { maxAssociations: 1 };
  await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort, limits });
  const [address] = registrar.asap;
  const { host: hostname, port } = address!;
  const heard = Promise.withResolvers<void>();
  using _first = await Deno.connect({ hostname, port });
  using second = await Deno.connect({ hostname, port });
  void second.read(new Uint8Array(1)).finally(heard.resolve).catch(() => {});
  await heard.promise;
  const { connectionsAccepted, connectionsRefused } = registrar.traffic();
  assert.equal(connectionsAccepted[0]!.count, 1);
  assert.deepEqual([...connectionsRefused], [["full", 1]]);
});

Deno.test("dials that failed, by why", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = nobody.addr;
  nobody.close();
  await using user = new PoolUser({ registrars: [{ host: "127.0.0.1", port }], once: true });
  await assert.rejects(user.resolve("web"));
  const { dials, huntFailures, resolutions } = user.traffic();
  assert.deepEqual(dials, [{ kind: "ASAP", result: "refused", count: 1 }]);
  assert.equal(huntFailures, 1);
  assert.deepEqual([...resolutions.failed], [["no-registrar", 1]]);
});

Deno.test("TLS handshakes that were done, and that failed", async () => {
  const refused = Promise.withResolvers<void>();
  await using registrar = await pskRegistrar(["u-1"], {
    onEvent: ({ type }) => type === "handshake-refused" && refused.resolve(),
  });
  const registrars = registrar.asapPsk;
  const asking = async (number: number) => {
    await using user = new PoolUser({
      registrars,
      transport: await shownBy("u-1", number),
      once: true,
    });
    await assert.rejects(user.resolve("web"));
  };
  await asking(0);
  // The same name, with another key.
  await asking(1);
  await refused.promise;
  const { connectionsAccepted, handshakesFailed } = registrar.traffic();
  assert.deepEqual(connectionsAccepted, [{ kind: "ASAP", result: "psk", count: 1 }]);
  assert.deepEqual([...handshakesFailed], [["psk", 1]]);
});

Deno.test("who connects faster than it may is counted as refused", async () => {
  const rates = { ...DEFAULT_RATES, connectionsPerSecond: 0.001, burstSeconds: 1 };
  const security = { ...pskSecurity(["u-1"]), rates };
  await using registrar = await pskRegistrar(["u-1"], { security });
  const transport = await shownBy("u-1");
  for (let i = 0; i < 3; i++) {
    await using user = new PoolUser({ registrars: registrar.asapPsk, transport, once: true });
    await assert.rejects(user.resolve("web"));
  }
  assert((registrar.traffic().connectionsRefused.get("address") ?? 0) >= 1);
});

Deno.test("what waits for readers: of all, and of the slowest", async () => {
  const accepting: ((connection: Connection) => void)[] = [];
  const transport: NetTransport = {
    listen(address, onConnection) {
      accepting.push(onConnection);
      return Promise.resolve({ address, close: () => Promise.resolve() });
    },
    dial: () => Promise.reject(new TypeError("nobody is dialled")),
  };
  await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort, transport });
  for (const queuedBytes of [5, 7, 0]) accepting[0]!(reading(queuedBytes));
  const { associations, ...queued } = registrar.traffic();
  assert.equal(associations, 3);
  assert.deepEqual([queued.queuedBytes, queued.maxQueuedBytes], [12, 7]);
});

/** A connection that says nothing, and for which so many bytes wait. */
function reading(queuedBytes: number): Connection {
  const end = Promise.withResolvers<null>();
  return {
    remote: { host: "127.0.0.1", port: 1 },
    local: { host: "127.0.0.1", port: 2 },
    queuedBytes,
    ended: undefined,
    read: () => end.promise,
    write: () => Promise.resolve(),
    closeWrite: () => Promise.resolve(),
    close() {
      end.resolve(null);
      return Promise.resolve();
    },
    abort: () => end.resolve(null),
  };
}
