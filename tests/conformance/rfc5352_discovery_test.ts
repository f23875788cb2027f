import assert from "node:assert/strict";
import {
  announcementFrom,
  ClientDiscovery,
  DEFAULT_LIMITS,
  DISCOVERY_TIMING,
  Dropped,
  encodeServerAnnounce,
  type HintCommand,
  type PeerHintCommand,
  readAnnouncement,
  RegistrarDiscovery,
  type SocketAddress,
} from "../../lib/core/mod.ts";
import { DEFAULT_ASAP_GROUPS } from "../../lib/driver/multicast_settings.ts";
import { asap, enrp, type Transport } from "../../lib/wire/mod.ts";
import { discoveryOptions, DiscoveryStage } from "../core/discovery/discovery_stage.ts";
import { UserStage } from "../core/pool_user/user_stage.ts";
import { registrar } from "../core/server_hunt/stage.ts";

const { t6ServerAnnounceMs, t7EnrpOutdateMs } = DISCOVERY_TIMING;
const source: SocketAddress = { host: "192.0.2.77", port: 50_000 };

/** A pool user who knows no registrar but those that announce themselves. */
class DiscoveringUser {
  readonly user = new UserStage({ registrars: [], discovers: true, staggerMs: 100 });
  readonly heard: DiscoveryStage<HintCommand>;

  constructor() {
    const discovery = new ClientDiscovery("ASAP", discoveryOptions());
    this.heard = new DiscoveryStage(discovery, this.user.now);
  }

  hear(transports: readonly Transport[]): void {
    const type = "ASAP_SERVER_ANNOUNCE";
    this.heard.hear("ASAP", asap.encode({ type, serverIdentifier: 7, transports }), source);
    this.tell();
  }

  advance(ms: number): void {
    this.heard.advance(ms);
    this.tell();
    this.user.advance(ms);
  }

  /** The addresses on its list, as a hunt that is refused everywhere dials them. */
  list(): string[] {
    const request = this.user.resolve(`web${this.heard.now}`);
    const dialled: string[] = [];
    for (let dials = this.user.takeDials(); dials.length > 0; dials = this.user.takeDials()) {
      for (const { association, to } of dials) {
        dialled.push(`${to.host}:${to.port}`);
        this.user.disconnect(association, "refused");
      }
    }
    this.user.command({ type: "cancel", request });
    return dialled.sort();
  }

  private tell(): void {
    for (const { command } of this.heard.commands.splice(0)) this.user.command(command);
  }
}

const tcp = (host: string, port: number): Transport => {
  return { protocol: "tcp", port, use: 0, addresses: [host] };
};

Deno.test(
  "RFC 5352 §2.2.10: Only SCTP and TCP Transport parameters are allowed for use within the " +
    "SERVER_ANNOUNCE message.",
  () => {
    const udp: Transport = { protocol: "udp", port: 3863, use: 0, addresses: ["192.0.2.1"] };
    const type = "ASAP_SERVER_ANNOUNCE";
    const bytes = asap.encode({ type, serverIdentifier: 1, transports: [udp] });
    assert.ok(readAnnouncement("ASAP", bytes, source, DEFAULT_LIMITS) instanceof Dropped);
    const own = asap.decode(encodeServerAnnounce(1, [registrar(1)]));
    assert.ok(own.ok && own.message.type === type);
    assert.deepEqual(own.message.transports.map(({ protocol }) => protocol), ["tcp"]);
  },
);

Deno.test(
  "RFC 5352 §3.6: If multicast capabilities are used within the operational scope, an ENRP " +
    "server MUST send periodically every (N+1)*T6-Serverannounce an ASAP_SERVER_ANNOUNCE message",
  () => {
    const discovery = new RegistrarDiscovery(1, discoveryOptions(), 0);
    const stage = new DiscoveryStage<PeerHintCommand>(discovery, 0);
    for (let second = 0; second < 120; second++) {
      for (const other of [2, 3]) stage.hearAsap(other, registrar(other));
      stage.advance(1_000);
    }
    const times = stage.announced.filter((each) => each.protocol === "ASAP").map(({ at }) => at);
    const mean = (times.at(-1)! - times[1]!) / (times.length - 2);
    assert.ok(Math.abs(mean - 3 * t6ServerAnnounceMs) < 100, `every ${mean} ms`);
  },
);

Deno.test(
  "RFC 5352 §3.6: … which includes all the transport addresses available for ASAP communication",
  () => {
    const listening = [registrar(1), { host: "2001:db8::1", port: 4000 }];
    const decoded = asap.decode(announcementFrom("192.0.2.1", "ASAP", 7, { listening })!);
    assert.ok(decoded.ok && decoded.message.type === "ASAP_SERVER_ANNOUNCE");
    assert.deepEqual(decoded.message.transports, [
      tcp("192.0.2.1", 3863),
      tcp("2001:db8::1", 4000),
    ]);
  },
);

