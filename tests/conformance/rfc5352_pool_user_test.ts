import assert from "node:assert/strict";
import { POOL_USER_TIMING } from "../../lib/core/mod.ts";
import { CAUSE } from "../../lib/wire/mod.ts";
import { registrar } from "../core/server_hunt/stage.ts";
import { element, UserStage } from "../core/pool_user/user_stage.ts";

const { t1EnrpRequestMs, maxRequestRetransmit, staleCacheValueMs } = POOL_USER_TIMING;

Deno.test(
  "RFC 5352 §3.3, NR1: Fill in an ASAP_HANDLE_RESOLUTION message (Section 2.2.5) with the " +
    "Pool Handle to be resolved.",
  () => {
    const stage = new UserStage();
    stage.settle();
    stage.resolve("web");
    const message = stage.takeMessage("ASAP_HANDLE_RESOLUTION");
    assert.equal(message.poolHandle, "web");
    // §2.2.5: "If the 'S' bit is set to '0', no Dynamic updates are requested."
    assert.equal(message.dynamicUpdates, false);
    assert.equal(message.items, undefined);
  },
);

Deno.test(
  "RFC 5352 §3.3, NR2: If the endpoint does not have a Home ENRP server, start the ENRP " +
    "Server Hunt procedures specified in Section 3.6 to obtain one.",
  () => {
    const stage = new UserStage();
    stage.resolve();
    assert.deepEqual(stage.takeDials().map((dial) => dial.to), [registrar(1), registrar(2)]);
  },
);

Deno.test(
  "RFC 5352 §3.3, NR3: if a PU, send the ASAP_HANDLE_RESOLUTION message to the Home ENRP " +
    "server",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    assert.deepEqual(stage.takeDials(), []);
    const [sent] = stage.takeSent();
    assert.equal(sent!.association, home);
  },
);

Deno.test("RFC 5352 §3.3, NR4: Start a T1-ENRPrequest timer.", () => {
  const stage = new UserStage();
  stage.settle();
  stage.resolve();
  assert.equal(stage.machine.deadline(), stage.now + t1EnrpRequestMs);
});

Deno.test(
  "RFC 5352 §3.3: If a SEND.FAILURE notification is received from the SCTP or TCP layer, " +
    "the ASAP Endpoint SHOULD start the Server Hunt procedure […]. After establishing a new " +
    "Home ENRP server, the ASAP Endpoint SHOULD restart the handle resolution procedure.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    const request = stage.resolve();
    stage.takeSent();
    stage.disconnect(home, "reset");
    const dial = stage.takeDial();
    assert.deepEqual(
      dial.to,
      registrar(2),
      "in an attempt to get service from a different ENRP server",
    );
    stage.connect(dial.association);
    stage.takeMessage("ASAP_HANDLE_RESOLUTION");
    stage.answer(dial.association);
    assert.equal(stage.takeEventsOf("resolved")[0]!.request, request);
  },
);

Deno.test(
  "RFC 5352 §3.3: At the reception of the ASAP_HANDLE_RESOLUTION_RESPONSE message, the " +
    "ASAP Endpoint MUST stop its T1-ENRPrequest timer.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.answer(home);
    assert.equal(stage.machine.deadline(), undefined);
  },
);

Deno.test(
  "RFC 5352 §3.3: the ASAP Endpoint SHOULD process the message as appropriate (e.g., " +
    "populate a local cache, give the response to the ASAP User […])",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    const request = stage.resolve();
    const poolElements = [element(3), element(1), element(2)];
    stage.answer(home, poolElements, "web", { name: "random" });
    assert.deepEqual(stage.takeEvents(), [{
      type: "resolved",
      request,
      poolHandle: "web",
      policy: { name: "random" },
      poolElements,
      cached: false,
    }]);
  },
);

Deno.test(
  "RFC 5352 §2.2.6: If not present, a Round-Robin overall pool member selection policy is " +
    "assumed.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.answer(home);
    assert.deepEqual(stage.takeEventsOf("resolved")[0]!.policy, { name: "round-robin" });
  },
);

Deno.test(
  "RFC 5352 §2.2.6: any load policy parameter within a Pool Element parameter (if present) " +
    "MUST be ignored, and MUST NOT be used to determine the overall pool member selection " +
    "policy.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.answer(home, [{ ...element(1), policy: { name: "least-used", load: 1 } }]);
    assert.deepEqual(stage.takeEventsOf("resolved")[0]!.policy, { name: "round-robin" });
  },
);

