/** What the RFC says of a pool element that users send data to. */

import assert from "node:assert/strict";
import { CAUSE, PoolElement, PoolUser, Registrar } from "../../mod.ts";
import { counting, echoing, elementOf, HOST, KEY } from "../driver/session/served.ts";
import { SessionClient } from "../driver/session/session_client.ts";

const ANY = [{ host: HOST, port: 0 }] as const;

Deno.test(
  "RFC 5352 §3.8: Whenever a PE wants, and a control channel exists, it can send an ASAP_COOKIE " +
    "message to a PU via the control channel.",
  async () => {
    for (const use of ["data+control", "data"] as const) {
      await using element = elementOf({ use });
      const sent = Promise.withResolvers<string>();
      const { address } = await element.serve(async (session) => {
        const state = session.sendState(Uint8Array.of(1));
        sent.resolve(await state.then(() => "sent", (error: Error) => error.name));
      }, { cookies: { keys: [KEY] } });
      await using client = await SessionClient.begin(address);
      assert.equal(await sent.promise, use === "data" ? "TypeError" : "sent");
      if (use === "data+control") await client.hearOf("ASAP_COOKIE");
    }
  },
);

Deno.test(
  "RFC 5352 §3.8: Therefore, a cookie should be signed by the sending PE ASAP Endpoint and the " +
    "cookie should be verified by the receiving PE's ASAP Endpoint.",
  async () => {
    await using element = elementOf();
    const { address } = await element.serve(counting, { cookies: { keys: [KEY] } });
    await using client = await SessionClient.begin(address);
    client.send("abc");
    const { cookie } = await client.hearOf("ASAP_COOKIE");
    await using right = await SessionClient.begin(address, { cookie });
    right.send("d");
    assert.equal(await right.text(2), "4;");
    const state = cookie.length - 33;
    await using wrong = await SessionClient.begin(address, { cookie: cookie.with(state, 99) });
    const { causes } = await wrong.hearOf("ASAP_ERROR");
    assert.deepEqual(causes.map(({ code }) => code), [CAUSE.rejectedDueToSecurityConsiderations]);
  },
);

Deno.test(
  "RFC 5352 §3.9: When communication begins between a PU and a PE … a PE should always send an " +
    "ASAP_BUSINESS_CARD message to a PU.",
  async () => {
    await using element = elementOf();
    const { address } = await element.serve(echoing);
    await using client = await SessionClient.begin(address);
    assert.equal((await client.hear()).type, "ASAP_BUSINESS_CARD");
  },
);

Deno.test(
  "RFC 5352 §3.9: An ASAP_BUSINESS_CARD message MUST ONLY be sent if a control channel exists " +
    "between a PU and PE. (the PE)",
  async () => {
    await using element = elementOf({ use: "data" });
    const { address } = await element.serve(async (session) => {
      session.sendBusinessCard({ poolHandle: "count", poolElements: [] });
      await session.send(Uint8Array.of(7));
    });
    const client = await SessionClient.dial(address);
    assert.deepEqual(await client.connection.read(), Uint8Array.of(7));
    await client.connection.closeWrite();
    assert.equal(await client.connection.read(), null);
    await client.connection.close();
  },
);

Deno.test(
  "RFC 5352 §3.9: BC1) Unpack the message, and if no entry exists in the translation cache … " +
    "perform an ASAP_HANDLE_RESOLUTION for that pool handle.",
  async () => {
    await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
    const registrars = registrar.asap;
    await using listed = new PoolElement({ registrars, poolHandle: "mine", port: 80 });
    await listed.register();
    await using user = new PoolUser({ registrars });
    const resolved = Promise.withResolvers<void>();
    await using element = elementOf();
    const { address } = await element.serve(echoing, {
      user: {
        resolve: (...asked) => {
          const answer = user.resolve(...asked);
          answer.then(() => resolved.resolve());
          return answer;
        },
      },
    });
    await using client = await SessionClient.begin(address);
    assert.equal(user.cached("mine"), undefined);
    client.say({ type: "ASAP_BUSINESS_CARD", poolHandle: "mine", poolElements: [] });
    await resolved.promise;
    assert.equal(user.cached("mine")?.poolElements[0]?.identifier, listed.identifier);
  },
);