Deno.test(
  "RFC 5352 §3.6: If an ASAP_SERVER_ANNOUNCE message is received by a PU or PE, it SHOULD insert " +
    "all new included transport addresses into its list of ENRP server addresses",
  () => {
    const user = new DiscoveringUser();
    assert.deepEqual(user.list(), []);
    user.hear([tcp("192.0.2.1", 3863), tcp("192.0.2.2", 4000)]);
    assert.deepEqual(user.list(), ["192.0.2.1:3863", "192.0.2.2:4000"]);
  },
);

Deno.test(
  "RFC 5352 §3.6: … and start a T7-ENRPoutdate timer for each address. … If a T7-ENRPoutdate " +
    "timer for a transport address expires, the corresponding address is deleted",
  () => {
    const user = new DiscoveringUser();
    user.hear([tcp("192.0.2.1", 3863)]);
    user.advance(t7EnrpOutdateMs - 1);
    assert.deepEqual(user.list(), ["192.0.2.1:3863"]);
    user.advance(1);
    assert.deepEqual(user.list(), []);
  },
);

Deno.test(
  "RFC 5352 §3.6: For all already-known, included transport addresses, the T7-ENRPoutdate timer " +
    "MUST be restarted for each address.",
  () => {
    const user = new DiscoveringUser();
    user.hear([tcp("192.0.2.1", 3863), tcp("192.0.2.2", 4000)]);
    user.advance(1_500);
    user.hear([tcp("192.0.2.1", 3863)]);
    user.advance(t7EnrpOutdateMs - 1);
    assert.deepEqual(user.list(), ["192.0.2.1:3863"]);
    user.advance(1);
    assert.deepEqual(user.list(), []);
  },
);

Deno.test(
  "RFC 5352 §3.6: If no transport parameters are included in the ASAP_SERVER_ANNOUNCE message, … " +
    "the source IP address and the IANA-registered ASAP port number is used",
  () => {
    const user = new DiscoveringUser();
    user.hear([]);
    assert.deepEqual(user.list(), ["192.0.2.77:3863"]);
  },
);

Deno.test("RFC 5352 §7.1: T6-Serverannounce … is normally set to 1 second.", () => {
  assert.equal(t6ServerAnnounceMs, 1_000);
});

Deno.test("RFC 5352 §7.1: T7-ENRPoutdate … is normally set to 5 seconds.", () => {
  assert.equal(t7EnrpOutdateMs, 5_000);
});

Deno.test(
  "RFC 5352 §8.4: IANA has assigned an IPv4 multicast address (224.0.1.185) and an IPv6 " +
    "multicast address (FF0X:0:0:0:0:0:0:133).",
  () => {
    assert.deepEqual(DEFAULT_ASAP_GROUPS.map(({ host }) => host), ["224.0.1.185", "ff05::133"]);
  },
);

Deno.test(
  "RFC 5352 §9.2: … a receiver of such an announcement cannot consider the source address of " +
    "such a message to be a trustworthy address of an ENRP server.",
  () => {
    const user = new DiscoveringUser();
    user.hear([]);
    user.user.resolve("web", { withinMs: 1_000 });
    const dial = user.user.takeDial();
    user.user.connect(dial.association);
    user.user.disconnect(dial.association, "garbage", "The first bytes are those of SSH");
    user.user.advance(1_000);
    const failed = user.user.takeEvents().filter((each) => each.type === "failed");
    assert.equal(failed.length, 1, "it is dialled, and believed only when it answers");
  },
);

Deno.test(
  "RFC 5352 §9.2: A receiver must also be prepared to receive a large number of multicast " +
    "announcements from attackers.",
  () => {
    const user = new DiscoveringUser();
    user.user.resolve("web", { withinMs: 60_000 });
    let dials = 0;
    for (let i = 0; i < 20_000; i++) {
      user.hear([tcp(`10.${i >> 8}.${i & 0xff}.1`, 1 + (i % 60_000))]);
      for (const { association } of user.user.takeDials()) {
        dials++;
        user.user.disconnect(association, "refused");
      }
      if (i % 2_000 === 0) user.advance(1_000);
    }
    assert.ok(dials < 200, `${dials} dials after 20,000 announcements in ten seconds`);
  },
);

Deno.test(
  "RFC 5353 §6.2: … a receiver of such an announcement cannot consider the source address of " +
    "such a message to be a trustworthy address of an ENRP server.",
  () => {
    const discovery = new RegistrarDiscovery(1, discoveryOptions(), 0);
    const stage = new DiscoveryStage<PeerHintCommand>(discovery, 0);
    const presence = enrp.encode({
      type: "ENRP_PRESENCE",
      replyRequired: true,
      sender: 9,
      receiver: 1,
      checksum: 0x1234,
      serverInformation: { identifier: 9, transport: tcp("192.0.2.9", 9901) },
    });
    stage.hear("ENRP", presence, source);
    stage.advance(1);
    // All that follows is a dial: no checksum is believed, nothing is answered.
    assert.deepEqual(stage.commands.map(({ command }) => command), [
      { type: "hint", enrp: { host: "192.0.2.9", port: 9901 } },
    ]);
  },
);
