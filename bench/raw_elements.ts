/**
 * Many pool elements in one process, without the machines of real ones: they register, acknowledge
 * keep-alives and, if they are to, register again. So a registrar can have more of them than real
 * ones would fit the machine.
 *
 * `deno run -A bench/raw_elements.ts '{"ports":[…],"elements":…,"associations":…,"pools":…,
 * "t4Ms":…}'` prints a line when all are registered, and ends with its standard input.
 */

import { asap, type AsapMessage, MessageSplitter, type PoolElement } from "../lib/wire/mod.ts";
import { type Script, startScript } from "./processes.ts";

/** What to register. */
export interface Elements {
  /** ASAP ports of registrars; associations go to them by turns. */
  readonly ports: readonly number[];
  readonly elements: number;
  readonly associations: number;
  /** Elements are in so many pools. */
  readonly pools: number;
  /** T4-reregistration: all register once in that time, one after the other; absent: never. */
  readonly t4Ms?: number;
}

/** Registrations of one association that wait for their answers. */
const WINDOW = 128;
/** Associations that are opened at once. */
const BATCH = 100;
const TICK_MS = 100;
/** Room for what a registrar sends to one element at once. */
const READ_BYTES = 512;

/** Registers elements from a process of their own; resolved when all are. */
export async function startElements(elements: Elements): Promise<Script> {
  const script = startScript("raw_elements.ts", [JSON.stringify(elements)]);
  await script.line();
  return script;
}

class RawAssociation {
  readonly elements: { readonly poolHandle: string; readonly identifier: number }[] = [];
  private readonly splitter = new MessageSplitter();
  private readonly all = Promise.withResolvers<void>();
  private granted = 0;
  private sent = 0;

  constructor(private readonly connection: Deno.TcpConn) {
    connection.setNoDelay(true);
  }

  async register(): Promise<void> {
    void this.read();
    for (let i = 0; i < WINDOW; i++) this.registerNext();
    await this.all.promise;
  }

  /** Asks for one element, for the first time or again. */
  registerAt(index: number): void {
    const { poolHandle, identifier } = this.elements[index]!;
    const poolElement = elementOf(identifier, this.connection.localAddr as Deno.NetAddr);
    this.send({ type: "ASAP_REGISTRATION", poolHandle, poolElement });
  }

  private registerNext(): void {
    if (this.sent < this.elements.length) this.registerAt(this.sent++);
  }

  private async read(): Promise<void> {
    const buffer = new Uint8Array(Math.min(0x10000, READ_BYTES * this.elements.length));
    for (;;) {
      const count = await this.connection.read(buffer);
      if (count === null) throw new Error("The registrar closed an association");
      for (const split of this.splitter.split(buffer.subarray(0, count))) {
        if (split.kind === "message") this.take(split.bytes);
      }
    }
  }

  private take(bytes: Uint8Array): void {
    const decoded = asap.decode(bytes);
    if (!decoded.ok) throw new Error("The registrar sent no message");
    const { message } = decoded;
    if (message.type === "ASAP_ENDPOINT_KEEP_ALIVE") this.acknowledge(message);
    else if (message.type === "ASAP_REGISTRATION_RESPONSE") this.onResponse(message.reject);
  }

  private onResponse(isRejected: boolean): void {
    if (isRejected) throw new Error("A registration was rejected");
    this.granted++;
    this.registerNext();
    if (this.granted === this.elements.length) this.all.resolve();
  }

  private acknowledge(
    { poolHandle, peIdentifier }: AsapMessage & { type: "ASAP_ENDPOINT_KEEP_ALIVE" },
  ): void {
    const identifier = peIdentifier ?? this.elements[0]!.identifier;
    this.send({ type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle, peIdentifier: identifier });
  }

  private send(message: AsapMessage): void {
    void this.connection.write(asap.encode(message) as Uint8Array<ArrayBuffer>);
  }
}

/** Its ASAP Transport is as long as a real one; nobody is dialled there while all is well. */
function elementOf(identifier: number, { port }: Deno.NetAddr): PoolElement {
  const addresses = ["127.0.0.1"] as const;
  return {
    identifier,
    home: 0,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 8080, use: 0, addresses: [...addresses] },
    policy: { name: "round-robin" },
    asapTransport: { protocol: "tcp", port, use: 0, addresses: [...addresses] },
  };
}

/** Once in T4 each registers again, so that at any time as many do. */
function reregister(associations: readonly RawAssociation[], all: number, t4Ms: number): void {
  const start = performance.now();
  let done = 0;
  setInterval(() => {
    for (const due = (performance.now() - start) * all / t4Ms; done < due; done++) {
      const turn = Math.floor(done / associations.length);
      const association = associations[done % associations.length]!;
      association.registerAt(turn % association.elements.length);
    }
  }, TICK_MS);
}

if (import.meta.main) {
  const { ports, elements, associations: count, pools, t4Ms } = JSON.parse(
    Deno.args[0]!,
  ) as Elements;
  const associations: RawAssociation[] = [];
  while (associations.length < count) {
    const missing = Math.min(BATCH, count - associations.length);
    const opened = await Promise.all(
      Array.from({ length: missing }, (_, i) => {
        const port = ports[(associations.length + i) % ports.length]!;
        return Deno.connect({ hostname: "127.0.0.1", port });
      }),
    );
    associations.push(...opened.map((connection) => new RawAssociation(connection)));
  }
  for (let i = 0; i < elements; i++) {
    const poolHandle = `pool-${String(i % pools).padStart(4, "0")}`;
    associations[i % count]!.elements.push({ poolHandle, identifier: i + 1 });
  }
  await Promise.all(associations.map((association) => association.register()));
  console.log("registered");
  if (t4Ms !== undefined) reregister(associations, elements, t4Ms);
  await Deno.stdin.read(new Uint8Array(1));
  Deno.exit(0);
}
