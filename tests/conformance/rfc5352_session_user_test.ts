/** What the RFC says of a pool user that sends data to a pool. */

import assert from "node:assert/strict";
import { bytesOf, element, poolOf, SAYS, TIMING, UserPlay } from "../core/session/user_play.ts";
import { KnownPool } from "../driver/session/known_pool.ts";
import { echoing } from "../driver/session/served.ts";
import { SessionFailed } from "../../mod.ts";

Deno.test(
  "RFC 5352 §3.5: It should be noted that an ASAP Endpoint MUST report no more than once each " +
    "time it encounters such an event. (a session)",
  () => {
    const play = new UserPlay(poolOf(1, 1, 2)).open().lost("reset").lost("refused");
    play.handle({ type: "disconnected", attempt: 1, reason: "reset" });
    assert.deepEqual(play.reported, [1, 2]);
  },
);

Deno.test(
  "RFC 5352 §3.5: the ASAP Endpoint MUST NOT send an ASAP_ENDPOINT_UNREACHABLE message unless " +
    "the user has made a previous request to send data to the PE (a session)",
  () => {
    // Element 3 is in the pool, and nobody was to be sent anything there.
    const play = new UserPlay(poolOf(1, 1, 2, 3)).open().lost().open();
    assert.deepEqual(play.reported, [1]);
    play.command({ type: "abort" });
    assert.deepEqual(play.reported, [1]);
  },
);

Deno.test(
  "RFC 5352 §3.8: The PU's ASAP endpoint stores the Cookie parameter and discards an older " +
    "cookie if it is previously stored.",
  () => {
    const play = new UserPlay(poolOf(1, 1, 2)).open().says(SAYS.cookie("a"), SAYS.cookie("b"));
    play.lost().connected().announced();
    assert.deepEqual(play.heard().filter((each) => each.startsWith("echo")), ["echo:b"]);
  },
);

Deno.test(
  "RFC 5352 §3.8: it SHOULD send the latest received cookie parameter in an ASAP_COOKIE_ECHO " +
    "message to the new PE as the first message on the control channel.",
  () => {
    const businessCard = { poolHandle: "users", poolElements: [] };
    const play = new UserPlay(poolOf(1, 1, 2), { businessCard }).open().says(SAYS.cookie("c"));
    play.send("to the first");
    play.lost().connected().announced("again");
    assert.deepEqual(play.heard(), ["preface+cookie", "echo:c", "card:users", "data:again"]);
  },
);

Deno.test(
  "RFC 5352 §3.8: the PU always stores the last received Cookie parameter and sends that back " +
    "unmodified in case of a PE failure.",
  () => {
    const cookie = Uint8Array.from({ length: 256 }, (_, at) => at);
    const play = new UserPlay(poolOf(1, 1, 2, 3)).open();
    play.says(SAYS.message({ type: "ASAP_COOKIE", cookie }));
    for (let failure = 0; failure < 2; failure++) {
      play.lost().connected().announced();
      assert.equal(play.heard()[1], `echo:${String.fromCharCode(...cookie)}`);
    }
  },
);

Deno.test("RFC 5352 §3.8: Upper layers may be involved in the failover procedure.", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().lost().connected();
  assert.deepEqual(play.written(), new Uint8Array(0));
  play.announced("said by an upper layer");
  assert.deepEqual(play.heard(), ["preface", "data:said by an upper layer"]);
});

Deno.test(
  "RFC 5352 §3.9: A PU should send an ASAP_BUSINESS_CARD message to a PE only if it is part of " +
    "a PU/PE combination.",
  () => {
    const card = { poolHandle: "users", poolElements: [element(9)] };
    const both = new UserPlay(poolOf(1, 1), { businessCard: card }).open();
    assert.deepEqual(both.heard(), ["preface", "card:users"]);
    const user = new UserPlay(poolOf(1, 1)).open();
    assert.deepEqual(user.heard(), ["preface"]);
  },
);

Deno.test(
  "RFC 5352 §3.9: An ASAP_BUSINESS_CARD message MUST ONLY be sent if a control channel exists " +
    "between a PU and PE.",
  () => {
    const card = { poolHandle: "users", poolElements: [element(9)] };
    const play = new UserPlay(poolOf(0, 1), { businessCard: card }).open();
    play.command({ type: "send-card", card });
    assert.deepEqual(play.written(), new Uint8Array(0));
  },
);

Deno.test(
  "RFC 5352 §3.9: a new ASAP_BUSINESS_CARD message may be sent at any time by either entity to " +
    "update its failover order.",
  () => {
    const card = { poolHandle: "users", poolElements: [element(9)] };
    const play = new UserPlay(poolOf(1, 1, 2, 3)).open().says(SAYS.card("web", 2));
    play.send("x");
    play.command({ type: "send-card", card });
    assert.deepEqual(play.heard(), ["preface", "data:x", "card:users"]);
    play.says(SAYS.card("web", 3)).lost();
    assert.deepEqual(play.dialled, [1, 3]);
  },
);

