/** ENRP as rsplib reads and writes it. docs/tcp-mapping.md §11. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { PoolElementEntry } from "../../../lib/handlespace/mod.ts";
import { arbitrationOf } from "../../../lib/core/registrar/compat.ts";
import { RSPLIB } from "../../../lib/core/registrar/rsplib.ts";
import {
  enrp,
  type EnrpMessage,
  type PoolElement,
  poolHandleLength,
  type Transport,
} from "../../../lib/wire/mod.ts";
import { enrpMessage, policy, poolElement, transport } from "../../wire/arbitraries.ts";
import { readVectors } from "../../wire/vectors.ts";
import { isOfOneFamily, Refusal, take } from "./rsplib_parser.ts";

const BETWEEN = { sender: 0x22222222, receiver: 0x11111111 };
const HEARING = { observed: "10.44.0.11", speaksTcp: () => true };
const RUNS = { numRuns: 2000 };

function told(message: EnrpMessage) {
  const said = RSPLIB.outgoing(message);
  if (said === undefined) return undefined;
  const taken = take(enrp.encode(said));
  assert(isOfOneFamily(taken));
  return taken;
}

function heard(message: EnrpMessage, speaksTcp = true): EnrpMessage {
  return RSPLIB.incoming(message, { ...HEARING, speaksTcp: () => speaksTcp });
}

/** What becomes of one element. */
function element(changes: Partial<PoolElement> = {}): PoolElement {
  return {
    identifier: 1,
    home: 0x22222222,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 80, use: 0, addresses: ["10.44.0.30"] },
    policy: { name: "round-robin" },
    asapTransport: { protocol: "tcp", port: 4000, use: 0, addresses: ["10.44.0.30"] },
    ...changes,
  };
}

function update(poolElement: PoolElement, poolHandle = "web"): EnrpMessage {
  const type = "ENRP_HANDLE_UPDATE";
  return { type, ...BETWEEN, action: 0, takeoverSuggestion: false, poolHandle, poolElement };
}

function table(poolElements: readonly PoolElement[], poolHandle = "web"): EnrpMessage {
  const type = "ENRP_HANDLE_TABLE_RESPONSE";
  const pools = [{ poolHandle, poolElements }];
  return { type, ...BETWEEN, moreToSend: false, reject: false, pools };
}

Deno.test("the checker takes every ENRP message that rsplib itself has sent", () => {
  const own = readVectors().filter(({ protocol }) => protocol === "ENRP");
  assert(own.length > 60, `only ${own.length} vectors`);
  for (const { name, bytes } of own) assert.doesNotThrow(() => take(bytes), name);
});

Deno.test("the checker refuses what rsplib refuses", () => {
  const { bytes } = readVectors().find(({ name }) => name === "enrp-presence-sctp4")!;
  const changed = (at: number, value: number) => {
    const copy = bytes.slice();
    copy[at] = value;
    return copy;
  };
  const behind = new Uint8Array([...changed(3, 52), 0x80, 0xf2, 0, 8, 0, 0, 0, 1]);
  for (
    const bad of [changed(13, 11), changed(29, 6), changed(40, 127), bytes.slice(0, 40), behind]
  ) {
    assert.throws(() => take(bad), Refusal);
  }
});

Deno.test("whatever we say to rsplib, its parser takes", () => {
  const isOurs = ({ type, sender }: EnrpMessage) => sender !== 0 && type !== "ENRP_PRESENCE";
  fc.assert(
    fc.property(enrpMessage.filter(isOurs), (message) => void told(message)),
    RUNS,
  );
});

Deno.test("a table for rsplib has every element that it is able to take, and no others", () => {
  fc.assert(
    fc.property(poolElement, fc.string({ maxLength: 40 }), (each, poolHandle) => {
      const entry = { poolHandle, poolElement: each, consistent: true } as PoolElementEntry;
      fc.pre(/^[a-z]+$/.test(poolHandle));
      const isTold = told(update(each, poolHandle)) !== undefined;
      assert.equal(RSPLIB.isTellable(entry), isTold);
      assert.equal(told(table([each], poolHandle))!.elements.length, isTold ? 1 : 0);
      assert.equal(RSPLIB.isTellable({ ...entry, consistent: false }), false);
      if (isTold) assert(poolHandleLength(poolHandle) <= 32);
    }),
    RUNS,
  );
});

