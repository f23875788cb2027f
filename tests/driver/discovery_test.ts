/** Registrars and clients that find each other by multicast, over the loopback of this host. */

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { encodePresence, encodeServerAnnounce } from "../../lib/core/mod.ts";
import {
  type MulticastEvent,
  Observer,
  PoolElement,
  PoolUser,
  Registrar,
  RegistrarUnreachable,
} from "../../lib/driver/mod.ts";
import { ListenFailed } from "../../lib/net/mod.ts";
import { group, LOOPBACK } from "../net/multicast_group.ts";

const ANY_PORT = [{ host: LOOPBACK, port: 0 }];
/** Seconds are for people: tests may find each other faster. */
const FAST = { t6ServerAnnounceMs: 50, t7EnrpOutdateMs: 250, hintCycleMs: 50 };
const TIMEOUT = { timeoutMs: 20_000 };

/** Groups that nobody else uses. */
function multicast() {
  const events: MulticastEvent[] = [];
  const settings = {
    asapGroups: [group()],
    enrpGroups: [group()],
    interfaces: [LOOPBACK],
    timing: FAST,
    onEvent: (event: MulticastEvent) => void events.push(event),
  };
  return { settings, events };
}

Deno.test("an element, a user and an observer find a registrar that announces itself", async () => {
  const { settings } = multicast();
  await using user = new PoolUser({ registrars: [], discover: settings });
  await using element = new PoolElement({
    registrars: [],
    discover: settings,
    poolHandle: "web",
    port: 8081,
  });
  await using observer = new Observer({ registrars: [], discover: settings });
  const registered = element.register(TIMEOUT);
  const status = observer.status(TIMEOUT);
  await using registrar = await Registrar.start({
    asap: ANY_PORT,
    enrp: ANY_PORT,
    announce: settings,
  });
  await registered;
  const { poolElements } = await user.resolve("web", TIMEOUT);
  assert.deepEqual(poolElements.map((each) => each.identifier), [element.identifier]);
  const { identifier, serves, address } = await status;
  assert.deepEqual({ identifier, serves, address }, {
    identifier: registrar.identifier,
    serves: true,
    address: registrar.enrp[0],
  });
});

Deno.test("a registrar that is given is used before those that announce themselves", async () => {
  const { settings } = multicast();
  const start = () => Registrar.start({ asap: ANY_PORT, enrp: ANY_PORT, announce: settings });
  await using _announced = await start();
  await using given = await Registrar.start({ asap: ANY_PORT, enrp: ANY_PORT });
  await using observer = new Observer({ registrars: given.enrp, discover: settings });
  assert.equal((await observer.status(TIMEOUT)).identifier, given.identifier);
});

Deno.test("a user whose given registrar is gone finds one that announces itself", async () => {
  const { settings } = multicast();
  const gone = await Registrar.start({ asap: ANY_PORT, enrp: ANY_PORT });
  await using element = new PoolElement({
    registrars: gone.asap,
    discover: settings,
    poolHandle: "web",
    port: 8081,
    timing: { huntPauseMs: 50 },
  });
  await element.register(TIMEOUT);
  const registeredAgain = Promise.withResolvers<void>();
  await using announced = await Registrar.start({
    asap: ANY_PORT,
    enrp: ANY_PORT,
    announce: settings,
    onEvent: ({ type }) => {
      if (type === "pool-element-registered") registeredAgain.resolve();
    },
  });
  await gone.stop();
  await registeredAgain.promise;
  await using observer = new Observer({ registrars: announced.enrp });
  assert.equal((await observer.handleTable(TIMEOUT)).pools[0]?.poolHandle, "web");
});

Deno.test("registrars that announce themselves become peers without configuration", async () => {
  const { settings } = multicast();
  const start = () => Registrar.start({ asap: ANY_PORT, enrp: ANY_PORT, announce: settings });
  await using one = await start();
  await using other = await start();
  await using element = new PoolElement({ registrars: one.asap, poolHandle: "web", port: 8081 });
  await element.register(TIMEOUT);
  const known = Promise.withResolvers<void>();
  await using user = new PoolUser({ registrars: other.asap });
  const ask = async () => {
    for (;;) {
      const found = await user.resolve("web", TIMEOUT).catch(() => undefined);
      if (found !== undefined) return known.resolve();
      // Whoever asks too early asks again, at the pace of the answers.
    }
  };
  await Promise.all([ask(), known.promise]);
});

