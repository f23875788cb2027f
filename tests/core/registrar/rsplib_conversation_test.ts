/**
 * Conversations with rsplib registrars, in their own captured words (tests/vectors). Every byte
 * that the registrar says to one of them is read by the rules of its parser.
 */

import assert from "node:assert/strict";
import {
  type Association,
  DEFAULT_LIMITS,
  FAST_REGISTRAR_TIMING,
  Host,
  type RegistrarCommand,
  type RegistrarEvent,
  RegistrarMachine,
  type RegistrarOptions,
  type SocketAddress,
} from "../../../lib/core/mod.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import {
  asap,
  enrp,
  type EnrpMessage,
  hex,
  MessageSplitter,
  parseHex,
  type PoolElement,
} from "../../../lib/wire/mod.ts";
import { internetChecksum, peBlock } from "../../handlespace/internet_checksum.ts";
import { readVectors } from "../../wire/vectors.ts";
import { isOfOneFamily, take, type Taken } from "./rsplib_parser.ts";

/** The three registrars of the captures; the middle one is ours here. */
const [FIRST, OWN, THIRD] = [0x11111111, 0x22222222, 0x33333333];
const [FIRST_AT, OWN_AT, THIRD_AT] = [11, 12, 13].map((last) => ({
  host: `10.44.0.${last}`,
  port: 9901,
})) as [SocketAddress, SocketAddress, SocketAddress];
const [PRESENCE, TABLE_REQUEST, TABLE, UPDATE, LIST_REQUEST, LIST] = [1, 2, 3, 4, 5, 6];
const [INIT_TAKEOVER_ACK, TAKEOVER_SERVER] = [8, 9];

const VECTORS = new Map(readVectors().map(({ name, bytes }) => [name, bytes]));

/** A captured message, with other words in it where the conversation needs them. */
function vector(name: string, words: Readonly<Record<number, number>> = {}): Uint8Array {
  const bytes = VECTORS.get(name)!.slice();
  const view = new DataView(bytes.buffer);
  for (const [at, word] of Object.entries(words)) view.setUint32(Number(at), word);
  return bytes;
}

/** A presence of a registrar's with a checksum. */
function presence(identifier: number, last: number, checksum: string): Uint8Array {
  const id = identifier.toString(16);
  return parseHex(
    `0101002c${id}22222222000f0006${checksum}0000000b0018${id}0004001026ad0000000100080a2c00` +
      last.toString(16).padStart(2, "0"),
  );
}

/** Our registrar and those who are connected with it. */
class Scope {
  now = 0;
  readonly events: RegistrarEvent[] = [];
  readonly dials: { association: Association; to: SocketAddress; protocol: string }[] = [];
  /** What was said on each association, whole messages. */
  readonly said = new Map<Association, Uint8Array[]>();
  private readonly splitters = new Map<Association, MessageSplitter>();
  private readonly host: Host<RegistrarCommand, RegistrarEvent>;

  constructor(options: Partial<RegistrarOptions> = { rsplibPeers: [FIRST_AT, THIRD_AT] }) {
    const limits = DEFAULT_LIMITS;
    const machine = new RegistrarMachine({
      identifier: OWN,
      random: seededRandom(5353),
      limits,
      timing: FAST_REGISTRAR_TIMING,
      addressCheck: "observed",
      interfaceAddresses: () => [OWN_AT.host],
      loopbackOnly: false,
      ...options,
    });
    this.host = new Host(machine, limits);
    this.host.command({ type: "start", served: { enrp: [OWN_AT] } }, this.now);
    this.drain();
  }

  accept(from: string, protocol: "ASAP" | "ENRP" = "ENRP"): Association {
    const local = { host: OWN_AT.host, port: protocol === "ENRP" ? 9901 : 3863 };
    const ends = { remote: { host: from, port: 51_000 }, local };
    return this.host.accept(protocol, ends, this.now)!;
  }

