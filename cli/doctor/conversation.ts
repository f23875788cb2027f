/**
 * One connection to a registrar over which `doctor` asks: the bare messages, so that nothing is
 * done besides, no hunt, no subscription and no retry, and each answer is seen as it is.
 */

import { formatAddress } from "../address.ts";
import type { Api, NetTransport, SocketAddress } from "../api.ts";
import { reasonOf } from "../failure.ts";

type Connection = Awaited<ReturnType<NetTransport["dial"]>>;

/** What has led to no answer, in words. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";

  constructor(
    message: string,
    /** Whether it closed the connection before it said anything that is a message. */
    readonly isHungUp: boolean = false,
  ) {
    super(message);
  }
}

/** How a registrar is reached. */
export interface Way {
  readonly api: Pick<Api, "asap" | "enrp" | "MessageSplitter">;
  readonly transport: NetTransport;
  readonly to: SocketAddress;
  readonly protocol: "asap" | "enrp";
  /** Milliseconds that are left at any time. */
  readonly left: () => number;
}

/** A way of which failures can be explained. */
export interface ExplainedWay extends Way {
  /** Why something failed, in words. */
  explain(error: unknown): Promise<string>;
}

/** A message of the protocol that is spoken. */
export interface AnyMessage {
  readonly type: string;
}

/** An open connection. */
export class Conversation<M extends AnyMessage> {
  readonly #connection: Connection;
  readonly #way: Way;
  readonly #messages: AsyncGenerator<M, void>;
  #isHeard = false;

  private constructor(connection: Connection, way: Way) {
    this.#connection = connection;
    this.#way = way;
    this.#messages = this.#read();
  }

  /** @throws {DialFailed} when there is no connection. */
  static async open<M extends AnyMessage>(way: Way): Promise<Conversation<M>> {
    const { transport, to, protocol, left } = way;
    const connection = await transport.dial(to, {
      timeoutMs: Math.max(1, left()),
      tls: { role: "client", protocol },
    });
    return new Conversation<M>(connection, way);
  }

  /** Who the registrar has proved to be. */
  get name(): string | undefined {
    return this.#connection.secured?.name;
  }

  /**
   * Sends a request, and gives what `pick` takes for its answer.
   *
   * @throws {Unanswered} if none comes.
   */
  async ask<A>(request: M, pick: (message: M) => A | undefined): Promise<A> {
    const timer = setTimeout(() => this.#connection.abort(), Math.max(1, this.#way.left()));
    try {
      void this.#connection.write(this.#encode(request));
      for (;;) {
        const { value, done } = await this.#messages.next();
        if (done === true) throw this.#unanswered();
        const answer = pick(value);
        if (answer !== undefined) return answer;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  async *#read(): AsyncGenerator<M, void> {
    const { MessageSplitter } = this.#way.api;
    const splitter = new MessageSplitter();
    for (let bytes; (bytes = await this.#connection.read()) !== null;) {
      for (const split of splitter.split(bytes)) {
        if (split.kind === "garbage") throw new Unanswered(`no registrar: ${split.detail}`);
        this.#isHeard = true;
        const decoded = this.#protocol.decode(split.bytes);
        if (decoded.ok) yield decoded.message as unknown as M;
      }
    }
  }

  get #protocol() {
    const { api, protocol } = this.#way;
    return protocol === "asap" ? api.asap : api.enrp;
  }

  #encode(message: M): Uint8Array {
    const { encode } = this.#protocol;
    return encode.call(this.#protocol, message as never);
  }

  #unanswered(): Unanswered {
    const { ended } = this.#connection;
    if (ended === "closed-here") return new Unanswered("it is connected, and does not answer");
    const what = ended === "reset" ? "it reset the connection" : "it closed the connection";
    return new Unanswered(`${what} without an answer`, !this.#isHeard);
  }
}

/** Why somebody could not be asked, in words. */
export function failureInWords(error: unknown, { to }: Pick<Way, "to">): string {
  if (error instanceof Unanswered) return error.message;
  if (!(error instanceof Error) || error.name !== "DialFailed") throw error;
  return reasonOf(error).replace(`cannot connect to ${formatAddress(to)}: `, "");
}
