/** The connection to an element: its addresses in order, each for so long. */
import assert from "node:assert/strict";
import { dialElement, ElementUnreachable, isOwnFault } from "../../../cli/proxy/dial.ts";
import type { PoolElementValue } from "../../../mod.ts";

/** Only SCTP's transport has several addresses; how it is dialled is the same. */
function element(port: number, addresses: readonly string[]): PoolElementValue {
  return {
    identifier: 1,
    home: 1,
    registrationLife: 300,
    transport: { protocol: "sctp", port, use: 0, addresses: [...addresses] },
    policy: { name: "round-robin" },
  };
}

Deno.test("the first address that answers is the one", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.2", port: 0 });
  const { port } = listener.addr;
  const stream = await dialElement(element(port, ["127.0.0.1", "127.0.0.2"]), 5_000);
  (await listener.accept()).close();
  stream.close();
});

Deno.test("where none answers, it is said why, address by address", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assert.rejects(dialElement(element(port, ["127.0.0.1", "127.0.0.2"]), 5_000), {
    name: "ElementUnreachable",
    message: `127.0.0.1:${port}: connection refused; 127.0.0.2:${port}: connection refused`,
  });
});

Deno.test("one that does not answer is given up after connectTimeoutMs", async () => {
  // A queue of connections that nobody accepts fills up; then the system stays silent.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const waiting: { close(): void }[] = [];
  let failure: unknown;
  while (failure === undefined && waiting.length < 5_000) {
    await dialElement(element(silent.addr.port, ["127.0.0.1"]), 200).then(
      (stream) => waiting.push(stream),
      (error) => failure = error,
    );
  }
  for (const stream of waiting) stream.close();
  assert.ok(failure instanceof ElementUnreachable);
  assert.match(failure.message, /no answer within 200ms$/);
});

Deno.test("a transport that nobody knows cannot be dialled", async () => {
  const opaque = { ...element(1, []), transport: { protocol: "opaque", data: new Uint8Array() } };
  await assert.rejects(
    dialElement(opaque as unknown as PoolElementValue, 1_000),
    ElementUnreachable,
  );
});

Deno.test("what this host lacks itself is no fault of an element", () => {
  assert.equal(isOwnFault(new Error("Too many open files (os error 24)")), true);
  assert.equal(isOwnFault(Object.assign(new Error("send EMFILE"), { code: "EMFILE" })), true);
  assert.equal(isOwnFault(new Error("Cannot assign requested address (os error 99)")), true);
  assert.equal(isOwnFault(new Error("Connection refused (os error 111)")), false);
  assert.equal(isOwnFault(new Error("No route to host (os error 113)")), false);
  assert.equal(isOwnFault(new DOMException("aborted", "AbortError")), false);
});