  answerDial(): Association {
    const dial = this.dials.shift()!;
    const local = { host: OWN_AT.host, port: 50_000 };
    assert(this.host.connected(dial.association, { remote: dial.to, local }, this.now));
    this.drain();
    return dial.association;
  }

  hear(association: Association, bytes: Uint8Array): void {
    this.host.receive(association, bytes, this.now);
    this.drain();
  }

  lose(association: Association): void {
    this.host.disconnected(association, "closed", this.now);
    this.drain();
  }

  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let due = this.host.deadline(); due !== undefined && due <= end;) {
      this.now = Math.max(this.now, due);
      this.host.tick(this.now);
      this.drain();
      due = this.host.deadline();
    }
    this.now = end;
  }

  stop(): void {
    this.host.command({ type: "stop" }, this.now);
    this.drain();
  }

  /** What rsplib has taken on an association since this was asked last: it must take all of it. */
  taken(association: Association): Taken[] {
    const messages = (this.said.get(association) ?? []).splice(0).map((bytes) => take(bytes));
    for (const each of messages) assert(isOfOneFamily(each));
    return messages;
  }

  types(association: Association): number[] {
    return this.taken(association).map(({ type }) => type);
  }

  /** A pool element of ours registers, and acknowledges nothing. */
  register(
    identifier: number,
    changes: Partial<PoolElement> = {},
    poolHandle = "web",
  ): Association {
    const host = "10.44.0.40";
    const association = this.accept(host, "ASAP");
    const poolElement: PoolElement = {
      identifier,
      home: 0,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 80, use: 0, addresses: [host] },
      policy: { name: "round-robin" },
      asapTransport: { protocol: "tcp", port: 4000, use: 0, addresses: [host] },
      ...changes,
    };
    this.hear(association, asap.encode({ type: "ASAP_REGISTRATION", poolHandle, poolElement }));
    return association;
  }

  /** The handle table as an observer is told it. */
  table(): PoolElement[] {
    const observer = this.accept("10.44.0.99");
    const all: PoolElement[] = [];
    for (let isMore = true; isMore;) {
      const type = "ENRP_HANDLE_TABLE_REQUEST";
      const request = { type, sender: 0, receiver: 0, ownChildrenOnly: false } as const;
      this.hear(observer, enrp.encode(request));
      const answer = this.decoded(observer).at(-1)!;
      assert(answer.type === "ENRP_HANDLE_TABLE_RESPONSE" && !answer.reject);
      all.push(...answer.pools.flatMap(({ poolElements }) => poolElements));
      isMore = answer.moreToSend;
    }
    this.lose(observer);
    return all;
  }

  /** What others than rsplib were told on an association. */
  decoded(association: Association): EnrpMessage[] {
    return (this.said.get(association) ?? []).splice(0).map((bytes) => {
      const decoded = enrp.decode(bytes);
      assert(decoded.ok);
      return decoded.message;
    });
  }

  told<Type extends RegistrarEvent["type"]>(type: Type) {
    return this.events.filter((event) => event.type === type) as Extract<
      RegistrarEvent,
      { type: Type }
    >[];
  }

  private drain(): void {
    for (let output = this.host.poll(); output !== undefined; output = this.host.poll()) {
      if (output.type === "event") this.events.push(output.event);
      else if (output.type === "connect") this.dials.push(output);
      else if (output.type === "write") this.note(output.association, output.bytes);
    }
  }

  private note(association: Association, bytes: Uint8Array): void {
    const splitter = this.splitters.get(association) ?? new MessageSplitter();
    this.splitters.set(association, splitter);
    const said = this.said.get(association) ?? [];
    this.said.set(association, said);
    for (const split of splitter.split(bytes)) {
      assert(split.kind !== "garbage");
      said.push(split.bytes.slice());
    }
  }
}

