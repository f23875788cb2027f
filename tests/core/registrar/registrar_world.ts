/**
 * A registrar among made-up associations: bytes go in and out through its host, time is a number.
 */
import assert from "node:assert/strict";
import {
  type Association,
  DEFAULT_LIMITS,
  type DisconnectReason,
  Host,
  type HostOutput,
  type Limits,
  type Message,
  type ProtocolName,
  REGISTRAR_TIMING,
  type RegistrarEvent,
  RegistrarMachine,
  type RegistrarOptions,
  type RegistrarStatistics,
  type RegistrarTiming,
  type SocketAddress,
} from "../../../lib/core/mod.ts";
import { type Random, seededRandom } from "../../../lib/handlespace/mod.ts";
import {
  asap,
  type AsapMessage,
  DecodeFailure,
  enrp,
  type EnrpMessage,
  type ErrorCause,
  MessageSplitter,
  type PoolElement,
} from "../../../lib/wire/mod.ts";

/** The registrar's identifier in all tests. */
export const REGISTRAR = 0x00c0ffee;

/** The messages of that type. */
export type Of<Type extends Message["type"]> = Extract<Message, { type: Type }>;

type EventOf<Type extends RegistrarEvent["type"]> = Extract<RegistrarEvent, { type: Type }>;

/** What a world may be other than the default. */
export interface WorldOptions extends Partial<Omit<RegistrarOptions, "limits" | "timing">> {
  readonly limits?: Partial<Limits>;
  readonly timing?: Partial<RegistrarTiming>;
}

/** One end of an association, the other one being the registrar's. */
export class Client {
  /** What came from the registrar and was not taken. */
  readonly received: Message[] = [];
  /** The keep-alive behind the first grant: acknowledged at once, and not received. */
  greeting: Of<"ASAP_ENDPOINT_KEEP_ALIVE"> | undefined;
  /** Whether it is dealt with so; else it is received as any other message. */
  answersGreeting = true;
  /** Whether the registrar has closed the association. */
  isClosed = false;
  readonly splitter = new MessageSplitter();

  constructor(
    readonly world: World,
    readonly association: Association,
    readonly protocol: ProtocolName,
    readonly remote: SocketAddress,
  ) {}

  send(message: Message): void {
    const bytes = this.protocol === "ASAP"
      ? asap.encode(message as AsapMessage)
      : enrp.encode(message as EnrpMessage);
    this.sendBytes(bytes);
  }

  sendBytes(bytes: Uint8Array): void {
    this.world.host.receive(this.association, bytes, this.world.now);
    this.world.drain();
  }

  /** The association ends, as the registrar sees it. */
  leave(reason: DisconnectReason = "closed"): void {
    this.world.host.disconnected(this.association, reason, this.world.now);
    this.world.drain();
  }

  register(poolHandle: string, poolElement: PoolElement): void {
    this.send({ type: "ASAP_REGISTRATION", poolHandle, poolElement });
  }

  /** Registers, and asserts that it is granted. */
  registered(poolHandle: string, poolElement: PoolElement): this {
    this.register(poolHandle, poolElement);
    const response = this.take("ASAP_REGISTRATION_RESPONSE");
    assert.equal(response.reject, false, JSON.stringify(this.world.events.at(-1)));
    return this;
  }

  /** Registers, and returns the causes of the rejection. */
  rejected(poolHandle: string, poolElement: PoolElement): readonly ErrorCause[] {
    this.register(poolHandle, poolElement);
    return this.takeRejection();
  }

  takeRejection(): readonly ErrorCause[] {
    const response = this.take("ASAP_REGISTRATION_RESPONSE");
    assert.equal(response.reject, true);
    return response.causes ?? [];
  }

  deregister(poolHandle: string, peIdentifier: number): Of<"ASAP_DEREGISTRATION_RESPONSE"> {
    this.send({ type: "ASAP_DEREGISTRATION", poolHandle, peIdentifier });
    return this.take("ASAP_DEREGISTRATION_RESPONSE");
  }

  resolve(
    poolHandle: string,
    items?: number,
    dynamicUpdates = false,
  ): Of<"ASAP_HANDLE_RESOLUTION_RESPONSE"> {
    this.send({ type: "ASAP_HANDLE_RESOLUTION", poolHandle, items, dynamicUpdates });
    return this.take("ASAP_HANDLE_RESOLUTION_RESPONSE");
  }

  acknowledge(poolHandle: string, peIdentifier: number): void {
    this.send({ type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle, peIdentifier });
  }

  reportUnreachable(poolHandle: string, peIdentifier: number): void {
    this.send({ type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle, peIdentifier });
  }

  /** The next message received, which must be of that type. */
  take<Type extends Message["type"]>(type: Type): Of<Type> {
    const message = this.received.shift();
    assert.equal(message?.type, type);
    return message as Of<Type>;
  }
}

/** A dial that the registrar asked for. */
export interface Dial {
  readonly association: Association;
  readonly to: SocketAddress;
  readonly timeoutMs: number;
}

/** A registrar, its associations and its time. */
export class World {
  now = 1000;
  readonly events: RegistrarEvent[] = [];
  readonly dials: Dial[] = [];
  readonly random: Random = seededRandom(5352);
  readonly host: Host<{ readonly type: "stop" }, RegistrarEvent>;
  readonly limits: Limits;
  readonly timing: RegistrarTiming;
  /** The bytes that were written; equal ones are one only if they are the same object. */
  readonly encodings = new Set<Uint8Array>();
  private readonly machine: RegistrarMachine;
  private readonly clients = new Map<Association, Client>();

