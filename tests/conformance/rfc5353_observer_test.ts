/** RFC 5353 §2 and §3, the sentences that bind a registrar asked by others over ENRP. */
import assert from "node:assert/strict";
import { CAUSE, parseHex } from "../../lib/wire/mod.ts";
import {
  type Client,
  codes,
  element,
  REGISTRAR,
  World,
} from "../core/registrar/registrar_world.ts";

const OBSERVER = { sender: 0, receiver: 0 };

function requestTable(client: Client, ownChildrenOnly = false) {
  client.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...OBSERVER, ownChildrenOnly });
  return client.take("ENRP_HANDLE_TABLE_RESPONSE");
}

Deno.test(
  "RFC 5353 §2.1: Sending Server's ID: This is the ID of the ENRP server that sent this " +
    "message",
  () => {
    const observer = new World().observer();
    observer.send({ type: "ENRP_LIST_REQUEST", ...OBSERVER });
    assert.equal(observer.take("ENRP_LIST_RESPONSE").sender, REGISTRAR);
    assert.equal(requestTable(observer).sender, REGISTRAR);
  },
);

Deno.test(
  "RFC 5353 §2.1: Receiving Server's ID: This is the ID of the ENRP server to which this " +
    "message is intended",
  () => {
    const peer = new World().peer(0xbad);
    assert.equal(peer.requestList().receiver, 0xbad);
  },
);

Deno.test(
  "RFC 5353 §2.1: PE Checksum Parameter … contains the latest PE checksum of the ENRP " +
    "server that sends the ENRP_PRESENCE",
  () => {
    const world = new World();
    const observer = world.observer();
    const checksum = () => {
      observer.send({ type: "ENRP_PRESENCE", ...OBSERVER, replyRequired: true });
      return observer.take("ENRP_PRESENCE").checksum;
    };
    assert.equal(checksum(), 0xffff);
    const client = world.connect().registered("web", element(1));
    // "we", "b" and a zero, and the two halves of the identifier, complemented.
    assert.equal(checksum(), 0xffff - (0x7765 + 0x6200 + 0x0001));
    client.deregister("web", 1);
    assert.equal(checksum(), 0xffff);
  },
);

Deno.test(
  "RFC 5353 §2.1: if this message is sent in response to a received 'reply required' " +
    "ENRP_PRESENCE from a peer, the sender then MUST include its server information",
  () => {
    const peer = new World().peer(0xbad);
    peer.presence({ replyRequired: true });
    const presence = peer.takeOnly("ENRP_PRESENCE");
    assert.equal(presence.replyRequired, false);
    assert.deepEqual(presence.serverInformation, {
      identifier: REGISTRAR,
      transport: { protocol: "tcp", port: 9901, use: 0, addresses: ["192.0.2.1"] },
    });
  },
);

Deno.test(
  "RFC 5353 §3.4.2: … 'Replay_required' flag to '0', indicating that no response is " +
    "required",
  () => {
    const peer = new World().peer(0xbad);
    peer.presence({ replyRequired: false });
    assert.deepEqual(peer.received, []);
  },
);

Deno.test(
  "RFC 5353 §2.2: W … Set to '1' if the sender of this message is only requesting " +
    "information about the PEs owned by the message receiver",
  () => {
    const world = new World();
    world.connect().registered("web", element(1)).registered("mail", element(2));
    const [own, all] = [true, false].map((flag) => requestTable(world.observer(), flag).pools);
    assert.deepEqual(own!.map((pool) => pool.poolHandle), ["web", "mail"]);
    // Alone in its scope, a registrar owns all there is.
    assert.deepEqual(own, all);
  },
);

Deno.test(
  "RFC 5353 §2.3: M … Set to '1' if the sender of this message has more pool entries to " +
    "send in subsequent ENRP_HANDLE_TABLE_RESPONSE messages. Otherwise, set to '0'",
  () => {
    const world = new World({ limits: { tablePageElements: 2 } });
    const client = world.connect();
    for (let identifier = 1; identifier <= 5; identifier++) {
      client.registered("web", element(identifier));
    }
    const observer = world.observer();
    const pages = [1, 2, 3].map(() => requestTable(observer));
    assert.deepEqual(pages.map((page) => page.moreToSend), [true, true, false]);
    const identifiers = pages.flatMap(({ pools }) =>
      pools.flatMap(({ poolElements }) => poolElements.map((each) => each.identifier))
    );
    assert.deepEqual(identifiers, [1, 2, 3, 4, 5]);
  },
);

