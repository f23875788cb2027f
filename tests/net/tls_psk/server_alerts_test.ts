/** What a server receives, and which alert it sends. RFC 8446 §6.2 has the alerts' meanings. */
import assert from "node:assert/strict";
import { EXTENSION } from "../../../lib/net/tls_psk/extensions.ts";
import { groups } from "../../../lib/net/tls_psk/groups.ts";
import type { AlertName } from "../../../lib/net/tls_psk/mod.ts";
import { HANDSHAKE } from "../../../lib/net/tls_psk/handshake_message.ts";
import { CONTENT } from "../../../lib/net/tls_psk/record_protection.ts";
import { IDENTITY, KEY, newServer, outputs, seeded, written } from "./pair.ts";
import {
  type ClientHelloChanges,
  concat,
  type ExtensionChanges,
  failureOf,
  handshakeRecord,
  keyShareEntry,
  message,
  plainMessage,
  record,
  records,
  ScriptedClient,
  sent,
  uint16s,
  vector,
} from "./scripted_peer.ts";

const X25519 = 0x001d;
const P256 = 0x0017;
const P384 = 0x0018;

/** A point of P-256 in the form that §4.2.8.2 has no use for. */
const POINT: Uint8Array = groups(["P-256"])[0]!.generate(seeded(4)).publicKey;
const COMPRESSED: Uint8Array = concat(Uint8Array.of(2 + (POINT[64]! & 1)), POINT.subarray(1, 33));

function change(type: number, bytes: Uint8Array | undefined): { extensions: ExtensionChanges } {
  return { extensions: new Map([[type, bytes]]) };
}

function shareOf(group: number, length: number, fill = 9): { extensions: ExtensionChanges } {
  const entry = keyShareEntry(group, new Uint8Array(length).fill(fill));
  return change(EXTENSION.key_share, vector(2, entry));
}

const withoutPsk = { extensions: new Map([[EXTENSION.pre_shared_key, undefined]]) };

