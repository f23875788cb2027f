/** The key schedule, the transcript and the records against the traces of RFC 8448. */
import assert from "node:assert/strict";
import { cipherSuites } from "../../../lib/net/tls_psk/cipher_suites.ts";
import { groups } from "../../../lib/net/tls_psk/groups.ts";
import { applicationSecrets, handshakeSecrets } from "../../../lib/net/tls_psk/handshake.ts";
import {
  deriveSecret,
  earlySecret,
  expandLabel,
  externalBinderKey,
  finishedMac,
  handshakeSecret,
  isSameMac,
  masterSecret,
  trafficKeys,
} from "../../../lib/net/tls_psk/key_schedule.ts";
import { RecordProtection } from "../../../lib/net/tls_psk/record_protection.ts";
import { Transcript } from "../../../lib/net/tls_psk/transcript.ts";
import { hex } from "../../../lib/wire/hex.ts";
import { RESUMED, RETRIED, SIMPLE } from "./rfc8448_traces.ts";

const [aes] = cipherSuites(["TLS_AES_128_GCM_SHA256"]);
const ECDHE = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d";
const NO_PSK = new Uint8Array(32);
const BINDERS_BYTES = 35;

function transcriptOf(...messages: Uint8Array[]): Transcript {
  const transcript = new Transcript();
  for (const message of messages) transcript.add(message);
  return transcript;
}

/** §3: the shared secret by the client's private key. */
function simpleShared(): Uint8Array {
  const [x25519] = groups(["X25519"]);
  return x25519!.generate(() => SIMPLE.clientPrivateKey).agree(SIMPLE.serverPublicKey);
}

function simpleHandshake() {
  const handshake = handshakeSecret(earlySecret(NO_PSK), simpleShared());
  const transcript = transcriptOf(SIMPLE.clientHello, SIMPLE.serverHello);
  return { handshake, transcript, secrets: handshakeSecrets(handshake, transcript.hash()) };
}

function keysOf(secret: Uint8Array): [string, string] {
  const { key, iv } = trafficKeys(aes!, secret);
  return [hex(key), hex(iv)];
}

