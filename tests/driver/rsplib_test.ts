/**
 * A registrar of the library whose mentor is rsplib behind a relay: over real sockets, in captured
 * words (tests/vectors). docs/tcp-mapping.md §11.
 */

import assert from "node:assert/strict";
import { MessageSplitter, Observer, Registrar, type SocketAddress } from "../../mod.ts";
import { take, type Taken } from "../core/registrar/rsplib_parser.ts";
import { readVectors } from "../wire/vectors.ts";

/** Those to whom, and by whom, the captured messages are. */
const [OWN, RSPLIB] = [0x22222222, 0x11111111];
const [PRESENCE, TABLE_REQUEST, LIST_REQUEST] = [1, 2, 5];

const VECTORS = new Map(readVectors().map(({ name, bytes }) => [name, bytes]));

/** A captured message as if it came from that registrar to ours. */
function vector(name: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(VECTORS.get(name)!);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, RSPLIB);
  view.setUint32(8, OWN);
  return bytes;
}

/** Answers as rsplib did; everything that it is told its parser must take. */
class Rsplib implements Disposable {
  readonly told: Taken[] = [];
  readonly refusals: unknown[] = [];
  private readonly listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  constructor() {
    void this.serve();
  }

  get address(): SocketAddress {
    const { hostname: host, port } = this.listener.addr as Deno.NetAddr;
    return { host, port };
  }

  [Symbol.dispose](): void {
    this.listener.close();
  }

  private async serve(): Promise<void> {
    for await (const connection of this.listener) {
      const splitter = new MessageSplitter();
      for await (const chunk of connection.readable) {
        for (const split of splitter.split(chunk)) {
          assert(split.kind !== "garbage");
          for (const answer of this.hear(split.bytes)) await connection.write(answer);
        }
      }
    }
  }

  private hear(bytes: Uint8Array): Uint8Array[] {
    // A Server Transport on the loopback is what rsplib would drop: here there is nothing else.
    const seen = bytes.slice();
    if (seen[0] === PRESENCE) seen.set([10, 44, 0, 12], seen.length - 4);
    try {
      this.told.push(take(seen));
    } catch (refusal) {
      this.refusals.push(refusal);
    }
    switch (seen[0]) {
      case PRESENCE:
        return this.told.length === 1 ? [vector("enrp-presence-sctp4")] : [];
      case LIST_REQUEST:
        return [list()];
      case TABLE_REQUEST:
        return [vector("enrp-handle-table-response-sctp4-rlu-sctp4")];
      default:
        return [];
    }
  }
}

/** It knows nobody else. */
function list(): Uint8Array<ArrayBuffer> {
  return vector("enrp-list-request").with(0, 6) as Uint8Array<ArrayBuffer>;
}

Deno.test("a registrar has the handlespace of an rsplib registrar before it serves", async () => {
  using rsplib = new Rsplib();
  const anywhere = [{ host: "127.0.0.1", port: 0 }];
  await using registrar = await Registrar.start({
    identifier: OWN,
    asap: anywhere,
    enrp: anywhere,
    mentors: [rsplib.address],
    rsplibPeers: [rsplib.address],
  });
  assert.deepEqual(rsplib.refusals, []);
  const [first, ...rest] = rsplib.told;
  assert.deepEqual([first!.type, first!.flags], [PRESENCE, 1]);
  assert.equal(first!.servers[0], `0x22222222 ${registrar.enrp[0]!.port} 10.44.0.12`);
  const asked = rest.map(({ type }) => type).filter((type) => type !== PRESENCE);
  assert.deepEqual(asked.slice(0, 2), [LIST_REQUEST, TABLE_REQUEST]);
  await using observer = new Observer({ registrars: registrar.enrp });
  const { pools } = await observer.handleTable();
  const elements = pools.flatMap(({ poolElements }) => poolElements);
  assert.deepEqual(elements.map(({ home, registrationLife }) => [home, registrationLife]), [
    [RSPLIB, 60],
  ]);
});

Deno.test("a registrar that is told of both orders of takeovers does not start", async () => {
  const anywhere = [{ host: "127.0.0.1", port: 0 }];
  await assert.rejects(
    Registrar.start({
      asap: anywhere,
      enrp: anywhere,
      rsplibPeers: "all",
      arbitration: "larger-wins",
    }),
    RangeError,
  );
});
