/**
 * A registrar among peers, elements, users and observers who say anything at any time: nothing
 * throws, what it owns and what it remembers fit each other, and nothing is left when all are gone.
 * FUZZ_STEPS says how much happens, FUZZ_SEED repeats a run.
 */

import assert from "node:assert/strict";
import {
  type Association,
  DEFAULT_LIMITS,
  type DisconnectReason,
  encodeMessage,
  Host,
  type Message,
  REGISTRAR_TIMING,
  type RegistrarEvent,
  RegistrarMachine,
  type SocketAddress,
} from "../../lib/core/mod.ts";
import type { RegistrarState } from "../../lib/core/registrar/state.ts";
import { type Random, seededRandom } from "../../lib/handlespace/random.ts";
import {
  type AsapMessage,
  BINDING_STATES,
  BINDING_TRANSACTIONS,
  type EnrpMessage,
  type Policy,
  type PoolElement,
} from "../../lib/wire/mod.ts";

const STEPS = Number(Deno.env.get("FUZZ_STEPS") ?? 20_000);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
/** In a world that begins anew, all beginnings are tried. */
const STEPS_A_WORLD = 2_000;

const SELF = 0x50;
const REGISTRARS = [0, SELF, 0x10, 0x20, 0x60, 0x70];
const POOLS = ["web", "mail", "db"];
const ELEMENTS = [1, 2, 3, 4, 5, 0];
const HOSTS = ["192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.13"];
const MENTORS = [{ host: "192.0.2.20", port: 9901 }, { host: "192.0.2.21", port: 9901 }];
const POLICIES: readonly Policy[] = [
  { name: "round-robin" },
  { name: "round-robin" },
  { name: "round-robin" },
  { name: "weighted-random", weight: 3 },
];
const ENDS: readonly DisconnectReason[] = ["closed", "reset", "timed-out", "garbage", "overflow"];
const DIAL_FAILURES: readonly DisconnectReason[] = [
  "refused",
  "timed-out",
  "unreachable",
  "failed",
];
const HOUR_MS = 3_600_000;