Deno.test(
  "RFC 5353 §2.3: R … MUST be set to '1' if the sender of this message is rejecting a " +
    "handlespace request. In this case, pool entries MUST NOT be included … under high " +
    "load",
  () => {
    const world = new World({ limits: { tablePageElements: 1, maxDownloads: 1 } });
    world.connect().registered("web", element(1)).registered("web", element(2));
    assert.equal(requestTable(world.observer()).reject, false);
    const rejected = requestTable(world.observer());
    assert.deepEqual([rejected.reject, rejected.moreToSend, rejected.pools], [true, false, []]);
  },
);

Deno.test(
  "RFC 5353 §2.3: Each pool entry MUST start with a Pool Handle parameter …, and is " +
    "followed by one or more Pool Element parameters",
  () => {
    const world = new World({ limits: { tablePageElements: 3 } });
    const client = world.connect();
    client.registered("web", element(1)).registered("web", element(2));
    client.registered("mail", element(3)).registered("mail", element(4));
    const observer = world.observer();
    const pages = [requestTable(observer), requestTable(observer)].map(({ pools }) =>
      pools.map((pool) => [pool.poolHandle, pool.poolElements.map((each) => each.identifier)])
    );
    assert.deepEqual(pages, [[["web", [1, 2]], ["mail", [3]]], [["mail", [4]]]]);
  },
);

Deno.test(
  "RFC 5353 §2.4: … is sent by the Home ENRP server of a PE to all peer servers (by somebody " +
    "who is no registrar it changes nothing, and is answered by ENRP_ERROR)",
  () => {
    const world = new World();
    const owner = world.connect().registered("web", element(1));
    const stranger = world.observer();
    const update = { type: "ENRP_HANDLE_UPDATE", takeoverSuggestion: false } as const;
    for (const [action, identifier] of [[0, 2], [1, 1]] as const) {
      const poolElement = element(identifier, { home: REGISTRAR });
      stranger.send({ ...update, ...OBSERVER, action, poolHandle: "web", poolElement });
      const error = stranger.take("ENRP_ERROR");
      assert.deepEqual(codes(error.causes), [CAUSE.rejectedDueToSecurityConsiderations]);
      assert.deepEqual([error.sender, error.receiver], [REGISTRAR, 0]);
    }
    assert.deepEqual(owner.resolve("web").poolElements.map((each) => each.identifier), [1]);
    assert.deepEqual(world.told("update-rejected").map((each) => each.identifier), [2, 1]);
  },
);

Deno.test(
  "RFC 5353 §2.6: Each contains a Server Information Parameter of a peer known to the " +
    "sender (here none)",
  () => {
    const observer = new World().observer();
    observer.send({ type: "ENRP_LIST_REQUEST", ...OBSERVER });
    const { reject, servers } = observer.take("ENRP_LIST_RESPONSE");
    assert.deepEqual([reject, servers], [false, []]);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: MUST set the M flag to '0' in the last ENRP_HANDLE_TABLE_RESPONSE " +
    "for the download session and close the download session",
  () => {
    const world = new World({ limits: { tablePageElements: 1, maxDownloads: 1 } });
    world.connect().registered("web", element(1)).registered("web", element(2));
    const first = world.observer();
    assert.deepEqual([requestTable(first), requestTable(first)].map((page) => page.moreToSend), [
      true,
      false,
    ]);
    // Its place is free, and its own next request begins anew.
    assert.equal(requestTable(world.observer()).reject, false);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: If this timer expires without receiving another request …, the " +
    "mentor peer SHOULD abort the session, cleaning out any resource and record of the " +
    "session",
  () => {
    const world = new World({ limits: { tablePageElements: 1, maxDownloads: 1 } });
    world.connect().registered("web", element(1)).registered("web", element(2));
    const slow = world.observer();
    requestTable(slow);
    world.advance(world.limits.downloadIdleMs - 1);
    assert.equal(requestTable(world.observer()).reject, true);
    world.advance(1);
    assert.equal(requestTable(world.observer()).reject, false);
  },
);

Deno.test(
  "RFC 5353 §3.5.1, 1: … it (itself) is the target server …, it MUST immediately " +
    "announce an ENRP_PRESENCE message",
  () => {
    const peer = new World().peer(0xbad);
    peer.initTakeover(REGISTRAR);
    assert.equal(peer.take("ENRP_PRESENCE").sender, REGISTRAR);
    peer.takeOver(REGISTRAR);
    assert.equal(peer.take("ENRP_PRESENCE").sender, REGISTRAR);
    assert.deepEqual(peer.received, []);
  },
);

Deno.test(
  "RFC 5353 §3.7: … the ENRP server that discovered the error SHOULD " +
    "send back an ENRP_ERROR message with a proper error cause code",
  () => {
    const client = new World().observer();
    client.sendBytes(parseHex("7f000004"));
    const error = client.take("ENRP_ERROR");
    assert.deepEqual(codes(error.causes), [CAUSE.unrecognizedMessage]);
    assert.equal(error.sender, REGISTRAR);
  },
);