/** A ClientHello so changed, and the alert for it. */
const HELLOS: readonly [string, ClientHelloChanges, AlertName][] = [
  ["§4.1.2 no extensions, as of TLS 1.2", { isOld: true }, "protocol_version"],
  [
    "§4.2.1 no supported_versions",
    change(EXTENSION.supported_versions, undefined),
    "protocol_version",
  ],
  [
    "§4.2.1 supported_versions without TLS 1.3",
    change(EXTENSION.supported_versions, vector(1, uint16s(0x0303, 0x7f1c))),
    "protocol_version",
  ],
  ["§D.5 legacy_version of SSL 3.0", { legacyVersion: 0x0300 }, "protocol_version"],
  ["§4.1.2 compression", { compression: Uint8Array.of(0, 1) }, "illegal_parameter"],
  ["§4.1.2 compression other than null", { compression: Uint8Array.of(1) }, "illegal_parameter"],
  ["§4.1.1 no cipher suite in common", { suites: [0x1302, 0x00ff] }, "handshake_failure"],
  ["§4.1.2 no cipher suites", { suites: [] }, "decode_error"],
  ["§4.1.2 a session of 33 bytes", { sessionId: new Uint8Array(33) }, "decode_error"],
  [
    "§4.2 an extension twice",
    { last: [[EXTENSION.key_share, new Uint8Array(2)]] },
    "illegal_parameter",
  ],
  ["§4.2.11 pre_shared_key not last", { last: [[0x1234, new Uint8Array(0)]] }, "illegal_parameter"],
  ["§9.2 no pre_shared_key, no signature_algorithms", withoutPsk, "missing_extension"],
  [
    "§4.1.1 a client for certificates",
    {
      extensions: new Map([
        [EXTENSION.pre_shared_key, undefined],
        [EXTENSION.signature_algorithms, vector(2, uint16s(0x0403))],
      ]),
    },
    "handshake_failure",
  ],
  [
    "§4.2.9 no psk_key_exchange_modes",
    change(EXTENSION.psk_key_exchange_modes, undefined),
    "missing_extension",
  ],
  [
    "§4.2.9 psk_ke alone",
    change(EXTENSION.psk_key_exchange_modes, vector(1, new Uint8Array(1))),
    "handshake_failure",
  ],
  ["§9.2 no supported_groups", change(EXTENSION.supported_groups, undefined), "missing_extension"],
  ["§9.2 no key_share", change(EXTENSION.key_share, undefined), "missing_extension"],
  [
    "§4.2.7 no group in common",
    {
      extensions: new Map([
        [EXTENSION.supported_groups, vector(2, uint16s(P384))],
        [EXTENSION.key_share, vector(2, new Uint8Array(0))],
      ]),
    },
    "handshake_failure",
  ],
  [
    "§4.2.8 a share of a group that is not offered",
    change(EXTENSION.key_share, vector(2, keyShareEntry(P384, new Uint8Array(97)))),
    "illegal_parameter",
  ],
  [
    "§4.2.8 two shares of one group",
    change(
      EXTENSION.key_share,
      vector(2, concat(keyShareEntry(X25519, KEY), keyShareEntry(X25519, KEY))),
    ),
    "illegal_parameter",
  ],
  ["§4.2.8.2 X25519 of 31 bytes", shareOf(X25519, 31), "illegal_parameter"],
  ["§7.4.2 X25519 whose secret is zero", shareOf(X25519, 32, 0), "illegal_parameter"],
  ["§4.2.8.2 P-256 of 64 bytes", shareOf(P256, 64, 4), "illegal_parameter"],
  ["§4.2.8.2 P-256 off the curve", shareOf(P256, 65, 4), "illegal_parameter"],
  [
    "§4.2.8.2 P-256 compressed",
    change(EXTENSION.key_share, vector(2, keyShareEntry(P256, COMPRESSED))),
    "illegal_parameter",
  ],
  [
    "RFC 7301 §3.2 no ALPN",
    change(EXTENSION.application_layer_protocol_negotiation, undefined),
    "no_application_protocol",
  ],
  [
    "RFC 7301 §3.2 another protocol",
    change(
      EXTENSION.application_layer_protocol_negotiation,
      vector(2, vector(1, new TextEncoder().encode("asa"))),
    ),
    "no_application_protocol",
  ],
  [
    "RFC 7301 §3.1 a name without characters",
    change(EXTENSION.application_layer_protocol_negotiation, vector(2, uint16s(0))),
    "decode_error",
  ],
  ["§4.2.11 more binders than identities", { binders: [KEY, KEY] }, "illegal_parameter"],
  [
    "§4.2.11 fewer binders than identities",
    { identities: [IDENTITY, IDENTITY], binders: [KEY] },
    "illegal_parameter",
  ],
  ["§4.2.11 a wrong binder", { binders: [KEY] }, "decrypt_error"],
  ["§4.2.11.2 a binder of another hash", { binders: [new Uint8Array(48)] }, "decrypt_error"],
  ["§4.2.11 a binder of 31 bytes", { binders: [new Uint8Array(31)] }, "decode_error"],
  ["§4.2.11 an identity without bytes", { identities: [new Uint8Array(0)] }, "decode_error"],
  [
    "§4.2 an extension that is too short",
    change(EXTENSION.supported_groups, Uint8Array.of(0, 9, 0)),
    "decode_error",
  ],
  [
    "§3 half a group",
    change(EXTENSION.supported_groups, vector(2, Uint8Array.of(0, 29, 0))),
    "decode_error",
  ],
  [
    "§4.2 bytes after an extension's end",
    change(EXTENSION.psk_key_exchange_modes, Uint8Array.of(1, 1, 0)),
    "decode_error",
  ],
  [
    "§4.2.2 a cookie that was not given",
    change(EXTENSION.cookie, vector(2, KEY)),
    "illegal_parameter",
  ],
];