  constructor(options: WorldOptions = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.timing = { ...REGISTRAR_TIMING, ...options.timing };
    this.machine = new RegistrarMachine({
      identifier: REGISTRAR,
      random: this.random,
      addressCheck: "observed",
      interfaceAddresses: () => ["127.0.0.1", "::1", "192.0.2.1"],
      loopbackOnly: false,
      ...options,
      limits: this.limits,
      timing: this.timing,
    });
    this.host = new Host(this.machine, this.limits);
  }

  /** Sizes of the registrar's tables. */
  statistics(): RegistrarStatistics {
    return this.machine.statistics();
  }

  /** Somebody connects to the registrar. */
  connect(
    remoteHost = "192.0.2.10",
    { protocol = "ASAP", identity }: { protocol?: ProtocolName; identity?: string } = {},
  ): Client {
    const remote = { host: remoteHost, port: 50000 + this.clients.size };
    const local = { host: "192.0.2.1", port: protocol === "ASAP" ? 3863 : 9901 };
    const association = this.host.accept(protocol, { remote, local, identity }, this.now);
    assert(association !== undefined);
    return this.admit(new Client(this, association, protocol, remote));
  }

  observer(remoteHost = "192.0.2.99"): Client {
    return this.connect(remoteHost, { protocol: "ENRP" });
  }

  /** The oldest dial succeeds. */
  answerDial(): Client {
    const dial = this.takeDial();
    const ends = { remote: dial.to, local: { host: "192.0.2.1", port: 49999 } };
    const client = new Client(this, dial.association, "ASAP", dial.to);
    this.clients.set(dial.association, client);
    assert(this.host.connected(dial.association, ends, this.now));
    this.drain();
    return client;
  }

  /** The oldest dial fails. */
  failDial(reason: DisconnectReason, detail?: string): void {
    this.host.disconnected(this.takeDial().association, reason, this.now, detail);
    this.drain();
  }

  takeDial(): Dial {
    const dial = this.dials.shift();
    assert(dial !== undefined, "the registrar has dialled nobody");
    return dial;
  }

  /** Lets time pass, deadline by deadline. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const deadline = this.host.deadline();
      if (deadline === undefined || deadline > end) break;
      this.now = Math.max(this.now, deadline);
      this.host.tick(this.now);
      this.drain();
    }
    this.now = end;
  }

  stop(): void {
    this.host.command({ type: "stop" }, this.now);
    this.drain();
  }

  /** The events of that type so far. */
  told<Type extends RegistrarEvent["type"]>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** Why elements were removed so far. */
  removals(): string[] {
    return this.told("pool-element-removed").map((event) => event.reason);
  }

  drain(): void {
    for (;;) {
      const output = this.host.poll();
      if (output === undefined) return;
      this.perform(output);
    }
  }

  private admit(client: Client): Client {
    this.clients.set(client.association, client);
    this.drain();
    return client;
  }

  private perform(output: HostOutput<RegistrarEvent>): void {
    if (output.type === "event") return void this.events.push(output.event);
    if (output.type === "connect") return void this.dials.push(output);
    const client = this.clients.get(output.association);
    if (output.type === "write") {
      this.encodings.add(output.bytes);
      return receive(client!, output.bytes);
    }
    if (client !== undefined) client.isClosed = true;
    const dial = this.dials.findIndex((each) => each.association === output.association);
    if (dial >= 0) this.dials.splice(dial, 1);
  }
}

function receive(client: Client, bytes: Uint8Array): void {
  assert(!client.isClosed, "sent after the end");
  for (const split of client.splitter.split(bytes)) {
    assert(split.kind !== "garbage");
    const decoded = client.protocol === "ASAP"
      ? asap.decode(split.bytes)
      : enrp.decode(split.bytes);
    assert(!(decoded instanceof DecodeFailure), JSON.stringify(decoded));
    if (isGreeting(client, decoded.message)) greetBack(client, decoded.message);
    else client.received.push(decoded.message);
  }
}

function isGreeting(client: Client, message: Message): message is Of<"ASAP_ENDPOINT_KEEP_ALIVE"> {
  if (!client.answersGreeting) return false;
  const before = client.received.at(-1);
  const follows = before?.type === "ASAP_REGISTRATION_RESPONSE" && !before.reject;
  return message.type === "ASAP_ENDPOINT_KEEP_ALIVE" && follows && client.greeting === undefined;
}

function greetBack(client: Client, greeting: Of<"ASAP_ENDPOINT_KEEP_ALIVE">): void {
  client.greeting = greeting;
  const { poolHandle, peIdentifier } = client.received.at(-1) as Of<"ASAP_REGISTRATION_RESPONSE">;
  client.world.host.receive(
    client.association,
    asap.encode({ type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle, peIdentifier }),
    client.world.now,
  );
}

/** A pool element on 192.0.2.10, whose ASAP endpoint is there as well. */
export function element(
  identifier = 1,
  changes: Partial<PoolElement> & { host?: string; asapPort?: number | null } = {},
): PoolElement {
  const { host = "192.0.2.10", asapPort = null, ...rest } = changes;
  return {
    identifier,
    home: 0,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 80, use: 0, addresses: [host] },
    policy: { name: "round-robin" },
    ...(asapPort === null ? {} : {
      asapTransport: { protocol: "tcp", port: asapPort, use: 0, addresses: [host] },
    }),
    ...rest,
  };
}

/** The codes of error causes. */
export function codes(causes: readonly ErrorCause[] | undefined): number[] {
  return (causes ?? []).map((cause) => cause.code);
}
