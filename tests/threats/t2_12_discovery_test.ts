/** RFC 5355 §2.12: the discovery of ENRP servers is spoofed, and thwarted by a flood. */

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import {
  certificateTransport,
  type MulticastEvent,
  PoolElement,
  PoolUser,
  type SocketAddress,
} from "../../mod.ts";
import { encodeServerAnnounce } from "../../lib/core/mod.ts";
import { tcpTransport } from "../../lib/net/mod.ts";
import { group, LOOPBACK } from "../net/multicast_group.ts";
import { RogueRegistrar, TRAP } from "./rogue_registrar.ts";
import { LIMIT, SecuredCluster } from "./secured_cluster.ts";

const FLOOD = 1_000;
const WAIT = { timeoutMs: 20_000 };
/** Seconds are for people: tests may find each other faster. */
const FAST = { t6ServerAnnounceMs: 50, t7EnrpOutdateMs: 1_000, hintCycleMs: 50 };

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

/** Somebody who announces what he likes, from an address of his own. */
async function announce(
  to: SocketAddress,
  announced: readonly (readonly [number, SocketAddress])[],
): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.66", () => resolve()));
  socket.setMulticastInterface(LOOPBACK);
  for (const [identifier, address] of announced) {
    const bytes = encodeServerAnnounce(identifier, [address]);
    await new Promise<void>((resolve) => socket.send(bytes, to.port, to.host, () => resolve()));
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

Deno.test("RFC 5355 §2.12: “A provision for authentication MUST be present”", async (t) => {
  const { settings, events } = multicast();
  const [heardAt] = settings.asapGroups as [SocketAddress];
  await using cluster = await SecuredCluster.make({
    registrars: 1,
    settings: { announce: settings },
  });
  const stranger = await cluster.issueRegistrar("r1.example.org", cluster.foreign);
  const foreign = await certificateTransport(cluster.foreign.credentials(stranger));
  const insider = await cluster.authority.issue({ names: ["web-2.example.org"], ips: [LOOPBACK] });
  await using plain = await RogueRegistrar.listen(tcpTransport());
  await using other = await RogueRegistrar.listen(foreign);
  await using inside = await RogueRegistrar.listen(await cluster.transport(insider));
  const rogues = [plain, other, inside];
  const spoof = () =>
    announce(heardAt, rogues.map(({ address }, i) => [0x666 + i, address] as const));

  await t.step("spoofing: a user and an element find the real registrar", async () => {
    await using user = new PoolUser({
      registrars: [],
      discover: settings,
      transport: await cluster.transport(),
    });
    await using element = new PoolElement({
      registrars: [],
      discover: settings,
      poolHandle: "web",
      port: 8083,
      addresses: ["192.0.2.30"],
      transport: await cluster.transport(await cluster.issue("web-3.example.org")),
    });
    const finding = Promise.all([element.register(WAIT), user.resolve("web", WAIT)]);
    await spoof();
    const [_, { poolElements }] = await finding;
    const known = [cluster.element.identifier, element.identifier];
    assert(poolElements.every(({ identifier }) => known.includes(identifier)));
    assert.equal(element.home, cluster.registrars[0]!.identifier);
    assert.deepEqual(rogues.flatMap(({ heard }) => heard), []);
  });

  await t.step("the operator sees who announces what", () => {
    const announced = events.filter((each) => each.type === "registrar-announced");
    assert(announced.some(({ registrar }) => registrar.port === plain.address.port));
  });
  await cluster.assertUntouched();
});

Deno.test("RFC 5355 §2.12: a flood of announcements thwarts no discovery", async () => {
  const { settings, events } = multicast();
  const [heardAt] = settings.asapGroups as [SocketAddress];
  await using cluster = await SecuredCluster.make({
    registrars: 1,
    settings: { announce: settings },
  });
  await using user = new PoolUser({
    registrars: [],
    discover: settings,
    transport: await cluster.transport(),
  });
  const finding = user.resolve("web", WAIT);
  const madeUp = Array.from({ length: FLOOD }, (_, i) => {
    // Nobody listens there: they refuse at once.
    const host = `127.1.${i >> 8}.${i & 0xff}`;
    return [i + 1, { host, port: 1 }] as const;
  });
  await announce(heardAt, madeUp);
  assert.equal((await finding).poolElements.length, 1);
  // A second question, after the flood, finds it as well.
  await using later = new PoolUser({
    registrars: [],
    discover: settings,
    transport: await cluster.transport(),
  });
  const again = later.resolve("web", WAIT);
  await announce(heardAt, madeUp);
  assert.equal((await again).poolElements.length, 1);
  // The operator sees who announces so much.
  const dropped = events.filter((each) => each.type === "announcements-dropped");
  assert(dropped.some(({ source }) => source === "127.0.0.66"), JSON.stringify(dropped));
  await cluster.assertUntouched();
});

Deno.test("RFC 5355 §2.12: without security the same announcement is believed", async () => {
  const { settings } = multicast();
  await using rogue = await RogueRegistrar.listen(tcpTransport());
  await using user = new PoolUser({ registrars: [], discover: settings });
  let isOver = false;
  const finding = user.resolve("web", LIMIT).finally(() => isOver = true);
  while (!isOver) await announce(settings.asapGroups[0]!, [[0x666, rogue.address]]);
  const { poolElements } = await finding;
  assert.deepEqual(poolElements.map(({ identifier }) => identifier), [TRAP.identifier]);
});