for (const [name, changes, alert] of HELLOS) {
  Deno.test(`a server, ClientHello, RFC 8446 ${name}: ${alert}`, () => {
    const server = newServer();
    server.receive(handshakeRecord(new ScriptedClient().hello(changes)));
    const { failure, written } = failureOf(server);
    assert.ok(failure);
    assert.deepEqual({ alert: failure.alert, sent: failure.sent }, sent(alert), failure.detail);
    // §6.2: the alert is all that was written, plain, as there are no keys.
    assert.equal(written.length, 1);
    assert.equal(written[0]!.length, 7);
    server.receive(handshakeRecord(new ScriptedClient().hello()));
    assert.deepEqual(outputs(server), []);
  });
}

Deno.test("a server takes what a ClientHello may have besides, RFC 8446 §4.1.2 and §D.4", () => {
  const server = newServer();
  const client = new ScriptedClient();
  const hello = client.hello({
    legacyVersion: 0x0301,
    sessionId: new Uint8Array(32).fill(1),
    suites: [0x0a0a, 0x1301, 0x1303],
    extensions: new Map([
      [0x0a0a, new Uint8Array(0)],
      [EXTENSION.server_name, new Uint8Array(5)],
      [EXTENSION.padding, new Uint8Array(100)],
      [EXTENSION.signature_algorithms, vector(2, uint16s(0x0403))],
      [EXTENSION.psk_key_exchange_modes, vector(1, Uint8Array.of(0x2a, 0, 1))],
    ]),
  });
  server.receive(record(CONTENT.handshake, hello, 0x0301));
  const flight = written(server);
  // The session is echoed, and change_cipher_spec follows the ServerHello.
  assert.deepEqual(flight.subarray(43, 76), vector(1, new Uint8Array(32).fill(1)));
  const after = 5 + (flight[3]! << 8 | flight[4]!);
  assert.deepEqual(flight.subarray(after, after + 6), Uint8Array.of(20, 3, 3, 0, 1, 1));
  client.takeFlight(flight);
  server.receive(Uint8Array.of(20, 3, 3, 0, 1, 1));
  server.receive(client.seal(CONTENT.handshake, client.finished()));
  assert.deepEqual(outputs(server).map(({ type }) => type), ["established"]);
});

Deno.test("a server, RFC 8446 §D.4: change_cipher_spec once, and only for a named session", () => {
  const types = (flight: Uint8Array) => records(flight).map(([type]) => type);
  const { change_cipher_spec, handshake, application_data } = CONTENT;
  const plain = newServer();
  plain.receive(handshakeRecord(new ScriptedClient().hello()));
  assert.deepEqual(types(written(plain)), [handshake, application_data]);
  const server = newServer({ groups: ["P-256"] });
  const client = new ScriptedClient();
  const sessionId = new Uint8Array(1);
  server.receive(handshakeRecord(client.hello({ sessionId })));
  const retry = written(server);
  assert.deepEqual(types(retry), [handshake, change_cipher_spec]);
  client.retried(retry);
  server.receive(handshakeRecord(client.hello({ sessionId, group: "P-256" })));
  assert.deepEqual(types(written(server)), [handshake, application_data]);
});

/** A second ClientHello so changed, after a first one that was asked for P-256. */
const SECOND_HELLOS: readonly [string, ClientHelloChanges, ClientHelloChanges, AlertName][] = [
  ["§4.1.2 another random", {}, { random: KEY }, "illegal_parameter"],
  ["§4.1.2 another session", {}, { sessionId: KEY }, "illegal_parameter"],
  ["§4.1.2 other cipher suites", {}, { suites: [0x1303, 0x1301] }, "illegal_parameter"],
  ["§4.1.2 another legacy_version", {}, { legacyVersion: 0x0302 }, "illegal_parameter"],
  ["§4.1.2 one more extension", {}, change(0x1234, KEY), "illegal_parameter"],
  ["§4.1.2 one extension fewer", change(0x1234, KEY), {}, "illegal_parameter"],
  ["§4.1.2 another content", change(0x1234, KEY), change(0x1234, IDENTITY), "illegal_parameter"],
  [
    "§4.2.10 early data again",
    change(EXTENSION.early_data, new Uint8Array(0)),
    change(EXTENSION.early_data, new Uint8Array(0)),
    "illegal_parameter",
  ],
  ["§4.1.4 no share of the group", {}, { group: "X25519" }, "illegal_parameter"],
  [
    "§4.2.8 more shares than asked for",
    {},
    change(
      EXTENSION.key_share,
      vector(
        2,
        concat(keyShareEntry(P256, new Uint8Array(65).fill(4)), keyShareEntry(X25519, KEY)),
      ),
    ),
    "illegal_parameter",
  ],
  ["§4.2.11.2 a binder without the transcript", {}, { binders: [KEY] }, "decrypt_error"],
  [
    "§4.2.2 a cookie that was not given",
    {},
    change(EXTENSION.cookie, vector(2, KEY)),
    "illegal_parameter",
  ],
];