/** An rsplib registrar has connected, been met, and owns nothing that we do not know. */
function meet(scope: Scope, identifier = FIRST, at = FIRST_AT): Association {
  const peer = scope.accept(at.host);
  scope.hear(peer, presence(identifier, Number(at.host.slice(-2)), "ffff"));
  answerTable(scope, peer, identifier);
  scope.taken(peer);
  return peer;
}

function answerTable(scope: Scope, peer: Association, identifier = FIRST): void {
  const empty = vector("enrp-handle-table-response", { 4: identifier, 8: OWN });
  scope.hear(peer, empty);
}

Deno.test("rsplib is introduced to before it is asked: it rejects whom it has not heard", () => {
  const scope = new Scope();
  const peer = scope.accept(FIRST_AT.host);
  scope.hear(peer, vector("enrp-presence-flags01-sctp4", { 4: FIRST, 8: OWN, 24: FIRST }));
  const [first, ...rest] = scope.taken(peer);
  assert.equal(first!.type, PRESENCE);
  assert.deepEqual(first!.servers, ["0x22222222 9901 10.44.0.12"]);
  assert.equal(first!.checksum, 0xffff);
  const asked = rest.filter(({ type }) => type !== PRESENCE);
  assert.deepEqual(asked.map(({ type, flags }) => [type, flags]), [
    [LIST_REQUEST, 0],
    [TABLE_REQUEST, 1],
  ]);
});

Deno.test("whoever is dialled as rsplib is spoken to so from the first word", () => {
  const scope = new Scope({ mentors: [FIRST_AT], rsplibPeers: [FIRST_AT] });
  assert.deepEqual(scope.dials.map(({ to }) => to), [FIRST_AT]);
  const peer = scope.answerDial();
  assert.deepEqual(scope.taken(peer).map(({ type, flags, servers }) => [type, flags, servers]), [
    [PRESENCE, 1, ["0x22222222 9901 10.44.0.12"]],
  ]);
});

Deno.test("a registrar that starts has rsplib's peers and table, and serves", () => {
  const scope = new Scope({ mentors: [FIRST_AT], rsplibPeers: "all" });
  const peer = scope.answerDial();
  scope.hear(peer, presence(FIRST, 11, "ffff"));
  assert.deepEqual(scope.types(peer).filter((type) => type !== PRESENCE), [LIST_REQUEST]);
  scope.hear(peer, vector("enrp-list-response-sctp4-sctp46", { 4: FIRST, 8: OWN }));
  assert.deepEqual(scope.types(peer).slice(-1), [TABLE_REQUEST]);
  const page = "enrp-handle-table-response-flags02-4pools-4pe-tcp4ctrl-rr-sctp4";
  scope.hear(peer, vector(page));
  assert.deepEqual(scope.types(peer).slice(-1), [TABLE_REQUEST]);
  scope.hear(peer, vector("enrp-handle-table-response", { 4: FIRST, 8: OWN }));
  const [{ elements } = { elements: 0 }] = scope.told("serving");
  assert.equal(elements, 4);
  // 60,000 ms on its wire, and what a test script had registered: for ever, and 0.
  const lives = scope.table().map(({ registrationLife }) => registrationLife);
  assert.deepEqual(lives.sort((a, b) => a - b), [-1, 0, 60, 60]);
  // Its own entry in that list is not dialled; the two others are, at their addresses.
  const learned = scope.dials.map(({ to }) => to.host);
  assert.deepEqual(learned, ["10.44.0.23", "10.44.0.13"]);
});

Deno.test("rsplib's updates are applied: ADD_PE with its life in milliseconds, DEL_PE", () => {
  const scope = new Scope();
  const peer = meet(scope);
  scope.hear(peer, vector("enrp-handle-update-add-sctp4-rlu-sctp4"));
  const [element] = scope.table();
  assert.equal(element!.registrationLife, 60);
  assert.deepEqual(element!.transport, {
    protocol: "sctp",
    port: 7000,
    use: 0,
    addresses: ["10.44.0.31"],
  });
  assert.equal(element!.asapTransport!.protocol, "sctp");
  scope.hear(peer, vector("enrp-handle-update-del-sctp4-rlu-sctp4"));
  assert.deepEqual(scope.table(), []);
});