/** A registrar and all that is connected with it. */
class Chaos {
  now = 1000;
  readonly open = new Map<Association, "ASAP" | "ENRP">();
  readonly dials: { association: Association; protocol: "ASAP" | "ENRP"; to: SocketAddress }[] = [];
  readonly state: RegistrarState;
  events = 0;
  private readonly host: Host<Parameters<Host<never, never>["command"]>[0], RegistrarEvent>;
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    const machine = new RegistrarMachine({
      identifier: SELF,
      random: seededRandom(random.uint32()),
      limits: { ...DEFAULT_LIMITS, maxPeers: 4, tablePageElements: 3, maxElementsPerPool: 5 },
      timing: REGISTRAR_TIMING,
      addressCheck: random.below(2) === 0 ? "observed" : "any",
      interfaceAddresses: () => ["192.0.2.1"],
      loopbackOnly: false,
      mentors: random.below(2) === 0 ? [] : MENTORS,
    });
    // What a machine knows is nobody's business but that of those who look for what is left over.
    this.state = (machine as unknown as { state: RegistrarState }).state;
    this.host = new Host(machine, DEFAULT_LIMITS) as typeof this.host;
    const served = { enrp: [{ host: "192.0.2.1", port: 9901 }] };
    this.host.command({ type: "start", served } as never, this.now);
    this.drain();
  }

  /** Something happens. */
  step(): void {
    const { random } = this;
    const kind = random.below(20);
    if (kind < 2) this.connect();
    else if (kind < 3) this.disconnect();
    else if (kind < 6) this.answerDial();
    else if (kind < 8) this.advance(random.below(10 ** (1 + random.below(6))));
    else if (kind < 9 && random.below(40) === 0) this.hint();
    else this.say();
    this.drain();
  }

  /** All leave, and nobody is reached any more. */
  empty(): void {
    for (const association of [...this.open.keys()]) this.end(association, "closed");
    const end = this.now + 3 * HOUR_MS;
    while (this.now < end) {
      this.advance(1000);
      while (this.dials.length > 0) this.failDial("refused");
      for (const association of [...this.open.keys()]) this.end(association, "closed");
    }
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!;
  }

  private connect(): void {
    if (this.open.size >= 12) return;
    const protocol = this.pick(["ASAP", "ENRP"] as const);
    const remote = { host: this.pick(HOSTS), port: 40_000 };
    const local = { host: "192.0.2.1", port: protocol === "ASAP" ? 3863 : 9901 };
    const association = this.host.accept(protocol, { remote, local }, this.now);
    if (association !== undefined) this.open.set(association, protocol);
  }

  private disconnect(): void {
    if (this.open.size > 0) this.end(this.pick([...this.open.keys()]), this.pick(ENDS));
  }

  private end(association: Association, reason: DisconnectReason): void {
    this.open.delete(association);
    this.host.disconnected(association, reason, this.now);
    this.drain();
  }

  private answerDial(): void {
    if (this.dials.length === 0) return;
    if (this.random.below(3) === 0) return this.failDial(this.pick(DIAL_FAILURES));
    const { association, protocol, to } = this.dials.shift()!;
    const local = { host: "192.0.2.1", port: 50_000 };
    this.open.set(association, protocol);
    this.host.connected(association, { remote: to, local }, this.now);
  }

  private failDial(reason: DisconnectReason): void {
    const { association } = this.dials.shift()!;
    this.host.disconnected(association, reason, this.now);
    this.drain();
  }

  private hint(): void {
    const enrp = { host: this.pick(HOSTS), port: 9901 };
    this.host.command({ type: "hint", enrp } as never, this.now);
  }

  private advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let deadlines = 0;; deadlines++) {
      const deadline = this.host.deadline();
      if (deadline === undefined || deadline > end) break;
      assert(deadlines < 100_000, "deadlines without end");
      this.now = Math.max(this.now, deadline);
      this.host.tick(this.now);
      this.drain();
    }
    this.now = end;
  }

  private say(): void {
    if (this.open.size === 0) return;
    const [association, protocol] = this.pick([...this.open]);
    const message: Message = protocol === "ASAP" ? this.asap() : this.enrp();
    this.host.receive(association, encodeMessage(message), this.now);
  }

  private asap(): AsapMessage {
    const poolHandle = this.pick(POOLS);
    const peIdentifier = this.pick(ELEMENTS);
    const dynamicUpdates = this.random.below(2) === 0;
    return this.pick<AsapMessage>([
      { type: "ASAP_REGISTRATION", poolHandle, poolElement: this.element(0) },
      { type: "ASAP_REGISTRATION", poolHandle, poolElement: this.element(0) },
      { type: "ASAP_DEREGISTRATION", poolHandle, peIdentifier },
      { type: "ASAP_HANDLE_RESOLUTION", poolHandle, dynamicUpdates },
      { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle, peIdentifier },
      { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle, peIdentifier },
      { type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle, peIdentifier },
      ...this.asapBindings({ request: this.random.below(3), poolHandle, peIdentifier }),
    ]);
  }

  private asapBindings(of: {
    readonly request: number;
    readonly poolHandle: string;
    readonly peIdentifier: number;
  }): AsapMessage[] {
    const records = this.bindings(of.peIdentifier);
    const after = this.pick(["0.0.0.0", "10.0.0.1"]);
    const dynamicUpdates = this.random.below(2) === 0;
    return [
      { type: "ASAP_BINDING_UPDATE", ...of, ...records },
      { type: "ASAP_BINDING_UPDATE", ...of, ...records },
      { type: "ASAP_BINDING_REPLY", reject: false, ...of, ...records },
      { type: "ASAP_BINDING_DUMP_REQUEST", dynamicUpdates, ...of, after },
      { type: "ASAP_BINDING_DUMP", moreToSend: false, reject: false, ...of, ...records },
    ];
  }

  /** What a DHCP server or a registrar may say of bindings; seldom the same. */
  private bindings(identifier: number) {
    const { random } = this;
    const name = `dhcp${identifier}`;
    const flags = random.below(4) === 0 ? ["down"] as const : [];
    const share = this.pick([1, 2, 3]);
    const version = random.below(5);
    const range = { first: "10.0.0.1", last: this.pick(["10.0.0.9", "10.0.0.9", "10.9.0.0"]) };
    const counts = { version, claim: random.below(3), share, shares: 3, lease: 60, freeIn: 60 };
    const server = { identifier, name, flags, ...range, ...counts, acknowledgements: [] };
    const binding = {
      address: this.pick(["10.0.0.1", "10.0.0.2", "10.0.0.9", "192.0.2.1"]),
      state: this.pick(BINDING_STATES),
      transaction: this.pick(BINDING_TRANSACTIONS),
      counter: random.below(4),
      server: identifier,
      lease: 60,
      remaining: this.pick([0, 60, 0xffffffff]),
      hardware: this.pick(["06:01", "06:02"]),
    };
    return {
      servers: random.below(3) === 0 ? [] : [server],
      bindings: random.below(3) === 0 ? [] : [binding],
    };
  }

  private element(home: number): PoolElement {
    const host = this.pick(HOSTS);
    const hasEndpoint = this.random.below(2) === 0;
    return {
      identifier: this.pick(ELEMENTS),
      home,
      registrationLife: this.pick([30, 300, -1]),
      transport: { protocol: "tcp", port: 80, use: 0, addresses: [host] },
      policy: this.pick(POLICIES),
      ...(hasEndpoint && {
        asapTransport: { protocol: "tcp", port: 7000, use: 0, addresses: [host] },
      }),
    };
  }

  private enrp(): EnrpMessage {
    const { random } = this;
    const sender = this.pick(REGISTRARS);
    const receiver = this.pick([0, 0, SELF, ...REGISTRARS]);
    const target = this.pick(REGISTRARS);
    const between = { sender, receiver };
    const poolHandle = this.pick(POOLS);
    const isSo = () => random.below(2) === 0;
    const poolElement = this.element(this.pick([sender, sender, target]));
    const update = { takeoverSuggestion: isSo(), action: random.below(3), poolHandle, poolElement };
    const transport = {
      protocol: "tcp",
      port: 9901,
      use: 0,
      addresses: [this.pick(HOSTS)],
    } as const;
    const serverInformation = { identifier: this.pick([sender, target]), transport };
    const unreachable = isSo() ? { poolHandle, peIdentifier: this.pick(ELEMENTS) } : undefined;
    const presence = { checksum: random.below(65_536), serverInformation, unreachable };
    const pools = [{ poolHandle, poolElements: [poolElement, this.element(sender)] }];
    const rejection = random.below(4) === 0;
    const page = { moreToSend: isSo(), reject: rejection, pools: rejection ? [] : pools };
    const servers = rejection ? [] : [serverInformation];
    return this.pick<EnrpMessage>([
      { type: "ENRP_PRESENCE", ...between, replyRequired: isSo(), ...presence },
      { type: "ENRP_PRESENCE", ...between, replyRequired: isSo(), ...presence },
      { type: "ENRP_HANDLE_TABLE_REQUEST", ...between, ownChildrenOnly: isSo() },
      { type: "ENRP_HANDLE_TABLE_RESPONSE", ...between, ...page },
      { type: "ENRP_HANDLE_UPDATE", ...between, ...update },
      { type: "ENRP_HANDLE_UPDATE", ...between, ...update },
      { type: "ENRP_LIST_REQUEST", ...between },
      { type: "ENRP_LIST_RESPONSE", ...between, reject: rejection, servers },
      { type: "ENRP_INIT_TAKEOVER", ...between, target },
      { type: "ENRP_INIT_TAKEOVER_ACK", ...between, target },
      { type: "ENRP_TAKEOVER_SERVER", ...between, target },
      ...this.enrpBindings({ ...between, request: random.below(3), poolHandle }),
    ]);
  }

  private enrpBindings(of: {
    readonly sender: number;
    readonly receiver: number;
    readonly request: number;
    readonly poolHandle: string;
  }): EnrpMessage[] {
    const { random } = this;
    const force = random.below(2) === 0;
    const records = this.bindings(this.pick(ELEMENTS));
    const { servers } = records;
    const after = this.pick(["0.0.0.0", "10.0.0.1"]);
    const digest = this.pick(["0000000000000000", "0123456789abcdef"]);
    const tables = [{ poolHandle: of.poolHandle, count: 1, digest }];
    const { sender, receiver } = of;
    return [
      { type: "ENRP_PRESENCE", sender, receiver, replyRequired: false, bindingTables: tables },
      { type: "ENRP_BINDING_UPDATE", force, ...of, ...records },
      { type: "ENRP_BINDING_UPDATE", force, ...of, servers, bindings: [] },
      { type: "ENRP_BINDING_REPLY", reject: false, ...of, servers },
      { type: "ENRP_BINDING_DUMP_REQUEST", ...of, server: this.pick(ELEMENTS), after },
      { type: "ENRP_BINDING_DUMP", moreToSend: force, reject: false, ...of, tables, ...records },
    ];
  }

  private drain(): void {
    for (;;) {
      const output = this.host.poll();
      if (output === undefined) return;
      if (output.type === "event") this.events++;
      else if (output.type === "connect") this.dials.push(output);
      else if (output.type === "close") this.forget(output.association);
    }
  }

  private forget(association: Association): void {
    this.open.delete(association);
    const dial = this.dials.findIndex((each) => each.association === association);
    if (dial >= 0) this.dials.splice(dial, 1);
  }
}