Deno.test("RFC 5352 §2.2.6: At least one PE parameter MUST be present.", () => {
  const stage = new UserStage();
  const home = stage.settle();
  const request = stage.resolve("web", { withinMs: 5_000 });
  stage.answer(home, []);
  assert.deepEqual(stage.takeClosed(), [home]);
  stage.advance(5_000);
  const [failed] = stage.takeEventsOf("failed");
  assert(failed?.why === "no-registrar");
  assert.equal(failed.request, request);
  assert.equal(failed.attempts[0]!.reason, "garbage");
});

Deno.test(
  "RFC 5352 §2.2.6: The presence of this parameter indicates that the response is negative " +
    "[…]. The cause code in this parameter (if present) will indicate the reason",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    const request = stage.resolve();
    stage.refuse(home, CAUSE.lackOfResources);
    assert.deepEqual(stage.takeEvents(), [{
      type: "failed",
      request,
      poolHandle: "web",
      why: "rejected",
      causes: [{ code: CAUSE.lackOfResources, information: new Uint8Array(0) }],
    }]);
  },
);

Deno.test(
  "RFC 5352 §3.3: the ENRP server MUST reject the handle resolution request by responding " +
    "with […] an Unknown Pool Handle error: the user is told so",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.refuse(home, CAUSE.unknownPoolHandle);
    assert.equal(stage.takeEventsOf("failed")[0]!.why, "unknown-pool-handle");
  },
);

Deno.test(
  "RFC 5352 §3.3, C1: [A cache SHOULD] Be consulted before sending a handle resolution.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.answer(home);
    stage.takeSent();
    stage.takeEvents();
    const request = stage.resolve();
    assert.deepEqual(stage.takeSent(), []);
    const [resolved] = stage.takeEventsOf("resolved");
    assert.deepEqual([resolved!.request, resolved!.cached], [request, true]);
  },
);

Deno.test(
  "RFC 5352 §3.3, C2: If the cache entry is determined to be stale upon a cache hit, a " +
    "handle resolution message SHOULD be sent so the cache can be updated.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.answer(home);
    stage.takeSent();
    stage.advance(staleCacheValueMs);
    stage.takeEvents();
    stage.resolve();
    stage.takeMessage("ASAP_HANDLE_RESOLUTION");
    // C3: "or it may block the user and wait for an updated cache".
    assert.deepEqual(stage.takeEvents(), []);
    stage.answer(home, [element(9)]);
    stage.resolve();
    const resolved = stage.takeEventsOf("resolved");
    assert.deepEqual(resolved.map((each) => each.poolElements[0]!.identifier), [9, 9]);
  },
);

Deno.test(
  "RFC 5352 §3.3, C4: If the cache entry is NOT stale, the endpoint SHOULD NOT send a " +
    "handle resolution request but instead SHOULD use the entry from the cache.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.answer(home);
    stage.takeSent();
    stage.advance(staleCacheValueMs - 1);
    stage.resolve();
    assert.deepEqual(stage.takeSent(), []);
  },
);

Deno.test(
  "RFC 5352 §6.4: If the user passes a Pool Handle and local handle translation cache " +
    "exists, the ASAP Endpoint should remove the mapping information on the Pool Handle from " +
    "its local cache.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    for (const poolHandle of ["web", "mail"]) {
      stage.resolve(poolHandle);
      stage.answer(home, [element(1)], poolHandle);
    }
    stage.takeSent();
    stage.command({ type: "purge", poolHandle: "web" });
    stage.resolve("mail");
    assert.deepEqual(stage.takeSent(), []);
    stage.resolve("web");
    assert.equal(stage.takeMessage("ASAP_HANDLE_RESOLUTION").poolHandle, "web");
  },
);

Deno.test(
  "RFC 5352 §3.5: the ASAP Endpoint SHOULD report the unavailability of the PE by sending " +
    "an ASAP_ENDPOINT_UNREACHABLE message to any ENRP server.",
  () => {
    const stage = new UserStage();
    stage.settle();
    stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 7 });
    const { poolHandle, peIdentifier } = stage.takeMessage("ASAP_ENDPOINT_UNREACHABLE");
    assert.deepEqual([poolHandle, peIdentifier], ["web", 7]);
  },
);