Deno.test("our elements are told to rsplib with all that it demands, in one message each", () => {
  const scope = new Scope();
  const peers = [meet(scope), meet(scope, THIRD, THIRD_AT)];
  scope.register(1);
  scope.register(2, { asapTransport: undefined, registrationLife: -1 });
  for (const peer of peers) {
    const updates = scope.taken(peer).filter(({ type }) => type === UPDATE);
    assert.deepEqual(updates.map(({ action, elements }) => [action, elements[0]]), [
      [0, {
        pool: "web",
        identifier: 1,
        home: OWN,
        lifeMs: 300_000,
        user: "5 0 80 10.44.0.40",
        policy: 1,
        asap: "4 0 4000 10.44.0.40",
      }],
      [0, {
        pool: "web",
        identifier: 2,
        home: OWN,
        lifeMs: -1,
        user: "5 0 80 10.44.0.40",
        policy: 1,
        asap: "4 0 9 10.44.0.40",
      }],
    ]);
  }
});

Deno.test("a table for rsplib has pages of at most 1,400 bytes, and all elements once", () => {
  const scope = new Scope();
  const peer = meet(scope);
  for (let identifier = 1; identifier <= 100; identifier++) {
    const asapTransport = identifier % 2 === 0 ? {} : { asapTransport: undefined };
    scope.register(identifier, asapTransport, `pool ${identifier % 7}`);
  }
  // One whom it would refuse does not spoil the others.
  scope.register(101, { policy: { name: "random" } }, "pool 1");
  scope.taken(peer);
  const told: number[] = [];
  for (let pages = 1;; pages++) {
    scope.hear(peer, vector("enrp-handle-table-request-flags01", { 4: FIRST, 8: OWN }));
    const [page, ...none] = scope.taken(peer);
    assert.deepEqual([page!.type, none], [TABLE, []]);
    told.push(...page!.elements.map(({ identifier }) => identifier));
    if ((page!.flags & 2) === 0) {
      assert(pages >= 4, `${pages} pages`);
      break;
    }
    assert(page!.elements.length > 10);
  }
  assert.deepEqual(told.sort((a, b) => a - b), Array.from({ length: 100 }, (_, at) => at + 1));
});

Deno.test("rsplib's checksum is that of what it is told, a peer of our own has that of all", () => {
  const scope = new Scope();
  const [rsplib, other] = [meet(scope), scope.accept("10.44.0.50")];
  const at = { protocol: "tcp", port: 9901, use: 0, addresses: ["10.44.0.50"] } as const;
  const serverInformation = { identifier: 5, transport: at };
  const between = { sender: 5, receiver: OWN };
  const type = "ENRP_PRESENCE";
  const first = { type, ...between, replyRequired: false, checksum: 0xffff, serverInformation };
  scope.hear(other, enrp.encode(first as EnrpMessage));
  scope.register(1);
  const addresses = ["10.44.0.40"];
  const dccp = { protocol: "dccp", port: 1, use: 0, serviceCode: 0, addresses } as const;
  scope.register(2, { transport: dccp }, "other");
  scope.taken(rsplib);
  scope.decoded(other);
  scope.advance(FAST_REGISTRAR_TIMING.peerHeartbeatCycleMs);
  const told = scope.taken(rsplib).find((each) => each.type === PRESENCE);
  assert.equal(told!.checksum, internetChecksum(peBlock("web", 1)));
  const [own] = scope.decoded(other).filter((each) => each.type === type);
  assert(own?.type === type);
  const all = [...peBlock("web", 1), ...peBlock("other", 2)];
  assert.equal(own.checksum, internetChecksum(all));
});