Deno.test("what we say to rsplib, said by it again, is what we meant", () => {
  const port = fc.integer({ min: 10, max: 65535 });
  const tcp = fc.tuple(port, fc.integer({ min: 1, max: 254 })).map(([port, last]) =>
    ({ protocol: "tcp", port, use: 0, addresses: [`10.44.0.${last}`] }) satisfies Transport
  );
  const own = fc.record({
    identifier: fc.integer({ min: 1, max: 0xffffffff }),
    home: fc.integer({ min: 1, max: 0xffffffff }),
    registrationLife: fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 2_147_483 })),
    transport: fc.oneof(tcp, tcp.map((each) => ({ ...each, protocol: "sctp" as const, use: 1 }))),
    policy: policy.filter(({ name }) => name !== "unknown"),
    asapTransport: fc.option(tcp, { nil: undefined }),
  }, { noNullPrototype: true });
  fc.assert(
    fc.property(own, (each) => {
      for (const message of [update(each), table([each])]) {
        assert.deepEqual(heard(RSPLIB.outgoing(message)!), message);
      }
    }),
    RUNS,
  );
});

Deno.test("an element's parameter grows by no more than the pages allow for", () => {
  const bytesOf = (each: PoolElement) => enrp.encode(update(each)).length;
  fc.assert(
    fc.property(poolElement, transport, (each, asapTransport) => {
      for (const before of [each, { ...each, asapTransport }]) {
        const after = RSPLIB.outgoing(update(before));
        if (after?.type !== "ENRP_HANDLE_UPDATE") continue;
        assert(bytesOf(after.poolElement) <= bytesOf(before) + RSPLIB.extraElementBytes);
      }
    }),
    RUNS,
  );
});

Deno.test("life: seconds become milliseconds and back; the longest stays the longest", () => {
  const lives = [[-1, -1], [300, 300_000], [1, 1000], [3_000_000, 0x7fffffff]];
  for (const [registrationLife, lifeMs] of lives) {
    const taken = told(update(element({ registrationLife: registrationLife! })));
    assert.equal(taken!.elements[0]!.lifeMs, lifeMs);
  }
  for (const [ms, seconds] of [[-1, -1], [60_000, 60], [1, 1], [4, 1], [1001, 2], [0, 0]]) {
    const message = heard(update(element({ registrationLife: ms! })));
    assert(message.type === "ENRP_HANDLE_UPDATE");
    assert.equal(message.poolElement.registrationLife, seconds);
  }
});

Deno.test("an element has an ASAP Transport of SCTP type: where it listens, or nowhere", () => {
  const asapOf = (changes: Partial<PoolElement>) =>
    told(update(element(changes)))!.elements[0]!.asap;
  assert.equal(asapOf({}), "4 0 4000 10.44.0.30");
  assert.equal(asapOf({ asapTransport: undefined }), "4 0 9 10.44.0.30");
  const loopback = { protocol: "tcp", port: 4000, use: 0, addresses: ["127.0.0.1"] } as const;
  assert.equal(asapOf({ asapTransport: loopback }), "4 0 9 10.44.0.30");
});

Deno.test("an element that rsplib would refuse is not told", () => {
  const addresses = ["10.44.0.30"];
  const refused: Partial<PoolElement>[] = [
    { identifier: 0 },
    { home: 0 },
    { policy: { name: "unknown", policyType: 0x12345678, data: new Uint8Array() } },
    { transport: { protocol: "opaque", data: new Uint8Array() } },
    { transport: { protocol: "udp-lite", port: 1, use: 0, addresses } },
    { transport: { protocol: "dccp", port: 1, use: 0, serviceCode: 0, addresses } },
    ...["127.0.0.1", "169.254.1.1", "::1", "fe80::1", "::ffff:127.0.0.1"].map((each) => ({
      transport: { protocol: "tcp", port: 80, use: 0, addresses: [each] } as const,
    })),
  ];
  for (const changes of refused) assert.equal(told(update(element(changes))), undefined);
  assert.equal(told(update(element(), "x".repeat(33))), undefined);
  assert.equal(told(update(element(), "x".repeat(32)))!.elements.length, 1);
});

Deno.test("a table has only elements that are like the first of their pool", () => {
  const addresses = ["10.44.0.30"];
  const others: Partial<PoolElement>[] = [
    { policy: { name: "random" } },
    { transport: { protocol: "udp", port: 80, use: 0, addresses } },
    { transport: { protocol: "tcp", port: 80, use: 1, addresses } },
    {},
  ];
  const all = [element(), ...others.map((each, at) => element({ ...each, identifier: at + 2 }))];
  const { elements } = told(table(all))!;
  assert.deepEqual(elements.map(({ identifier }) => identifier), [1, 5]);
});

Deno.test("addresses of one family, and no more than rsplib keeps", () => {
  const many = Array.from({ length: 40 }, (_, at) => `10.44.1.${at + 1}`);
  const userOf = (addresses: readonly string[]) =>
    told(update(element({ transport: { protocol: "sctp", port: 1, use: 0, addresses } })))!
      .elements[0]!.user.split(" ").slice(3);
  assert.deepEqual(userOf(["10.44.0.1", "2001:db8::1", "10.44.0.2"]), ["10.44.0.1", "10.44.0.2"]);
  assert.deepEqual(userOf(["2001:db8::1", "10.44.0.2"]), ["2001:db8:0:0:0:0:0:1"]);
  assert.deepEqual(userOf(["127.0.0.1", "::1", "10.44.0.2"]), ["10.44.0.2"]);
  assert.deepEqual(userOf(many), many.slice(0, 32));
});