Deno.test(
  "RFC 5352 §3.5: an ASAP Endpoint MUST report no more than once each time it encounters " +
    "such an event.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 7 });
    stage.takeSent();
    // Neither a lost home nor time repeats it.
    stage.disconnect(home, "reset");
    stage.resolve();
    const [dial] = stage.takeDials();
    stage.connect(dial!.association);
    stage.answer(dial!.association);
    stage.advance(600_000);
    assert.deepEqual(stage.takeTypes(), ["ASAP_HANDLE_RESOLUTION"]);
  },
);

Deno.test(
  "RFC 5352 §3.7.1: it SHOULD discard the message and start the ENRP Server Hunt procedure " +
    "as described in Section 3.6. After finding a new Home ENRP server, the ASAP Endpoint " +
    "should re-send the request.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    for (const poolHandle of ["a", "b", "c"]) stage.resolve(poolHandle);
    stage.takeSent();
    stage.disconnect(home, "closed");
    stage.connect(stage.takeDial().association);
    const again = stage.takeSent().map((sent) => {
      assert(sent.message.type === "ASAP_HANDLE_RESOLUTION");
      return sent.message.poolHandle;
    });
    assert.deepEqual(again, ["a", "b", "c"]);
  },
);

Deno.test(
  "RFC 5352 §3.7.2: When the T1-ENRPrequest timer expires, the ASAP Endpoint should " +
    "re-send the original request to the ENRP server and restart the T1-ENRPrequest timer.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.takeSent();
    stage.advance(t1EnrpRequestMs);
    const again = stage.takeSent();
    assert.deepEqual(again.map((sent) => sent.association), [home]);
    for (const dial of stage.takeDials()) stage.disconnect(dial.association, "refused");
    stage.advance(t1EnrpRequestMs);
    assert.deepEqual(stage.takeSent().map((sent) => sent.association), [home]);
  },
);

Deno.test(
  "RFC 5352 §3.7.2: In parallel, the ASAP Endpoint should begin the ENRP server hunt " +
    "procedures described in Section 3.6.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve();
    stage.advance(t1EnrpRequestMs);
    assert.deepEqual(stage.takeDial().to, registrar(2));
    assert.deepEqual(stage.takeClosed(), []);
    stage.answer(home);
    assert.equal(stage.takeEventsOf("resolved").length, 1);
  },
);

Deno.test(
  "RFC 5352 §3.7.2: This should be repeated up to MAX-REQUEST-RETRANSMIT times. After " +
    "that, an Error.Report notification should be generated to inform the ASAP User, and the " +
    "ENRP request message […] should be discarded.",
  () => {
    const stage = new UserStage({ registrars: [registrar(1)] });
    const home = stage.settle();
    const request = stage.resolve();
    stage.advance(t1EnrpRequestMs * (1 + maxRequestRetransmit) - 1);
    const toHome = stage.takeSent().filter((sent) => sent.association === home);
    assert.equal(toHome.length, 1 + maxRequestRetransmit);
    assert.deepEqual(stage.takeEventsOf("failed"), []);
    stage.advance(1);
    assert.deepEqual(stage.takeEventsOf("failed"), [{
      type: "failed",
      request,
      poolHandle: "web",
      why: "no-registrar",
      attempts: [{ address: registrar(1), reason: "silent" }],
    }]);
    assert.deepEqual(stage.takeSent(), []);
  },
);

Deno.test(
  "RFC 5352 §3.7.2: if an alternate ENRP server responds, the ASAP Endpoint SHOULD adopt " +
    "the responding ENRP server as its new Home ENRP server",
  () => {
    const stage = new UserStage();
    const silent = stage.settle();
    stage.resolve();
    stage.advance(t1EnrpRequestMs);
    const other = stage.takeDial().association;
    stage.connect(other);
    stage.answer(other);
    assert.deepEqual(stage.takeClosed(), [silent]);
    assert.deepEqual(stage.takeEventsOf("home-adopted"), [
      { type: "home-adopted", registrar: registrar(2) },
    ]);
    stage.takeSent();
    stage.resolve("mail");
    assert.equal(stage.takeSent()[0]!.association, other);
  },
);

Deno.test(
  "RFC 5352 §2.2.14: if an error report to the message sender is needed, the ASAP endpoint " +
    "[…] SHOULD send back an ASAP_ERROR message",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.receiveBroken(home, { cause: CAUSE.unrecognizedMessage, messageType: "0x7f" });
    const { causes } = stage.takeMessage("ASAP_ERROR");
    assert.equal(causes[0]!.code, CAUSE.unrecognizedMessage);
    stage.receiveHex(home, "0e00000841110004");
    stage.receiveBroken(home, { report: false });
    assert.deepEqual(stage.takeSent(), []);
  },
);