/** What a registrar remembers of one thing in two places says the same in both. */
function requireHarmony({ state, open, dials }: Chaos): void {
  const { handlespace, children, peers } = state;
  assert.equal(children.size, handlespace.countOwnedBy(SELF), "children are what it owns");
  for (const [entry, child] of children) {
    assert.equal(handlespace.get(entry.poolHandle, entry.identifier), entry, "a child is listed");
    if (child.association !== undefined) {
      assert(open.has(child.association.association), "its association is open");
      assert(child.association.children.has(child), "its association knows it");
      assert(state.keepAlives.has(child), "it is asked whether it lives");
    }
  }
  for (const association of state.associations.keys()) assert(open.has(association), "is open");
  assert.equal(state.associations.size, open.size, "all that is open is known");
  const waiting = state.dials.size + state.probes.size + peers.dials.size;
  assert(waiting >= dials.length, "every dial is for something");
  for (const peer of peers.peers.values()) {
    if (peer.open !== undefined) assert.equal(peer.open.peer, peer, "a peer's association is its");
  }
  for (const { association } of peers.addresses.values()) {
    if (association !== undefined) assert(peers.dials.has(association), "an address is dialled");
  }
}

Deno.test(`fuzz: a registrar hears ${STEPS} things (FUZZ_SEED=${SEED}) and stays in order`, () => {
  const random = seededRandom(SEED);
  let events = 0;
  for (let done = 0; done < STEPS; done += STEPS_A_WORLD) {
    const chaos = new Chaos(random);
    for (let step = 0; step < STEPS_A_WORLD; step++) {
      chaos.step();
      requireHarmony(chaos);
    }
    chaos.empty();
    requireHarmony(chaos);
    const { associations, poolElements, peers, takeovers, adoptions, probes, contenders } = chaos
      .state.statistics();
    const left = { associations, poolElements, peers, takeovers, adoptions, probes, contenders };
    const nothing = Object.fromEntries(Object.keys(left).map((key) => [key, 0]));
    assert.deepEqual(left, nothing, "when all are gone nothing is left");
    events += chaos.events;
  }
  assert(events > STEPS, "much has happened");
});
