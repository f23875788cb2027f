/** What is said of somebody who answers wrongly, or not at all. */

import assert from "node:assert/strict";
import { type Asap, resolve } from "../../../cli/doctor/asap_checks.ts";
import { Conversation, failureInWords, Unanswered } from "../../../cli/doctor/conversation.ts";
import * as api from "../../../mod.ts";

const ANSWER = api.asap.encode({
  type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
  automaticUpdates: false,
  poolHandle: "web",
  policy: undefined,
  poolElements: [],
  causes: undefined,
});
const UPDATE = api.asap.encode({
  type: "ASAP_ENDPOINT_KEEP_ALIVE",
  home: false,
  serverIdentifier: 1,
  poolHandle: "web",
  peIdentifier: undefined,
});

/** What `doctor` hears of a server that does so with everybody who connects. */
async function heard(serve: (connection: api.Connection) => void, left = 5_000) {
  const transport = api.tcpTransport();
  const accepted: api.Connection[] = [];
  const listener = await transport.listen({ host: "127.0.0.1", port: 0 }, (connection) => {
    accepted.push(connection);
    serve(connection);
  });
  const to = listener.address;
  const way = { api, transport, to, protocol: "asap", left: () => left } as const;
  const asap = await Conversation.open(way) as unknown as Asap;
  try {
    return { causes: (await resolve(asap, "web")).causes, words: "" };
  } catch (error) {
    const isHungUp = error instanceof Unanswered && error.isHungUp;
    return { words: failureInWords(error, way), isHungUp };
  } finally {
    await asap.close();
    for (const connection of accepted) connection.abort();
    await listener.close();
  }
}

/** Reads what was asked first, so that what ends the connection is this side's end. */
async function hangUp(connection: api.Connection, ...before: Uint8Array[]): Promise<void> {
  await connection.read();
  for (const bytes of before) await connection.write(bytes);
  await connection.close();
}

Deno.test("the answer is heard, whatever comes before it and however it is cut", async () => {
  const { causes } = await heard(async (connection) => {
    await connection.write(UPDATE.slice());
    await connection.write(ANSWER.slice(0, 5));
    await connection.write(ANSWER.slice(5));
  });
  assert.deepEqual(causes, []);
});

Deno.test("who hangs up has said something, or nothing that is a message", async () => {
  const words = "it closed the connection without an answer";
  assert.deepEqual(await heard((connection) => void hangUp(connection)), {
    words,
    isHungUp: true,
  });
  // An alert of TLS: shorter than what its bytes would be as a message.
  const alert = Uint8Array.of(0x15, 3, 3, 0, 2, 2, 50);
  assert.deepEqual(await heard((connection) => void hangUp(connection, alert)), {
    words,
    isHungUp: true,
  });
  assert.deepEqual(await heard((connection) => void hangUp(connection, UPDATE.slice())), {
    words,
    isHungUp: false,
  });
});

Deno.test("who says nothing is given up when the time is over", async () => {
  const { words } = await heard(() => {}, 50);
  assert.equal(words, "it is connected, and does not answer");
});

Deno.test("who speaks something else is told by it", async () => {
  const greeting = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
  const { words } = await heard((connection) => void connection.write(greeting));
  assert.equal(words, "no registrar: The first bytes are those of an HTTP response");
});

Deno.test("a dial that fails is told without its address", async () => {
  const transport = api.tcpTransport();
  const listener = await transport.listen({ host: "127.0.0.1", port: 0 }, () => {});
  await listener.close();
  const to = listener.address;
  const way = { api, transport, to, protocol: "asap", left: () => 5_000 } as const;
  const error = await Conversation.open(way).catch((error: unknown) => error);
  assert.equal(failureInWords(error, way), "connection refused");
  assert.throws(() => failureInWords(new TypeError("a bug"), way), TypeError);
});