Deno.test("RFC 8448 §3: X25519, early, handshake and traffic secrets of the handshake", () => {
  assert.equal(hex(simpleShared()), ECDHE);
  const early = earlySecret(NO_PSK);
  assert.equal(hex(early), "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
  const { handshake, transcript, secrets } = simpleHandshake();
  assert.equal(
    hex(transcript.hash()),
    "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8",
  );
  assert.equal(
    hex(handshake),
    "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac",
  );
  assert.equal(
    hex(secrets.client),
    "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
  );
  assert.equal(
    hex(secrets.server),
    "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
  );
});

Deno.test("RFC 8448 §3: keys and IVs of the handshake", () => {
  const { secrets } = simpleHandshake();
  assert.deepEqual(keysOf(secrets.server), [
    "3fce516009c21727d0f2e4e86ee403bc",
    "5d313eb2671276ee13000b30",
  ]);
  assert.deepEqual(keysOf(secrets.client), [
    "dbfaa693d1762c5b666af5d950258d01",
    "5bd3c71b836e0b76bb73265f",
  ]);
});

Deno.test("RFC 8448 §3: Finished of both, and the secrets of application data", () => {
  const { handshake, transcript, secrets } = simpleHandshake();
  for (const name of ["encryptedExtensions", "certificate", "certificateVerify"] as const) {
    transcript.add(SIMPLE[name]);
  }
  const serverFinished = finishedMac(secrets.server, transcript.hash());
  assert.equal(hex(serverFinished), hex(SIMPLE.serverFinished.subarray(4)));
  transcript.add(SIMPLE.serverFinished);
  const clientFinished = finishedMac(secrets.client, transcript.hash());
  assert.equal(hex(clientFinished), hex(SIMPLE.clientFinished.subarray(4)));
  assert.equal(
    hex(masterSecret(handshake)),
    "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919",
  );
  const { client, server } = applicationSecrets(handshake, transcript.hash());
  assert.equal(hex(client), "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
  assert.equal(hex(server), "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
  assert.deepEqual(keysOf(server), [
    "9f02283b6c9c07efc26bb9f2ac92e356",
    "cf782b88dd83549aadf1e984",
  ]);
  assert.deepEqual(keysOf(client), [
    "17422dda596ed5d9acd890e3c63f5051",
    "5b78923dee08579033e523d9",
  ]);
});

Deno.test("RFC 8448 §3: the record of the client's Finished is opened and made", () => {
  const { secrets } = simpleHandshake();
  const opened = new RecordProtection(aes!, secrets.client).open(SIMPLE.clientFinishedRecord);
  assert.equal(opened?.type, 22);
  assert.equal(hex(opened.bytes), hex(SIMPLE.clientFinished));
  const record = new Uint8Array(SIMPLE.clientFinishedRecord.length);
  new RecordProtection(aes!, secrets.client).seal(record, 22, SIMPLE.clientFinished);
  assert.equal(hex(record), hex(SIMPLE.clientFinishedRecord));
});

Deno.test("RFC 8448 §4: the binder, and the ticket's key that it stands on", () => {
  const { handshake, transcript } = simpleHandshake();
  const { encryptedExtensions, certificate, certificateVerify } = SIMPLE;
  for (const message of [encryptedExtensions, certificate, certificateVerify]) {
    transcript.add(message);
  }
  transcript.add(SIMPLE.serverFinished);
  transcript.add(SIMPLE.clientFinished);
  const resumption = deriveSecret(masterSecret(handshake), "res master", transcript.hash());
  assert.equal(
    hex(resumption),
    "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c",
  );
  const psk = expandLabel(resumption, "resumption", new Uint8Array(2), 32);
  assert.equal(hex(psk), hex(RESUMED.psk));
  const early = earlySecret(psk);
  assert.equal(hex(early), "9b2188e9b2fc6d64d71dc329900e20bb41915000f678aa839cbb797cb7d8332c");
  const binderKey = deriveSecret(early, "res binder", new Transcript().hash());
  assert.equal(
    hex(binderKey),
    "69fe131a3bbad5d63c64eebcc30e395b9d8107726a13d074e389dbc8a4e47256",
  );
  const covered = RESUMED.clientHello.subarray(0, -BINDERS_BYTES);
  const hash = new Transcript().hashWith(covered);
  assert.equal(hex(hash), "63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
  assert.equal(hex(finishedMac(binderKey, hash)), hex(RESUMED.clientHello.subarray(-32)));
  // RFC 8446 §7.1: an external key cannot be passed off as a ticket's.
  assert.notEqual(hex(externalBinderKey(early)), hex(binderKey));
});

Deno.test("RFC 8448 §5: the transcript with a HelloRetryRequest, and the secrets after it", () => {
  const transcript = transcriptOf(RETRIED.firstClientHello);
  transcript.replaceByMessageHash();
  transcript.add(RETRIED.helloRetryRequest);
  transcript.add(RETRIED.secondClientHello);
  transcript.add(RETRIED.serverHello);
  assert.equal(
    hex(transcript.hash()),
    "8aa8e828ec2f8a884fec95a3139de01c15a3daa7ff5bfc3f4bfcc21b438d7bf8",
  );
  const handshake = handshakeSecret(earlySecret(NO_PSK), RETRIED.shared);
  assert.equal(
    hex(handshake),
    "ce022e5e6e81e50736d773f2d3adfce8220d049bf510f0dbfac927ef4243b148",
  );
  const { client, server } = handshakeSecrets(handshake, transcript.hash());
  assert.equal(hex(client), "158aa7ab8855073582b41d674b4055cabcc534728f659314861b4e08e2011566");
  assert.equal(hex(server), "3403e781e2af7b6508da28574f6e95a1abf162de83a97927c37672a4a0cef8a1");
});

Deno.test("RFC 8446 §5.3: each record has a nonce of its own", () => {
  const secret = new Uint8Array(32).fill(1);
  const sealed = (protection: RecordProtection) => {
    const record = new Uint8Array(5 + 3 + 1 + 16);
    protection.seal(record, 23, Uint8Array.of(1, 2, 3));
    return hex(record);
  };
  const one = new RecordProtection(aes!, secret);
  assert.equal(new Set([sealed(one), sealed(one), sealed(one)]).size, 3);
  assert.equal(one.records, 3);
});

Deno.test("MACs of another length are not the same", () => {
  const mac = new Uint8Array(32).fill(3);
  assert.equal(isSameMac(mac, mac.slice()), true);
  assert.equal(isSameMac(mac, mac.subarray(1)), false);
  assert.equal(isSameMac(mac, new Uint8Array(32)), false);
});
