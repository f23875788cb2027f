/** A registrar that is none: it listens, grants everything, and answers with its own elements. */

import {
  asap,
  type AsapMessage,
  type Connection,
  DecodeFailure,
  type Listener,
  MessageSplitter,
  type NetTransport,
  type SocketAddress,
} from "../../mod.ts";
import { registration } from "./secured_cluster.ts";

/** What the rogue wants users to be sent to. */
export const TRAP = registration(0x666).poolElement;

/** Listens and notes all that it is told. */
export class RogueRegistrar implements AsyncDisposable {
  /** Messages that victims have said to it. */
  readonly heard: AsapMessage[] = [];
  private readonly connections: Connection[] = [];

  private constructor(private readonly listener: Listener) {}

  get address(): SocketAddress {
    return this.listener.address;
  }

  static async listen(over: NetTransport): Promise<RogueRegistrar> {
    const tls = { role: "server", protocol: "asap" } as const;
    const opened = Promise.withResolvers<RogueRegistrar>();
    const onConnection = (connection: Connection) =>
      void opened.promise.then((rogue) => rogue.serve(connection));
    const listener = await over.listen({ host: "127.0.0.1", port: 0 }, onConnection, { tls });
    const rogue = new RogueRegistrar(listener);
    opened.resolve(rogue);
    return rogue;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.close();
    for (const connection of this.connections) await connection.close();
  }

  private async serve(connection: Connection): Promise<void> {
    this.connections.push(connection);
    const splitter = new MessageSplitter();
    for (let bytes = await connection.read(); bytes !== null; bytes = await connection.read()) {
      for (const split of splitter.split(bytes)) {
        if (split.kind === "garbage") return;
        const decoded = asap.decode(split.bytes);
        if (decoded instanceof DecodeFailure) continue;
        this.heard.push(decoded.message);
        const answer = answerTo(decoded.message);
        if (answer !== undefined) void connection.write(asap.encode(answer));
      }
    }
  }
}

function answerTo(message: AsapMessage): AsapMessage | undefined {
  const { poolHandle } = message as { poolHandle?: string };
  if (message.type === "ASAP_REGISTRATION") {
    const peIdentifier = message.poolElement.identifier;
    return {
      type: "ASAP_REGISTRATION_RESPONSE",
      reject: false,
      poolHandle: poolHandle!,
      peIdentifier,
    };
  }
  if (message.type !== "ASAP_HANDLE_RESOLUTION") return undefined;
  return {
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: false,
    poolHandle: poolHandle!,
    policy: TRAP.policy,
    poolElements: [TRAP],
  };
}