Deno.test(
  "RFC 5352 §3.9, BC2: If the peer's PE should fail, this preferred list will be used to guide " +
    "the ASAP Endpoint in the selection of an alternate PE.",
  () => {
    const play = new UserPlay(poolOf(1, 1, 2, 3, 4)).open().says(SAYS.card("web", 1, 4, 3));
    play.lost().lost("refused").lost("refused");
    assert.deepEqual(play.dialled, [1, 4, 3, 2]);
  },
);

Deno.test(
  "RFC 5352 §6.5.2: The selection is made according to the current server pooling policy of " +
    "the pool to which the message is sent.",
  () => {
    const byPriority = [3, 9, 5].map((priority, at) => ({
      ...element(at + 1),
      policy: { name: "priority" as const, priority },
    }));
    const play = new UserPlay({ policy: byPriority[0]!.policy, poolElements: byPriority });
    play.lost("refused").lost("refused");
    assert.deepEqual(play.dialled, [2, 3, 1]);
  },
);

Deno.test(
  "RFC 5352 §6.5.2.1: Round-Robining through all the registered PEs in that Pool, in an " +
    "attempt to achieve an even distribution",
  async () => {
    await using pool = new KnownPool();
    for (const each of [1, 2]) await pool.serve(each, echoing);
    const on: number[] = [];
    for (let session = 0; session < 4; session++) {
      await using open = await pool.sessions.connect("count", {});
      on.push(open.poolElement.identifier);
    }
    assert.deepEqual(on, [1, 2, 1, 2]);
  },
);

Deno.test(
  "RFC 5352 §6.5.3: deliver the message to the PE identified by the Pool Element handle … the " +
    "ASAP Endpoint may return the actual Pool Element handle to which the message was sent",
  async () => {
    await using pool = new KnownPool();
    for (const each of [1, 2]) await pool.serve(each, echoing);
    await using session = await pool.sessions.connect("count", { to: 2 });
    assert.equal((await session.send(bytesOf("x"))).identifier, 2);
    await pool.kill(2);
    pool.elements.pop();
    await using other = await pool.sessions.connect("count", { to: 2 });
    assert.equal((await other.send(bytesOf("x"))).identifier, 1);
  },
);

Deno.test(
  "RFC 5352 §6.5.5: In the case where the first selected PE or the PE pointed to by the PE " +
    "handle is found unreachable, the sender's ASAP Endpoint SHOULD re-select an alternate PE",
  () => {
    const play = new UserPlay(poolOf(1, 1, 2), { first: 2, requiresFirst: true }).lost("refused");
    play.open();
    assert.deepEqual(play.dialled, [2, 1]);
    assert.equal(play.all("opened")[0]?.element.identifier, 1);
  },
);

Deno.test(
  "RFC 5352 §6.5.5: any data already submitted by ASAP to the transport layer may be lost upon " +
    "failover. (and is never sent twice; the rest is sent to the next PE)",
  () => {
    const play = new UserPlay(poolOf(1, 1, 2)).open();
    const submitted = play.send("submitted");
    play.lost();
    const unsent = play.send("unsent");
    play.connected().announced().takenAll();
    assert.equal(play.handedTo(submitted), 1);
    assert.equal(play.handedTo(unsent), 2);
    assert.deepEqual(play.heard(), ["preface", "data:unsent"]);
  },
);

Deno.test(
  "RFC 5352 §6.5.5: This option prohibits the sender's ASAP Endpoint from re-sending the " +
    "message to any alternate PE … notify its upper layer … and return any unsent data.",
  () => {
    const play = new UserPlay(poolOf(1, 1, 2), { failover: false }).open().lost();
    assert.equal(play.over?.failure, "element-lost");
    assert.deepEqual(play.dialled, [1]);
    assert.deepEqual(play.reported, [1]);
  },
);

Deno.test(
  "RFC 5352 §6.5.5: This option requests that the sender's ASAP Endpoint send the message to " +
    "the same PE in the pool to which the previous message destined to this pool was sent.",
  async () => {
    await using pool = new KnownPool();
    for (const each of [1, 2, 3]) await pool.serve(each, echoing);
    for (const options of [{ to: 2 }, { toLast: true }, { toLast: true }]) {
      await using session = await pool.sessions.connect("count", options);
      assert.equal(session.poolElement.identifier, 2);
    }
  },
);

Deno.test(
  "RFC 5352 §6.6: the ASAP Endpoint of the receiver should also indicate to its upper layer " +
    "the message senders address … in the form of … an ASAP Pool Element handle.",
  () => {
    const play = new UserPlay(poolOf(1, 1, 2)).open().says(SAYS.data("a")).lost();
    play.connected().announced().says(SAYS.preface, SAYS.data("b"));
    assert.deepEqual(play.received, ["1:a", "2:b"]);
  },
);

Deno.test(
  "RFC 5352 §6.7: An error.report should be generated to notify the ASAP User about failed " +
    "message delivery as well as other abnormalities.",
  async () => {
    await using pool = new KnownPool({ failoverTimeoutMs: TIMING.retryPauseMs });
    await pool.serve(1, echoing);
    const session = await pool.sessions.connect("count", {});
    await pool.kill(1);
    await assert.rejects(session.receive(), (error) => {
      return error instanceof SessionFailed && error.attempts[0]!.element.identifier === 1;
    });
    await assert.rejects(session.send(bytesOf("undelivered")), SessionFailed);
  },
);
