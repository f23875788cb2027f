/** What is remembered of a capture has an end, whatever is in it. */

import assert from "node:assert/strict";
import { noLosses } from "../../../cli/capture/captured_message.ts";
import { CapturedMessages } from "../../../cli/capture/captured_messages.ts";
import { MAX_FRAGMENT_BYTES, MAX_FRAGMENTS, SctpAssociations } from "../../../cli/capture/sctp.ts";
import { MAX_CONNECTIONS } from "../../../cli/capture/tcp_streams.ts";
import * as api from "../../../mod.ts";
import { end, sctp, SYN, tcp } from "./capture_writer.ts";

const MESSAGE = api.asap.encode({
  type: "ASAP_DEREGISTRATION",
  poolHandle: "web",
  peIdentifier: 7,
});

function packet(number: number, bytes: readonly number[]) {
  return { number, timeNs: 0n, linkType: 101, bytes: new Uint8Array(bytes), isCut: false };
}

Deno.test(`beyond MAX_CONNECTIONS (${MAX_CONNECTIONS}), the longest silent is forgotten`, () => {
  const losses = noLosses();
  const messages = new CapturedMessages(api, losses, undefined);
  const to = end(2, 3863);
  const from = (i: number) => ({ host: [10, 0, i >> 8, i & 0xff], port: 1000 });
  const half = MESSAGE.subarray(0, 6);
  for (let i = 0; i <= MAX_CONNECTIONS; i++) {
    [...messages.take(packet(i + 1, tcp(from(i), to, { sequence: 0, flags: SYN })))];
    [...messages.take(packet(i + 1, tcp(from(i), to, { sequence: 1, bytes: half })))];
  }
  const rest = (
    i: number,
  ) => [...messages.take(packet(1, tcp(from(i), to, { sequence: 7, bytes: MESSAGE.subarray(6) })))];
  assert.equal(losses.forgotten, 1);
  assert.equal(rest(0).length, 0);
  assert.equal(rest(MAX_CONNECTIONS).length, 1);
});

/** A first fragment, so many in the middle of which the second is missing, and a last one. */
function fragments(count: number, bytes: Uint8Array): number {
  const [from, to] = [end(1, 7), end(2, 3863)];
  const associations = new SctpAssociations();
  const take = (tsn: number, flags: number) => {
    const packet = new Uint8Array(sctp(from, to, { tsn, flags, ppid: 11, bytes }));
    const datagram = { protocol: "sctp", from: "a", to: "b", bytes: packet.subarray(20) } as const;
    return [...associations.take(datagram, {
      from: { host: "192.0.2.1", port: 7 },
      to: { host: "192.0.2.2", port: 3863 },
    })].length;
  };
  take(1, 2);
  for (let i = 0; i < count; i++) take(3 + i, 0);
  take(3 + count, 1);
  return take(2, 0);
}

Deno.test(`of more than MAX_FRAGMENTS (${MAX_FRAGMENTS}) that wait, all are forgotten`, () => {
  const bytes = new Uint8Array(1);
  assert.equal(fragments(MAX_FRAGMENTS - 3, bytes), 1);
  assert.equal(fragments(MAX_FRAGMENTS, bytes), 0);
});

Deno.test(`beyond MAX_FRAGMENT_BYTES (${MAX_FRAGMENT_BYTES}) that wait, all go`, () => {
  const bytes = new Uint8Array(60_000);
  const fitting = Math.floor(MAX_FRAGMENT_BYTES / bytes.length);
  assert.equal(fragments(fitting - 3, bytes), 1);
  assert.equal(fragments(fitting, bytes), 0);
});