Deno.test("an observer from rsplib's host is no rsplib: it is told what the RFCs say", () => {
  const scope = new Scope();
  meet(scope);
  scope.register(1);
  const observer = scope.accept(FIRST_AT.host);
  scope.hear(observer, parseHex("0500000c0000000000000000"));
  const [list] = scope.decoded(observer);
  assert(list?.type === "ENRP_LIST_RESPONSE");
  assert.equal(list.servers[0]!.transport.protocol, "tcp");
  assert.equal(list.servers[0]!.peerStatus?.state, "active");
  assert.equal(scope.table()[0]!.asapTransport!.protocol, "tcp");
});

Deno.test("a peer of our own in the same cluster is spoken to by the RFCs", () => {
  const scope = new Scope();
  const rsplib = meet(scope);
  const other = scope.accept("10.44.0.50");
  const transport = { protocol: "tcp", port: 9901, use: 0, addresses: ["10.44.0.50"] } as const;
  const serverInformation = { identifier: 5, transport };
  const between = { sender: 5, receiver: OWN };
  const type = "ENRP_PRESENCE";
  const first = { type, ...between, replyRequired: true, checksum: 0xffff, serverInformation };
  scope.hear(other, enrp.encode(first as EnrpMessage));
  scope.register(1);
  const [update] = scope.decoded(other).filter(({ type }) => type === "ENRP_HANDLE_UPDATE");
  assert(update?.type === "ENRP_HANDLE_UPDATE");
  assert.equal(update.poolElement.registrationLife, 300);
  assert.equal(update.poolElement.asapTransport!.protocol, "tcp");
  // And each is listed to the other in its own words.
  scope.taken(rsplib);
  scope.hear(rsplib, vector("enrp-list-request", { 4: FIRST, 8: OWN }));
  const [list] = scope.taken(rsplib);
  assert.deepEqual([list!.type, list!.servers], [LIST, ["0x5 9901 10.44.0.50"]]);
  scope.hear(other, enrp.encode({ type: "ENRP_LIST_REQUEST", ...between }));
  const answer = scope.decoded(other).at(-1)!;
  assert(answer.type === "ENRP_LIST_RESPONSE");
  assert.deepEqual(answer.servers.map(({ identifier, transport }) => [identifier, transport]), [
    [FIRST, { protocol: "tcp", port: 9901, use: 0, addresses: [FIRST_AT.host] }],
  ]);
});

Deno.test("an own-children table that runs on into others' elements is complete", () => {
  const scope = new Scope();
  const peer = scope.accept(FIRST_AT.host);
  scope.hear(peer, presence(FIRST, 11, "1234"));
  scope.taken(peer);
  // Its own elements, M=1; then the same message with another home; it would never end.
  const page = "enrp-handle-table-response-flags02-4pools-4pe-tcp4ctrl-rr-sctp4";
  scope.hear(peer, vector(page));
  assert.deepEqual(scope.types(peer), [TABLE_REQUEST]);
  const foreign = hex(vector(page)).replaceAll(`0c${hex4(FIRST)}`, `0c${hex4(THIRD)}`);
  scope.hear(peer, parseHex(foreign.replace(hex4(THIRD), hex4(FIRST))));
  assert.deepEqual(scope.types(peer), []);
  assert.equal(scope.told("resynchronized").length, 1);
  assert.equal(scope.table().length, 4);
});

Deno.test("an own-children table that starts over is complete", () => {
  const scope = new Scope();
  const peer = scope.accept(FIRST_AT.host);
  scope.hear(peer, presence(FIRST, 11, "1234"));
  scope.taken(peer);
  const page = vector("enrp-handle-table-response-flags02-4pools-4pe-tcp4ctrl-rr-sctp4");
  scope.hear(peer, page);
  assert.deepEqual(scope.types(peer), [TABLE_REQUEST]);
  scope.hear(peer, page);
  assert.deepEqual(scope.types(peer), []);
  assert.deepEqual(scope.told("resynchronized").map(({ received }) => received), [8]);
});

