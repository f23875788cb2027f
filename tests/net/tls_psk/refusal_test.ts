/** Who is refused: other keys, unknown identities, servers with certificates alone, older TLS. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { PskTls } from "../../../lib/net/tls_psk/mod.ts";
import { hex } from "../../../lib/wire/hex.ts";
import { carry, IDENTITY, KEY, lookupOf, newClient, newServer, outputs, seeded } from "./pair.ts";
import { written } from "./pair.ts";
import { bytes, RETRIED, SIMPLE } from "./rfc8448_traces.ts";
import { handshakeRecord, record, ScriptedClient } from "./scripted_peer.ts";

/** All that a server tells and writes, as text. */
function transcriptOf(server: PskTls): string {
  return outputs(server).map((output) => {
    return output.type === "write" ? `write ${hex(output.bytes)}` : JSON.stringify(output);
  }).join("\n");
}

Deno.test("RFC 8446 §4.2.11: a wrong key and an unknown identity cannot be told apart", () => {
  const wrongKey = newServer({ random: seeded(3), lookup: lookupOf(IDENTITY, randomBytes(32)) });
  const unknown = newServer({ random: seeded(3), lookup: () => undefined });
  const tooShort = newServer({ random: seeded(3), lookup: () => KEY.subarray(0, 15) });
  const hello = written(newClient());
  for (const server of [wrongKey, unknown, tooShort]) server.receive(hello);
  const told = transcriptOf(unknown);
  assert.match(told, /^write 15030300020233\n.*"alert":"decrypt_error","sent":true/);
  assert.equal(transcriptOf(wrongKey), told);
  assert.equal(transcriptOf(tooShort), told);
});

Deno.test("a wrong key and an unknown identity take the same steps, also when retried", () => {
  for (const groups of [["X25519"], ["P-256"]] as const) {
    const asked: number[] = [];
    const told = [undefined, randomBytes(32)].map((key) => {
      let lookups = 0;
      const server = newServer({
        groups,
        random: seeded(3),
        lookup: () => {
          lookups++;
          return key;
        },
      });
      server.receive(written(newClient()));
      asked.push(lookups);
      return transcriptOf(server);
    });
    assert.equal(told[0], told[1]);
    assert.deepEqual(asked, [1, 1]);
  }
});

Deno.test("the client with another key hears decrypt_error", () => {
  const told = carry(newClient({ key: randomBytes(32) }), newServer());
  const [failed] = told.client;
  assert.deepEqual(failed, {
    type: "failed",
    failure: { alert: "decrypt_error", sent: false, detail: "the peer sent alert 51" },
  });
});

Deno.test("RFC 8446 §4.2.11: a right key of another identity is no key", () => {
  const client = newClient({ identity: new TextEncoder().encode("other") });
  const server = newServer({
    lookup: (identity) => identity.length === 5 ? randomBytes(32) : KEY,
  });
  const [failed] = carry(client, server).server;
  assert.equal(failed?.type === "failed" && failed.failure.alert, "decrypt_error");
});

Deno.test("an identity longer than any that is configured is not looked up", () => {
  const server = newServer({ lookup: () => assert.fail("looked up") });
  server.receive(handshakeRecord(new ScriptedClient().hello({ identities: [new Uint8Array(65)] })));
  assert.match(transcriptOf(server), /decrypt_error/);
});

/** What a client says of a server's first message. */
function answerTo(flight: Uint8Array): string {
  const client = newClient({ cipherSuites: ["TLS_AES_128_GCM_SHA256"] });
  outputs(client);
  client.receive(flight);
  const failed = outputs(client).at(-1);
  assert.ok(failed?.type === "failed", JSON.stringify(failed));
  assert.equal(failed.failure.sent, true);
  return `${failed.failure.alert}: ${failed.failure.detail}`;
}

Deno.test("RFC 8446 §9.2: a server with a certificate alone is not taken for ours", () => {
  // RFC 8448 §3: key_share of X25519 and no pre_shared_key.
  const answer = answerTo(handshakeRecord(SIMPLE.serverHello));
  assert.equal(answer, "missing_extension: the server chose no pre-shared key");
});

Deno.test("RFC 8446 §4.1.4: nor after its HelloRetryRequest", () => {
  const client = newClient({ cipherSuites: ["TLS_AES_128_GCM_SHA256"] });
  outputs(client);
  client.receive(handshakeRecord(RETRIED.helloRetryRequest));
  // The cookie is echoed and the share is of P-256.
  const second = hex(written(client));
  assert.ok(second.includes("002c0074007271dcd04bb88bc3189119398a"));
  client.receive(handshakeRecord(RETRIED.serverHello));
  const failed = outputs(client).at(-1);
  assert.ok(failed?.type === "failed");
  assert.equal(failed.failure.alert, "missing_extension");
});

/** A ServerHello of TLS 1.2 with renegotiation_info, whose random ends so. */
function olderHello(end: string): Uint8Array {
  return bytes(`0200002d 0303 ${"11".repeat(24)} ${end} 00 c02f 00 0005 ff01000100`);
}

Deno.test("RFC 8446 §4.1.3: a server of TLS 1.2 is refused; a downgrade is named", () => {
  const none = olderHello("11".repeat(8));
  assert.equal(answerTo(handshakeRecord(none)), "protocol_version: the server has no TLS 1.3");
  for (const last of ["01", "00"]) {
    const made = olderHello(`444f574e475244${last}`);
    assert.match(answerTo(handshakeRecord(made)), /^illegal_parameter: somebody made the server/);
  }
  assert.match(answerTo(handshakeRecord(olderHello("444f574e47524402"))), /^protocol_version/);
});

Deno.test("a server without TLS is named as such", () => {
  const answer = answerTo(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n"));
  assert.equal(answer, "unexpected_message: these are no TLS records: content type 72");
});

Deno.test("RFC 8446 §6: an older server's alert is told by its name", () => {
  const client = newClient();
  outputs(client);
  client.receive(record(21, Uint8Array.of(2, 70), 0x0301));
  const [failed] = outputs(client);
  assert.ok(failed?.type === "failed");
  assert.deepEqual([failed.failure.alert, failed.failure.sent], ["protocol_version", false]);
});