for (const [name, first, second, alert] of SECOND_HELLOS) {
  Deno.test(`a server, second ClientHello, RFC 8446 ${name}: ${alert}`, () => {
    const server = newServer({ groups: ["P-256"] });
    const client = new ScriptedClient();
    server.receive(handshakeRecord(client.hello(first)));
    client.retried(written(server));
    server.receive(handshakeRecord(client.hello({ group: "P-256", ...second })));
    const { failure } = failureOf(server);
    assert.ok(failure);
    assert.deepEqual({ alert: failure.alert, sent: failure.sent }, sent(alert), failure.detail);
  });
}

Deno.test("a server, second ClientHello, RFC 8446 §4.1.2: what may change", () => {
  const server = newServer({ groups: ["P-256"] });
  const client = new ScriptedClient();
  const padding = (length: number) => change(EXTENSION.padding, new Uint8Array(length));
  const unknown = new TextEncoder().encode("unknown");
  server.receive(handshakeRecord(client.hello({ ...padding(9), identities: [unknown, IDENTITY] })));
  client.retried(written(server));
  server.receive(handshakeRecord(client.hello({ ...padding(3), group: "P-256" })));
  client.takeFlight(written(server));
  server.receive(client.seal(CONTENT.handshake, client.finished()));
  assert.deepEqual(outputs(server).map(({ type }) => type), ["established"]);
});

Deno.test("a server, second ClientHello, RFC 8446 §4.1.4: a share of another group of ours", () => {
  const server = newServer();
  const client = new ScriptedClient();
  const offered = vector(2, uint16s(P384, X25519, P256));
  const first = vector(2, keyShareEntry(P384, new Uint8Array(97)));
  server.receive(handshakeRecord(client.hello({
    extensions: new Map([[EXTENSION.supported_groups, offered], [EXTENSION.key_share, first]]),
  })));
  // X25519 is asked for.
  client.retried(written(server));
  const second = client.hello({ ...change(EXTENSION.supported_groups, offered), group: "P-256" });
  server.receive(handshakeRecord(second));
  const { failure } = failureOf(server);
  assert.deepEqual([failure?.alert, failure?.sent], ["illegal_parameter", true]);
});

Deno.test("a server, RFC 8446 §4.2.11: the first identity that is known is taken", () => {
  const other = new TextEncoder().encode("other");
  const server = newServer({ lookup: (identity) => identity.length > 1 ? KEY : undefined });
  const client = new ScriptedClient();
  const identities = [new Uint8Array(1), IDENTITY, other];
  server.receive(handshakeRecord(client.hello({ identities })));
  const flight = written(server);
  // selected_identity is the end of the ServerHello.
  assert.deepEqual(plainMessage(flight).subarray(-6), uint16s(EXTENSION.pre_shared_key, 2, 1));
  client.takeFlight(flight);
  server.receive(client.seal(CONTENT.handshake, client.finished()));
  const [established] = outputs(server);
  assert.deepEqual(established?.type === "established" && established.identity, IDENTITY);
});

