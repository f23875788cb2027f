/** Files that are no captures, broken ones, and the limits of what is believed of them. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteSource } from "../../../cli/capture/byte_source.ts";
import {
  CaptureBroken,
  MAX_INTERFACES,
  MAX_PACKET_BYTES,
  type Packet,
  readCapture,
} from "../../../cli/capture/capture_file.ts";
import { pcap, pcapng } from "./capture_writer.ts";

const PACKETS = [[1, 2, 3], [4, 5, 6, 7], []];

/** Gives the file in pieces of that size. */
async function packetsOf(file: Uint8Array, pieceBytes = 7): Promise<Packet[]> {
  let rest = file;
  const source = new ByteSource(
    {
      next: (buffer) => {
        const piece = rest.subarray(0, Math.min(pieceBytes, buffer.length));
        rest = rest.subarray(piece.length);
        buffer.set(piece);
        return Promise.resolve(piece.length === 0 ? null : piece.length);
      },
    },
    new Uint8Array(0),
    () => {},
  );
  const packets: Packet[] = [];
  for await (const packet of readCapture(source)) {
    packets.push({ ...packet, bytes: packet.bytes.slice() });
  }
  return packets;
}

const bytesOf = (packets: readonly Packet[]) => packets.map(({ bytes }) => [...bytes]);

Deno.test("packets come out as they went in, in pieces of any size", async () => {
  for (let size = 1; size < 60; size++) {
    assert.deepEqual(bytesOf(await packetsOf(pcap(PACKETS), size)), PACKETS);
    const isLittle = size % 2 === 0;
    const expected = [...PACKETS, PACKETS[0]!];
    assert.deepEqual(bytesOf(await packetsOf(pcapng(PACKETS, { isLittle }), size)), expected);
  }
});

Deno.test("a packet of which only the beginning was kept says so", async () => {
  const [first] = await packetsOf(pcap([[1, 2, 3]], { snapLength: 2 }));
  assert.deepEqual([first!.isCut, [...first!.bytes]], [true, [1, 2]]);
});

Deno.test("a file that was cut anywhere ends there, without a word", async () => {
  for (const file of [pcap(PACKETS), pcapng(PACKETS)]) {
    for (let length = 4; length < file.length; length++) {
      const packets = bytesOf(await packetsOf(file.subarray(0, length)));
      assert.deepEqual(packets, [...PACKETS, PACKETS[0]!].slice(0, packets.length));
    }
  }
});

Deno.test(`packets beyond MAX_PACKET_BYTES (${MAX_PACKET_BYTES}) are not believed`, async () => {
  const file = pcap([[1, 2, 3]]);
  new DataView(file.buffer).setUint32(24 + 8, MAX_PACKET_BYTES + 1, true);
  await assert.rejects(packetsOf(file), /packet 1 says that it has 1048577 bytes/);
});

Deno.test(`more than MAX_INTERFACES (${MAX_INTERFACES}) interfaces are not described`, async () => {
  const file = pcapng([]);
  const head = file.subarray(0, 28);
  const description = file.subarray(28, 28 + 32);
  assert.equal(description[0], 1);
  const many = new Uint8Array(28 + (MAX_INTERFACES + 1) * description.length);
  many.set(head);
  for (let at = 28; at < many.length; at += description.length) many.set(description, at);
  await assert.rejects(packetsOf(many, 65_536), /more than 10000 interfaces/);
});

Deno.test("captures with any byte changed: packets or CaptureBroken", async () => {
  const files = [pcap(PACKETS), pcapng(PACKETS), pcapng(PACKETS, { isLittle: false })];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 255 })), { maxLength: 4 }),
      async (file, changes) => {
        const changed = file.slice();
        for (const [at, value] of changes) changed[at % changed.length] = value;
        try {
          await packetsOf(changed, 64);
        } catch (error) {
          assert(error instanceof CaptureBroken, String(error));
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