Deno.test("no private parameter is sent: a report alone is not sent at all", () => {
  const serverInformation = {
    identifier: BETWEEN.sender,
    transport: { protocol: "tcp", port: 9901, use: 0, addresses: ["10.44.0.12"] },
  } as const;
  const unreachable = { poolHandle: "web", peIdentifier: 1 };
  const base = { type: "ENRP_PRESENCE", ...BETWEEN, replyRequired: true, checksum: 7 } as const;
  assert.equal(told({ ...base, unreachable }), undefined);
  const taken = told({ ...base, serverInformation, unreachable })!;
  assert.deepEqual(taken.servers, ["0x22222222 9901 10.44.0.12"]);
  assert.deepEqual([taken.flags, taken.checksum], [1, 7]);
  const server = { ...serverInformation, identifier: 3 };
  const hidden = { ...server, transport: { ...server.transport, addresses: ["127.0.0.1"] } };
  const peerStatus = { state: "active", lastHeardAgoMs: 1 } as const;
  const servers = [{ ...server, peerStatus }, { ...hidden, identifier: 4 }];
  const list = told({ type: "ENRP_LIST_RESPONSE", ...BETWEEN, reject: false, servers })!;
  assert.deepEqual(list.servers, ["0x3 9901 10.44.0.12"]);
});

Deno.test("a registrar that ends in order does not say so in a message that no RFC has", () => {
  const type = "ENRP_TAKEOVER_SERVER";
  assert.equal(told({ type, ...BETWEEN, target: BETWEEN.sender }), undefined);
  assert.equal(told({ type, ...BETWEEN, target: 3 })!.target, 3);
});

Deno.test("takeovers are suggested neither to rsplib nor by it: its elements speak SCTP", () => {
  const suggestion = { ...update(element()), takeoverSuggestion: true } as EnrpMessage;
  assert.equal(told(suggestion)!.flags, 0);
  const message = heard(suggestion);
  assert(message.type === "ENRP_HANDLE_UPDATE");
  assert.equal(message.takeoverSuggestion, false);
});

Deno.test("an ASAP Transport by rsplib stays of SCTP type unless its element speaks TCP", () => {
  const { bytes } = readVectors().find(({ name }) => name.endsWith("add-tcp4ctrl-rr-sctp4"))!;
  const decoded = enrp.decode(bytes);
  assert(decoded.ok && decoded.message.type === "ENRP_HANDLE_UPDATE");
  const asapOf = (speaksTcp: boolean) => {
    const message = heard(decoded.message, speaksTcp);
    assert(message.type === "ENRP_HANDLE_UPDATE");
    assert.equal(message.poolElement.registrationLife, 60);
    return message.poolElement.asapTransport;
  };
  const endpoint = { port: 57128, use: 0, addresses: ["10.44.0.31"] };
  assert.deepEqual(asapOf(false), { protocol: "sctp", ...endpoint });
  assert.deepEqual(asapOf(true), { protocol: "tcp", ...endpoint });
});

Deno.test("of rsplib's server addresses the one that was seen is dialled, or one like it", () => {
  const addresses = ["2001:db8::12", "10.44.0.12", "10.44.0.11"];
  const serverInformation = {
    identifier: 1,
    transport: { protocol: "sctp", port: 9901, use: 0, addresses } as const,
  };
  const dialled = (observed: string) => {
    const base = { type: "ENRP_PRESENCE", ...BETWEEN, replyRequired: false } as const;
    const message = RSPLIB.incoming({ ...base, serverInformation }, { ...HEARING, observed });
    assert(message.type === "ENRP_PRESENCE");
    return message.serverInformation!.transport;
  };
  const at = (address: string) => ({ protocol: "tcp", port: 9901, use: 0, addresses: [address] });
  assert.deepEqual(dialled("10.44.0.11"), at("10.44.0.11"));
  assert.deepEqual(dialled("192.0.2.1"), at("10.44.0.12"));
  assert.deepEqual(dialled("2001:db8::99"), at("2001:db8::12"));
});

Deno.test("the order of takeovers is one: rsplib's wherever it is a peer", () => {
  const peers = [{ host: "10.44.0.11", port: 9901 }];
  assert.equal(arbitrationOf(undefined, undefined), "larger-wins");
  assert.equal(arbitrationOf([], undefined), "larger-wins");
  assert.equal(arbitrationOf(undefined, "smaller-wins"), "smaller-wins");
  for (const those of ["all", peers] as const) {
    assert.equal(arbitrationOf(those, undefined), "smaller-wins");
    assert.equal(arbitrationOf(those, "smaller-wins"), "smaller-wins");
    assert.throws(() => arbitrationOf(those, "larger-wins"), RangeError);
  }
});
