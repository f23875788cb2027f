/** Queries over connections, each with its length in front. RFC 1035 §4.2.2, RFC 7766. */

import type { Address } from "../address.ts";
import { u16 } from "../bytes.ts";
import { DNS_LIMITS, type DnsLimits } from "./limits.ts";
import type { Responder } from "./responder.ts";

type TcpLimits = Pick<DnsLimits, "maxConnections" | "connectionIdleMs" | "maxQueryBytes">;

const LENGTH_BYTES = 2;

/** Accepts connections and answers on them, one query after the other. */
export class TcpServer {
  /** Where it listens: an IP address, whatever name was given. */
  readonly address: Address;
  private readonly listener: Deno.TcpListener;
  private readonly responder: Responder;
  private readonly limits: TcpLimits;
  private readonly open = new Set<Deno.TcpConn>();
  private readonly serving = new Set<Promise<void>>();
  private readonly accepting: Promise<void>;

  /** Listens; throws what the system says if the address cannot be bound. */
  constructor(address: Address, responder: Responder, limits: TcpLimits = DNS_LIMITS) {
    this.listener = Deno.listen({ hostname: address.host, port: address.port });
    const { hostname: host, port } = this.listener.addr;
    this.address = { host, port };
    this.responder = responder;
    this.limits = limits;
    this.accepting = this.accept();
  }

  /** How many connections are open. */
  get size(): number {
    return this.open.size;
  }

  /** Ends all of it. */
  async close(): Promise<void> {
    this.listener.close();
    for (const connection of this.open) shut(connection);
    await this.accepting;
    await Promise.all(this.serving);
  }

  private async accept(): Promise<void> {
    for (;;) {
      try {
        const connection = await this.listener.accept();
        if (this.open.size >= this.limits.maxConnections) {
          connection.close();
          continue;
        }
        this.open.add(connection);
        const served = this.serve(connection).finally(() => this.serving.delete(served));
        this.serving.add(served);
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        if (error instanceof Deno.errors.Interrupted) return;
        // Descriptors may have run out: the next moment is another one.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  private async serve(connection: Deno.TcpConn): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const arm = () => {
      clearTimeout(timer);
      timer = setTimeout(() => shut(connection), this.limits.connectionIdleMs);
    };
    try {
      const length = new Uint8Array(LENGTH_BYTES);
      for (arm(); await readWhole(connection, length); arm()) {
        const size = u16(length, 0);
        if (size > this.limits.maxQueryBytes) break;
        const message = new Uint8Array(size);
        if (!await readWhole(connection, message)) break;
        const answer = await this.responder.respond(message, "tcp");
        if (answer === undefined) break;
        await writeWhole(connection, framed(answer));
      }
    } catch {
      // It was reset, or closed by the limit of idle ones: that is its end.
    } finally {
      clearTimeout(timer);
      this.open.delete(connection);
      shut(connection);
    }
  }
}

/** In one piece: two would be two segments. RFC 7766 §8. */
function framed(answer: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES + answer.length);
  new DataView(bytes.buffer).setUint16(0, answer.length);
  bytes.set(answer, LENGTH_BYTES);
  return bytes;
}

/** Fills the bytes; false if the connection ends before. */
async function readWhole(connection: Deno.TcpConn, bytes: Uint8Array): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) return false;
    at += count;
  }
  return true;
}

async function writeWhole(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

function shut(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