/** What comes in place of the client's Finished. */
const FINISHED: readonly [string, (client: ScriptedClient) => Uint8Array, AlertName][] = [
  [
    "§4.4.4 another verify_data",
    (client) => client.seal(CONTENT.handshake, message(HANDSHAKE.finished, new Uint8Array(32))),
    "decrypt_error",
  ],
  [
    "§4.4.4 a verify_data of 31 bytes",
    (client) => client.seal(CONTENT.handshake, message(HANDSHAKE.finished, new Uint8Array(31))),
    "decode_error",
  ],
  [
    "§4.5 EndOfEarlyData",
    (client) => client.seal(CONTENT.handshake, message(HANDSHAKE.end_of_early_data, KEY)),
    "unexpected_message",
  ],
  [
    "§4.6.3 a KeyUpdate",
    (client) => client.seal(CONTENT.handshake, message(HANDSHAKE.key_update, new Uint8Array(1))),
    "unexpected_message",
  ],
  [
    "§5 application data",
    (client) => client.seal(CONTENT.application_data, KEY),
    "unexpected_message",
  ],
  [
    "§5.1 more in the Finished's record",
    (client) => client.seal(CONTENT.handshake, concat(client.finished(), new Uint8Array(1))),
    "unexpected_message",
  ],
  [
    "§5 a Finished that is not protected",
    (client) => handshakeRecord(client.finished()),
    "unexpected_message",
  ],
  [
    "§5.2 a record of nobody",
    () => record(CONTENT.application_data, new Uint8Array(40)),
    "bad_record_mac",
  ],
  [
    "§4 a ClientHello",
    (client) => client.seal(CONTENT.handshake, client.hello()),
    "unexpected_message",
  ],
];

for (const [name, made, alert] of FINISHED) {
  Deno.test(`a server, in place of Finished, RFC 8446 ${name}: ${alert}`, () => {
    const server = newServer();
    const client = new ScriptedClient();
    server.receive(handshakeRecord(client.hello()));
    client.takeFlight(written(server));
    server.receive(made(client));
    const { failure, written: [answer] } = failureOf(server);
    assert.ok(failure && answer);
    assert.deepEqual({ alert: failure.alert, sent: failure.sent }, sent(alert), failure.detail);
    // The alert is under the keys of application data, to which the server has changed.
    assert.equal(client.open(answer).type, CONTENT.alert);
  });
}

Deno.test("a server, RFC 8446 §6: a plain alert in place of Finished is told, not answered", () => {
  const server = newServer();
  const client = new ScriptedClient();
  server.receive(handshakeRecord(client.hello()));
  written(server);
  server.receive(record(CONTENT.alert, Uint8Array.of(2, 47)));
  assert.deepEqual(failureOf(server), {
    failure: { alert: "illegal_parameter", sent: false, detail: "the peer sent alert 47" },
    written: [],
  });
});

/** What comes before any ClientHello. */
const FIRST: readonly [string, Uint8Array, AlertName][] = [
  ["§4 another handshake message", handshakeRecord(message(2, KEY)), "unexpected_message"],
  ["§5 change_cipher_spec", record(20, Uint8Array.of(1)), "unexpected_message"],
  ["§5 application data", record(23, KEY), "unexpected_message"],
  ["§5.1 no handshake content", record(22, new Uint8Array(0)), "unexpected_message"],
  ["§5.1 a content type of none", record(24, KEY), "unexpected_message"],
  ["§5.1 no TLS at all", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), "unexpected_message"],
  ["§5.1 a record too long", Uint8Array.of(22, 3, 1, 0x40, 1), "record_overflow"],
  [
    "§4 bytes after a ClientHello's end",
    handshakeRecord(
      message(1, concat(new ScriptedClient().hello().subarray(4), new Uint8Array(1))),
    ),
    "decode_error",
  ],
  [
    "§5.1 more in the ClientHello's record",
    handshakeRecord(new ScriptedClient().hello(), new Uint8Array(1)),
    "unexpected_message",
  ],
];

for (const [name, bytes, alert] of FIRST) {
  Deno.test(`a server, first of all, RFC 8446 ${name}: ${alert}`, () => {
    const server = newServer();
    server.receive(bytes);
    const { failure } = failureOf(server);
    assert.ok(failure);
    assert.deepEqual({ alert: failure.alert, sent: failure.sent }, sent(alert), failure.detail);
  });
}