Deno.test("rsplib's takeover is acknowledged; what it took over is found by its checksum", () => {
  const scope = new Scope();
  const [first, third] = [meet(scope), meet(scope, THIRD, THIRD_AT)];
  scope.hear(first, vector("enrp-handle-update-add-sctp4-rlu-sctp4"));
  scope.lose(first);
  scope.taken(third);
  scope.hear(third, vector("enrp-init-takeover", { 4: THIRD, 8: OWN, 12: FIRST }));
  const acknowledgements = scope.taken(third).filter(({ type }) => type === INIT_TAKEOVER_ACK);
  assert.deepEqual(
    acknowledgements.map(({ sender, receiver, target }) => [sender, receiver, target]),
    [
      [OWN, THIRD, FIRST],
    ],
  );
  // It never sends ENRP_TAKEOVER_SERVER: its next presence has another checksum.
  scope.hear(third, presence(THIRD, 13, "1234"));
  assert.deepEqual(scope.types(third).filter((type) => type !== PRESENCE), [TABLE_REQUEST]);
  const taken = vector("enrp-handle-update-add-sctp4-rlu-sctp4");
  const rows = hex(taken.slice(16)).replace(hex4(FIRST), hex4(THIRD));
  scope.hear(third, parseHex(`03000054${hex4(THIRD)}${hex4(OWN)}${rows}`));
  assert.deepEqual(scope.table().map(({ home }) => home), [THIRD]);
});

for (const [rival, at, wins] of [[THIRD, THIRD_AT, true], [0x10000001, FIRST_AT, false]] as const) {
  Deno.test(`of two takeovers the smaller identifier wins: ${wins ? "ours" : "rsplib's"}`, () => {
    const scope = new Scope();
    const third = meet(scope, rival, at);
    const target = 0x44444444;
    const other = scope.accept("10.44.0.50");
    scope.hear(
      other,
      parseHex(
        `0100002c${hex4(target)}00000000000f0006ffff0000000b0018${hex4(target)}` +
          "0004001026ad0000000100080a2c0032",
      ),
    );
    answerTable(scope, other, target);
    scope.lose(other);
    for (let waited = 0; scope.told("takeover-began").length === 0; waited += 1000) {
      assert(waited < 20_000, "nobody begins to take over");
      scope.advance(1000);
      scope.hear(third, presence(rival, Number(at.host.slice(-2)), "ffff"));
    }
    scope.taken(third);
    scope.hear(third, vector("enrp-init-takeover", { 4: rival, 8: OWN, 12: target }));
    const acknowledged = scope.types(third).includes(INIT_TAKEOVER_ACK);
    assert.equal(acknowledged, !wins);
    assert.equal(scope.told("takeover-stopped").length, wins ? 0 : 1);
    if (!wins) return;
    scope.hear(third, vector("enrp-init-takeover-ack", { 4: rival, 8: OWN, 12: target }));
    assert.deepEqual(scope.types(third), [TAKEOVER_SERVER]);
  });
}

Deno.test("a registrar that hands over does not count on rsplib, nor tells it goodbye", () => {
  const scope = new Scope();
  const peer = meet(scope);
  scope.register(1);
  scope.taken(peer);
  scope.stop();
  assert.deepEqual(scope.taken(peer), []);
  assert.equal(scope.told("handing-over").length, 0);
  assert.equal(scope.told("stopped").length, 1);
});

Deno.test("who asks for rsplib and for the larger identifier is refused", () => {
  assert.throws(
    () => new Scope({ rsplibPeers: "all", arbitration: "larger-wins" }),
    /one order/,
  );
});

function hex4(identifier: number): string {
  return identifier.toString(16).padStart(8, "0");
}
