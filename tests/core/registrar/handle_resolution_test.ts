/** Handle resolution: how many, in which order, and what fits one message. RFC 5352 §3.3. */
import assert from "node:assert/strict";
import { ALL_ITEMS, asap, CAUSE, type PoolElement } from "../../../lib/wire/mod.ts";
import { type Client, codes, element, World, type WorldOptions } from "./registrar_world.ts";

/** A pool with that many elements, over as many associations as needed. */
function pool(
  count: number,
  options: WorldOptions = {},
  make: (identifier: number) => PoolElement = (identifier) => element(identifier),
): Client {
  const world = new World(options);
  const client = world.connect();
  for (let identifier = 1; identifier <= count; identifier++) {
    client.registered("web", make(identifier));
  }
  return client;
}

function identifiers(client: Client, items?: number): number[] {
  return client.resolve("web", items).poolElements.map((each) => each.identifier);
}

Deno.test("items: at most so many, in the pool's order, which advances by one a request", () => {
  const client = pool(5);
  const answers = Array.from({ length: 5 }, () => identifiers(client, 3).join(""));
  assert.deepEqual(answers, ["123", "234", "345", "451", "512"]);
});

Deno.test("defaultItems: the number where none is named, or none can be meant", () => {
  assert.equal(identifiers(pool(130)).length, 128);
  const client = pool(5, { limits: { defaultItems: 3 } });
  assert.equal(identifiers(client).length, 3);
  assert.equal(identifiers(client, 0).length, 3);
  assert.equal(identifiers(client, 4).length, 4);
});

Deno.test("all items are what fits one message, whatever the elements' sizes are", () => {
  const world = new World();
  const client = world.connect();
  for (let identifier = 1; identifier <= 2500; identifier++) {
    client.registered("web", element(identifier));
  }
  const answer = client.resolve("web", ALL_ITEMS);
  // 65,535 bytes less 4 of header, 8 of handle and 8 of policy, by 40 an element.
  assert.equal(answer.poolElements.length, 1637);
  assert(asap.encode(answer).length <= 65_536);
});

Deno.test("an answer that does not fit is cut behind the last element that does", () => {
  // 4,084 bytes each: 16 fit, whichever number is asked for.
  const large = (identifier: number) =>
    element(identifier, { transport: { protocol: "opaque", data: new Uint8Array(4056) } });
  const client = pool(20, {}, large);
  assert.equal(identifiers(client).length, 16);
  assert.equal(identifiers(client, 17).length, 16);
  assert.equal(identifiers(client, ALL_ITEMS).length, 16);
});

Deno.test("a large first element leaves answers of the default number as they are", () => {
  const client = pool(130, { limits: { defaultItems: 100 } }, (identifier) => {
    const bytes = identifier === 1 ? 4000 : 12;
    return element(identifier, { transport: { protocol: "opaque", data: new Uint8Array(bytes) } });
  });
  assert.equal(identifiers(client).length, 100);
  assert.equal(identifiers(client, ALL_ITEMS).length, 100);
});

Deno.test("what is handed out to one counts for the next: least used with degradation", () => {
  const client = pool(3, {}, (identifier) =>
    element(identifier, {
      policy: { name: "least-used-degradation", load: identifier, degradation: 10 },
    }));
  assert.deepEqual([1, 2, 3, 4].map(() => identifiers(client, 1)[0]), [1, 2, 3, 1]);
});

Deno.test(
  "a resolution of an unknown handle is answered as long as an answer " +
    "can be encoded",
  () => {
    const client = new World().connect();
    const handle = "x".repeat(65_500);
    assert.deepEqual(codes(client.resolve(handle).causes), [CAUSE.unknownPoolHandle]);
    for (let length = 65_510; length <= 65_527; length++) {
      const poolHandle = "x".repeat(length);
      client.send({ type: "ASAP_HANDLE_RESOLUTION", poolHandle, dynamicUpdates: false });
      const answer = client.received.shift();
      // No error cause would fit, and an answer without one would be a positive one.
      if (length > 65_516) assert.equal(answer?.type, "ASAP_ERROR", String(length));
      else assert.equal(answer?.type, "ASAP_HANDLE_RESOLUTION_RESPONSE", String(length));
    }
  },
);

Deno.test("an empty pool handle is unknown", () => {
  assert.deepEqual(codes(new World().connect().resolve("").causes), [CAUSE.unknownPoolHandle]);
});
