/** Two engines and the bytes between them. */
import assert from "node:assert/strict";
import {
  type PskClientOptions,
  type PskServerOptions,
  PskTls,
  type PskTlsOutput,
} from "../../../lib/net/tls_psk/mod.ts";

export const ALPN = "asap";
export const IDENTITY: Uint8Array = new TextEncoder().encode("element-1");
export const KEY: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => index * 7 & 0xff);

/** Numbers that look random and are the same each time. */
export function seeded(seed: number): (bytes: number) => Uint8Array {
  let state = seed >>> 0;
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
}

/** A client with the key, or with what is told. */
export function newClient(options: Partial<PskClientOptions> = {}): PskTls {
  return PskTls.client({ alpn: ALPN, identity: IDENTITY, key: KEY, ...options });
}

/** A server that knows the one identity. */
export function newServer(options: Partial<PskServerOptions> = {}): PskTls {
  return PskTls.server({ alpn: ALPN, lookup: lookupOf(IDENTITY, KEY), ...options });
}

/** Knows one key. */
export function lookupOf(known: Uint8Array, key: Uint8Array): PskServerOptions["lookup"] {
  return (identity) => String(identity) === String(known) ? key : undefined;
}

/** All outputs there are now. */
export function outputs(tls: PskTls): PskTlsOutput[] {
  const all: PskTlsOutput[] = [];
  for (let output = tls.poll(); output; output = tls.poll()) all.push(output);
  return all;
}

/** The bytes of the writes among the outputs; nothing else may be there. */
export function written(tls: PskTls): Uint8Array {
  return Uint8Array.from(
    outputs(tls).flatMap((output) => {
      assert.equal(output.type, "write", JSON.stringify(output));
      return output.type === "write" ? [...output.bytes] : [];
    }),
  );
}

/** What both sides told, but for writes, which were carried over. */
export interface Told {
  readonly client: PskTlsOutput[];
  readonly server: PskTlsOutput[];
}

/** Carries bytes both ways until there are none; `cut` says how. */
export function carry(
  client: PskTls,
  server: PskTls,
  cut: (bytes: Uint8Array) => Uint8Array[] = (bytes) => [bytes],
): Told {
  const told: Told = { client: [], server: [] };
  for (let moved = true; moved;) {
    moved = false;
    for (
      const [from, to, list] of [[client, server, told.client], [
        server,
        client,
        told.server,
      ]] as const
    ) {
      for (const output of outputs(from)) {
        moved = true;
        if (output.type !== "write") list.push(output);
        else for (const part of cut(output.bytes)) to.receive(part);
      }
    }
  }
  return told;
}

/** Client and server, established. */
export function establish(
  ofClient: Partial<PskClientOptions> = {},
  ofServer: Partial<PskServerOptions> = {},
): { client: PskTls; server: PskTls; told: Told } {
  const client = newClient(ofClient);
  const server = newServer(ofServer);
  const told = carry(client, server);
  assert.deepEqual(told.client.map(({ type }) => type), ["established"]);
  assert.deepEqual(told.server.map(({ type }) => type), ["established"]);
  return { client, server, told };
}

/** The application data among outputs, in one. */
export function dataOf(told: readonly PskTlsOutput[]): number[] {
  return told.flatMap((output) => output.type === "data" ? [...output.bytes] : []);
}

/** Bytes to send. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}