Deno.test("with nobody there it says that no registrar announced itself", async () => {
  const { settings } = multicast();
  await using user = new PoolUser({ registrars: [], discover: settings, once: true });
  await assert.rejects(user.resolve("web", { timeoutMs: 100 }), (error) => {
    assert.ok(error instanceof RegistrarUnreachable);
    assert.equal(error.message, "No registrar answered: no registrar announced itself");
    return true;
  });
  const { host, port } = { host: LOOPBACK, port: 1 };
  await using both = new PoolUser({ registrars: [{ host, port }], discover: settings, once: true });
  const words = /127\.0\.0\.1:1: connection refused; no registrar announced itself$/;
  await assert.rejects(both.resolve("web", { timeoutMs: 1_000 }), words);
  await using observer = new Observer({ registrars: [], discover: settings });
  await assert.rejects(observer.peers({ timeoutMs: 100 }), /no registrar announced itself/);
  await using element = new PoolElement({
    registrars: [],
    discover: settings,
    poolHandle: "web",
    port: 80,
  });
  await assert.rejects(element.register({ timeoutMs: 100 }), /no registrar announced itself/);
});

Deno.test("a group that cannot be joined is the answer to whoever asks", async () => {
  const discover = { ...multicast().settings, interfaces: ["none0"] };
  await using user = new PoolUser({ registrars: [], discover });
  await assert.rejects(user.resolve("web"), ListenFailed);
  await using observer = new Observer({ registrars: [], discover });
  await assert.rejects(observer.status(), ListenFailed);
  await using element = new PoolElement({ registrars: [], discover, poolHandle: "web", port: 80 });
  await assert.rejects(element.register(), ListenFailed);
  const settings = { asap: ANY_PORT, enrp: ANY_PORT, announce: discover };
  await assert.rejects(Registrar.start(settings), ListenFailed);
});

Deno.test("clients that are closed before they listen leave nothing open", async () => {
  for (let i = 0; i < 3; i++) {
    const { settings } = multicast();
    const user = new PoolUser({ registrars: [], discover: settings });
    await user.close();
  }
});

Deno.test("an advertised name is refused before anything is announced", async () => {
  const settings = { asap: ANY_PORT, enrp: ANY_PORT, announce: multicast().settings };
  const advertiseAsap = { host: "registrar.example", port: 3863 };
  await assert.rejects(Registrar.start({ ...settings, advertiseAsap }), SyntaxError);
});

Deno.test("a flood of announcements and of nonsense harms nobody", async () => {
  const { settings, events } = multicast();
  const [asap, enrp] = [settings.asapGroups[0]!, settings.enrpGroups[0]!];
  await using registrar = await Registrar.start({
    asap: ANY_PORT,
    enrp: ANY_PORT,
    announce: settings,
  });
  const flood = createSocket("udp4");
  await new Promise<void>((resolve) => flood.bind(0, LOOPBACK, () => resolve()));
  flood.setMulticastInterface(LOOPBACK);
  const send = (bytes: Uint8Array, to: typeof asap) =>
    new Promise<void>((resolve) => flood.send(bytes, to.port, to.host, () => resolve()));
  for (let i = 1; i <= 500; i++) {
    // Ports of the loopback on which nobody listens: they refuse at once.
    await send(encodeServerAnnounce(i, [{ host: `127.1.${i >> 8}.${i & 0xff}`, port: 1 }]), asap);
    await send(encodePresence(i, { host: `127.1.${i >> 8}.${i & 0xff}`, port: 1 }), enrp);
    await send(crypto.getRandomValues(new Uint8Array(i % 100)), i % 2 === 0 ? asap : enrp);
  }
  await using user = new PoolUser({ registrars: [], discover: settings, staggerMs: 1_000 });
  await assert.rejects(user.resolve("none", TIMEOUT), /"none" is unknown/);
  await using observer = new Observer({ registrars: [], discover: settings });
  assert.equal((await observer.status(TIMEOUT)).identifier, registrar.identifier);
  await new Promise<void>((resolve) => flood.close(() => resolve()));
  assert.ok(events.some((each) => each.type === "announcements-dropped"));
});
