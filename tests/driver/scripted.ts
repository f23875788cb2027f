/** A machine that only notes what it is told, and a transport whose other side is the test. */

import type { Input, Instant, Machine, Output } from "../../lib/core/mod.ts";
import type {
  Address,
  Connection,
  ConnectionEnd,
  DialOptions,
  Listener,
  ListenOptions,
  Secured,
  Transport,
} from "../../lib/net/mod.ts";

/** Notes its inputs; its outputs are put into it. */
export class NotingMachine implements Machine<string, string> {
  readonly inputs: Input<string>[] = [];
  private readonly outputs: Output<string>[] = [];

  /** To be asked for with the next input. */
  put(...outputs: readonly Output<string>[]): void {
    this.outputs.push(...outputs);
  }

  handle(input: Input<string>, _now: Instant): void {
    this.inputs.push(input);
  }

  poll(): Output<string> | undefined {
    return this.outputs.shift();
  }

  deadline(): undefined {
    return undefined;
  }
}

/** A connection whose other side is the test. */
export class ScriptedConnection implements Connection {
  readonly local: Address = { host: "127.0.0.1", port: 1 };
  readonly queuedBytes: number = 0;
  ended: ConnectionEnd | undefined = undefined;
  /** How many reads were begun. */
  reads = 0;
  /** Hears that another read has begun. */
  onRead: () => void = () => {};
  private waiting: ((bytes: Uint8Array | null) => void) | undefined;

  constructor(
    readonly remote: Address,
    readonly secured?: Secured | undefined,
  ) {}

  /** Bytes come from the other side. */
  arrive(bytes: Uint8Array): void {
    this.waiting!(bytes);
  }

  read(): Promise<Uint8Array | null> {
    this.reads++;
    this.onRead();
    if (this.ended !== undefined) return Promise.resolve(null);
    return new Promise((resolve) => this.waiting = resolve);
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.abort();
    return Promise.resolve();
  }

  abort(): void {
    this.ended ??= "closed-here";
    this.waiting?.(null);
  }
}

/** Where somebody listens, and what it wants to hear. */
interface Listening {
  readonly onConnection: (connection: Connection) => void;
  readonly options: ListenOptions | undefined;
}

/** A transport whose other side is the test. */
export class ScriptedTransport implements Transport {
  readonly listening: Listening[] = [];
  readonly dialled: { readonly address: Address; readonly options: DialOptions }[] = [];
  /** What comes of a dial. */
  answer: (address: Address) => Connection = (address) => new ScriptedConnection(address);

  listen(
    address: Address,
    onConnection: (connection: Connection) => void,
    options?: ListenOptions,
  ): Promise<Listener> {
    this.listening.push({ onConnection, options });
    return Promise.resolve({ address, close: () => Promise.resolve() });
  }

  dial(address: Address, options: DialOptions): Promise<Connection> {
    this.dialled.push({ address, options });
    return new Promise((resolve) => resolve(this.answer(address)));
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await undefined;
}
