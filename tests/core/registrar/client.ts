/** One end of a made-up association, the other one being the tested registrar's. */
import assert from "node:assert/strict";
import type {
  Association,
  DisconnectReason,
  Message,
  ProtocolName,
  SocketAddress,
} from "../../../lib/core/mod.ts";
import {
  asap,
  type AsapMessage,
  enrp,
  type EnrpMessage,
  type ErrorCause,
  MessageSplitter,
  type PoolElement,
} from "../../../lib/wire/mod.ts";
import type { World } from "./registrar_world.ts";

/** The messages of that type. */
export type Of<Type extends Message["type"]> = Extract<Message, { type: Type }>;

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

  /** What it does of itself when a message comes. */
  onMessage(_message: Message): void {}

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

  /** All messages of that type that were received; they are received no longer. */
  takeAll<Type extends Message["type"]>(type: Type): Of<Type>[] {
    const taken = this.received.filter((message): message is Of<Type> => message.type === type);
    const others = this.received.filter((message) => message.type !== type);
    this.received.splice(0, Infinity, ...others);
    return taken;
  }

  /** The only message of that type that was received, among others. */
  takeOnly<Type extends Message["type"]>(type: Type): Of<Type> {
    const taken = this.takeAll(type);
    assert.equal(taken.length, 1, `${taken.length} messages ${type}, not one`);
    return taken[0]!;
  }

  /** The next message received, which must be of that type. */
  take<Type extends Message["type"]>(type: Type): Of<Type> {
    const message = this.received.shift();
    assert.equal(message?.type, type);
    return message as Of<Type>;
  }
}
