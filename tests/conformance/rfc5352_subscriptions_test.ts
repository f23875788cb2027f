/** RFC 5352, the sentences about dynamic updates: the S and the A bit. */
import assert from "node:assert/strict";
import { CAUSE } from "../../lib/wire/mod.ts";
import { element as poolElement, UserStage } from "../core/pool_user/user_stage.ts";
import { codes, element, World } from "../core/registrar/registrar_world.ts";
import { registrar } from "../core/server_hunt/stage.ts";

const second = element(2, { host: "192.0.2.11" });

Deno.test(
  "RFC 5352 §2.2.5: The 'S' bit, if set to '1', requests the Home ENRP server to send updates " +
    "to this Pool dynamically when the Pool changes for the lifetime of the SCTP association.",
  () => {
    const world = new World({ timing: { keepAliveCycleMs: 10_000_000 } });
    world.connect().registered("web", element(1, { registrationLife: -1 }));
    const user = world.connect("192.0.2.50");
    user.resolve("web", undefined, true);
    for (let change = 0; change < 20; change++) {
      world.advance(120_000);
      const other = world.connect("192.0.2.11").registered("web", second);
      user.take("ASAP_HANDLE_RESOLUTION_RESPONSE");
      world.advance(1000);
      other.deregister("web", 2);
      user.take("ASAP_HANDLE_RESOLUTION_RESPONSE");
    }
    user.leave();
    world.connect("192.0.2.11").registered("web", second);
    assert.deepEqual(user.received, []);
  },
);

Deno.test(
  "RFC 5352 §2.2.5: Dynamic updates to the pool will consist of additional " +
    "ASAP_HANDLE_RESOLUTION_RESPONSE messages, without the user needing to send",
  () => {
    const world = new World();
    world.connect().registered("web", element(1));
    const user = world.connect("192.0.2.50");
    user.resolve("web", undefined, true);
    world.connect("192.0.2.11").registered("web", second);
    const update = user.take("ASAP_HANDLE_RESOLUTION_RESPONSE");
    assert.equal(update.poolHandle, "web");
    assert.equal(update.automaticUpdates, true);
    assert.deepEqual(update.poolElements.map((each) => each.identifier), [1, 2]);
  },
);

Deno.test(
  "RFC 5352 §2.2.5: If the 'S' bit is set to '0', no Dynamic updates are requested.",
  () => {
    const world = new World();
    world.connect().registered("web", element(1));
    const user = world.connect("192.0.2.50");
    assert.equal(user.resolve("web").automaticUpdates, false);
    world.connect("192.0.2.11").registered("web", second);
    world.advance(60_000);
    assert.deepEqual(user.received, []);
  },
);

Deno.test(
  "RFC 5352 §2.2.5: If a negative response is returned, no further updates to the Pool (when it " +
    "is created) will occur.",
  () => {
    const world = new World();
    const user = world.connect("192.0.2.50");
    const answer = user.resolve("web", undefined, true);
    assert.deepEqual(codes(answer.causes), [CAUSE.unknownPoolHandle]);
    assert.equal(answer.automaticUpdates, false);
    world.connect().registered("web", element(1));
    world.advance(10_000);
    assert.deepEqual(user.received, []);
  },
);

Deno.test(
  "RFC 5352 §2.2.6: This bit is set to '1' if the ENRP server accepts the request to send " +
    "automatic updates",
  () => {
    const world = new World();
    world.connect().registered("web", element(1));
    const user = world.connect("192.0.2.50");
    assert.equal(user.resolve("web", undefined, true).automaticUpdates, true);
  },
);

Deno.test(
  "RFC 5352 §2.2.6: If this bit is set to '0', either the ENRP server does NOT support " +
    "automatic updates, it has resource issues …, or the user did not request it.",
  () => {
    const world = new World({ limits: { maxSubscriptions: 0 } });
    world.connect().registered("web", element(1));
    const user = world.connect("192.0.2.50");
    assert.equal(user.resolve("web", undefined, true).automaticUpdates, false);
    assert.equal(user.resolve("web", undefined, false).automaticUpdates, false);
    world.connect("192.0.2.11").registered("web", second);
    world.advance(10_000);
    assert.deepEqual(user.received, []);
  },
);

Deno.test(
  "RFC 5352 §2.2.5: upon change of Home ENRP server, the PU will need to re-send an " +
    "ASAP_HANDLE_RESOLUTION message with the 'S' bit set to '1'.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.subscribe("web");
    stage.grant(home, [poolElement(1)]);
    stage.takeSent();
    stage.disconnect(home, "closed");
    const dial = stage.takeDials().find(({ to }) => to.host === registrar(2).host)!;
    stage.connect(dial.association);
    const { poolHandle, dynamicUpdates } = stage.takeMessage("ASAP_HANDLE_RESOLUTION");
    assert.deepEqual([poolHandle, dynamicUpdates], ["web", true]);
  },
);

Deno.test(
  "RFC 5352 §2.2.6: The ASAP_HANDLE_RESOLUTION_RESPONSE message … is sent periodically upon Pool " +
    "changes if the PU has requested Dynamic updates.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.subscribe("web");
    const told = () => stage.takeEventsOf("updated").map((event) => event.poolElements.length);
    stage.grant(home, [poolElement(1)]);
    stage.grant(home, [poolElement(1), poolElement(2)]);
    assert.deepEqual(told(), [1, 2]);
    assert.equal(stage.takeSent().length, 1);
  },
);
