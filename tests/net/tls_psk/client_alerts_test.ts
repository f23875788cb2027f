/** What a client receives, and which alert it sends. RFC 8446 §6.2 has the alerts' meanings. */
import assert from "node:assert/strict";
import { EXTENSION } from "../../../lib/net/tls_psk/extensions.ts";
import { groups } from "../../../lib/net/tls_psk/groups.ts";
import { HANDSHAKE } from "../../../lib/net/tls_psk/handshake_message.ts";
import type { AlertName, PskTls } from "../../../lib/net/tls_psk/mod.ts";
import { CONTENT } from "../../../lib/net/tls_psk/record_protection.ts";
import { dataOf, KEY, newClient, outputs, pattern, seeded, written } from "./pair.ts";
import {
  concat,
  type ExtensionChanges,
  failureOf,
  handshakeRecord,
  keyShareEntry,
  message,
  record,
  records,
  ScriptedServer,
  sent,
  type ServerHelloChanges,
  uint16s,
  vector,
} from "./scripted_peer.ts";

const P256 = 0x0017;
const ALPN = EXTENSION.application_layer_protocol_negotiation;
const NOTHING = new Uint8Array(0);
const SHARE: Uint8Array = groups(["X25519"])[0]!.generate(seeded(4)).publicKey;

function change(type: number, bytes: Uint8Array | undefined): { extensions: ExtensionChanges } {
  return { extensions: new Map([[type, bytes]]) };
}

function begin(): { client: PskTls; server: ScriptedServer } {
  const client = newClient();
  return { client, server: new ScriptedServer(written(client)) };
}

/** The one failure must be this, and all that is written its alert. */
function expectAlert(client: PskTls, alert: AlertName): Uint8Array {
  const { failure, written: writes } = failureOf(client);
  assert.ok(failure);
  assert.deepEqual({ alert: failure.alert, sent: failure.sent }, sent(alert), failure.detail);
  assert.equal(writes.length, 1);
  client.receive(record(CONTENT.handshake, KEY));
  assert.deepEqual(outputs(client), []);
  return writes[0]!;
}

/** A ServerHello so changed, and the alert for it. */
const HELLOS: readonly [string, ServerHelloChanges, AlertName][] = [
  [
    "§4.2.1 no supported_versions",
    change(EXTENSION.supported_versions, undefined),
    "protocol_version",
  ],
  [
    "§4.2.1 a version that was not offered",
    change(EXTENSION.supported_versions, uint16s(0x0305)),
    "illegal_parameter",
  ],
  ["§4.1.3 another legacy_version", { legacyVersion: 0x0302 }, "illegal_parameter"],
  ["§4.1.3 a session", { sessionId: KEY }, "illegal_parameter"],
  ["§4.1.3 compression", { compression: 1 }, "illegal_parameter"],
  ["§4.1.3 a cipher suite that was not offered", { suite: 0x1302 }, "illegal_parameter"],
  ["§4.1.3 a cipher suite of TLS 1.2", { suite: 0xc02f }, "illegal_parameter"],
  ["§4.2 an extension that was not offered", change(0x1234, NOTHING), "unsupported_extension"],
  ["§4.2.2 a cookie in a ServerHello", change(EXTENSION.cookie, KEY), "unsupported_extension"],
  ["§4.2 ALPN in a ServerHello", change(ALPN, KEY), "illegal_parameter"],
  [
    "§4.2 supported_groups in a ServerHello",
    change(EXTENSION.supported_groups, KEY),
    "illegal_parameter",
  ],
  ["§4.2.11 no pre_shared_key", change(EXTENSION.pre_shared_key, undefined), "missing_extension"],
  ["§4.2.9 no key_share", change(EXTENSION.key_share, undefined), "missing_extension"],
  [
    "§4.2.11 an identity that was not offered",
    change(EXTENSION.pre_shared_key, uint16s(1)),
    "illegal_parameter",
  ],
  [
    "§4.2.11 pre_shared_key of 3 bytes",
    change(EXTENSION.pre_shared_key, new Uint8Array(3)),
    "decode_error",
  ],
  [
    "§4.2.8 a share of a group of which none was sent",
    change(EXTENSION.key_share, keyShareEntry(P256, new Uint8Array(65))),
    "illegal_parameter",
  ],
  [
    "§4.2.8 a good share of X25519 by another group's name",
    change(EXTENSION.key_share, keyShareEntry(P256, SHARE)),
    "illegal_parameter",
  ],
  [
    "§7.4.2 X25519 whose secret is zero",
    change(EXTENSION.key_share, keyShareEntry(0x001d, new Uint8Array(32))),
    "illegal_parameter",
  ],
  [
    "§4.2.8.2 X25519 of 33 bytes",
    change(EXTENSION.key_share, keyShareEntry(0x001d, new Uint8Array(33))),
    "illegal_parameter",
  ],
  ["§4.2.8 a share cut short", change(EXTENSION.key_share, uint16s(0x001d, 32, 0)), "decode_error"],
];

for (const [name, changes, alert] of HELLOS) {
  Deno.test(`a client, ServerHello, RFC 8446 ${name}: ${alert}`, () => {
    const { client, server } = begin();
    client.receive(handshakeRecord(server.hello(changes)));
    assert.equal(expectAlert(client, alert).length, 7);
  });
}

/** What comes in place of a ServerHello. */
const FIRST: readonly [string, (server: ScriptedServer) => Uint8Array, AlertName][] = [
  ["§4 a ClientHello", () => handshakeRecord(message(1, KEY)), "unexpected_message"],
  ["§4 EncryptedExtensions", () => handshakeRecord(message(8, uint16s(0))), "unexpected_message"],
  ["§5 application data", () => record(CONTENT.application_data, KEY), "unexpected_message"],
  ["§5.1 no content", () => record(CONTENT.handshake, NOTHING), "unexpected_message"],
  ["§5.1 no records", () => pattern(64).fill(0x61), "unexpected_message"],
  ["§5.1 a record too long", () => Uint8Array.of(22, 3, 3, 0x40, 1), "record_overflow"],
  ["§5.2 a record too long", () => Uint8Array.of(23, 3, 3, 0x41, 1), "record_overflow"],
  ["§4.1.3 a hello cut short", () => handshakeRecord(message(2, KEY)), "decode_error"],
  ["§5 change_cipher_spec of 2", () => record(20, Uint8Array.of(2)), "unexpected_message"],
  [
    "§5 change_cipher_spec of two bytes",
    () => record(20, Uint8Array.of(1, 1)),
    "unexpected_message",
  ],
  [
    "§5.1 more in the ServerHello's record",
    (server) => handshakeRecord(server.hello(), Uint8Array.of(8)),
    "unexpected_message",
  ],
  [
    "§5.1 change_cipher_spec amid a message",
    (server) =>
      concat(handshakeRecord(server.hello().subarray(0, 9)), record(20, Uint8Array.of(1))),
    "unexpected_message",
  ],
  [
    "§6 an alert of three bytes",
    () => record(CONTENT.alert, Uint8Array.of(2, 40, 0)),
    "decode_error",
  ],
  ["§5.1 an alert of none", () => record(CONTENT.alert, NOTHING), "unexpected_message"],
];

for (const [name, made, alert] of FIRST) {
  Deno.test(`a client, first of all, RFC 8446 ${name}: ${alert}`, () => {
    const { client, server } = begin();
    client.receive(made(server));
    expectAlert(client, alert);
  });
}

/** A HelloRetryRequest so changed. */
const RETRIES: readonly [string, ServerHelloChanges, AlertName][] = [
  ["§4.1.4 of no change", change(EXTENSION.key_share, undefined), "illegal_parameter"],
  [
    "§4.2.8 of the group there is a share of",
    change(EXTENSION.key_share, uint16s(0x001d)),
    "illegal_parameter",
  ],
  [
    "§4.2.8 of a group that was not offered",
    change(EXTENSION.key_share, uint16s(0x0018)),
    "illegal_parameter",
  ],
  ["§4.1.4 a cipher suite that was not offered", { suite: 0x1302 }, "illegal_parameter"],
  ["§4.2 pre_shared_key", change(EXTENSION.pre_shared_key, uint16s(0)), "illegal_parameter"],
  ["§4.2 an extension that was not offered", change(0x1234, NOTHING), "unsupported_extension"],
  [
    "§4.2.1 no supported_versions",
    change(EXTENSION.supported_versions, undefined),
    "protocol_version",
  ],
  ["§4.1.4 a session", { sessionId: KEY }, "illegal_parameter"],
  ["§4.2.2 a cookie of none", change(EXTENSION.cookie, uint16s(0)), "decode_error"],
];

for (const [name, changes, alert] of RETRIES) {
  Deno.test(`a client, HelloRetryRequest, RFC 8446 ${name}: ${alert}`, () => {
    const { client, server } = begin();
    client.receive(handshakeRecord(server.retryRequest(changes)));
    expectAlert(client, alert);
  });
}

Deno.test("a client, RFC 8446 §4.1.4: a second HelloRetryRequest is an unexpected_message", () => {
  const { client, server } = begin();
  client.receive(handshakeRecord(server.retryRequest()));
  written(client);
  client.receive(handshakeRecord(server.retryRequest()));
  expectAlert(client, "unexpected_message");
});

Deno.test("a client, RFC 8446 §4.1.4: another cipher suite than the HelloRetryRequest's", () => {
  const { client, server } = begin();
  client.receive(handshakeRecord(server.retryRequest({ suite: 0x1301 })));
  server.takeSecondHello(written(client));
  client.receive(handshakeRecord(server.hello({ group: "P-256" })));
  expectAlert(client, "illegal_parameter");
});

Deno.test("a client, RFC 8446 §4.2.8: another group than the HelloRetryRequest's", () => {
  const { client, server } = begin();
  client.receive(handshakeRecord(server.retryRequest()));
  server.takeSecondHello(written(client));
  client.receive(handshakeRecord(server.hello({ group: "X25519" })));
  expectAlert(client, "illegal_parameter");
});

Deno.test("a client, RFC 8446 §4.2.2: a cookie is given back, in records of at most 2^14", () => {
  for (const length of [1, 70, 40_000]) {
    const cookie = vector(2, pattern(length));
    const client = newClient();
    const first = written(client);
    const server = new ScriptedServer(first);
    const request = server.retryRequest({
      extensions: new Map([[EXTENSION.cookie, cookie], [EXTENSION.key_share, undefined]]),
    });
    if (length > 16_000) {
      client.receive(handshakeRecord(request.subarray(0, 16_000)));
      client.receive(handshakeRecord(request.subarray(16_000, 32_000)));
      client.receive(handshakeRecord(request.subarray(32_000)));
      expectAlert(client, "illegal_parameter");
      continue;
    }
    client.receive(handshakeRecord(request));
    const second = written(client);
    assert.ok(records(second).every((each) => each.length <= 5 + 0x4000));
    server.takeSecondHello(second);
    const { extensions, random } = server.clientHello;
    assert.deepEqual(extensions.get(EXTENSION.cookie), cookie);
    const before = new ScriptedServer(first).clientHello;
    assert.deepEqual(random, before.random);
    // §4.1.2: without another group the share stays.
    assert.deepEqual(
      extensions.get(EXTENSION.key_share),
      before.extensions.get(EXTENSION.key_share),
    );
    client.receive(concat(
      handshakeRecord(server.hello()),
      server.seal(CONTENT.handshake, server.encryptedExtensions()),
      server.seal(CONTENT.handshake, server.finished()),
    ));
    assert.equal(outputs(client).at(-1)?.type, "established");
  }
});

type Made = (server: ScriptedServer) => Uint8Array;

function sealed(body: (server: ScriptedServer) => Uint8Array): Made {
  return (server) => server.seal(CONTENT.handshake, body(server));
}

/** What comes after a ServerHello. */
const SECOND: readonly [string, Made, AlertName][] = [
  [
    "§4.3.1 no ALPN",
    sealed((server) => {
      return server.encryptedExtensions(new Map([[ALPN, undefined]]));
    }),
    "no_application_protocol",
  ],
  [
    "RFC 7301 §3.1 another protocol",
    sealed((server) => {
      return server.encryptedExtensions(new Map([[ALPN, vector(2, vector(1, KEY))]]));
    }),
    "illegal_parameter",
  ],
  [
    "RFC 7301 §3.1 two protocols",
    sealed((server) => {
      const name = vector(1, new TextEncoder().encode("asap"));
      return server.encryptedExtensions(new Map([[ALPN, vector(2, concat(name, name))]]));
    }),
    "illegal_parameter",
  ],
  [
    "§4.2.10 early_data that was not offered",
    sealed((server) => {
      return server.encryptedExtensions(new Map([[EXTENSION.early_data, NOTHING]]));
    }),
    "unsupported_extension",
  ],
  [
    "§4.2 key_share",
    sealed((server) => {
      return server.encryptedExtensions(new Map([[EXTENSION.key_share, NOTHING]]));
    }),
    "illegal_parameter",
  ],
  [
    "§4.2 bytes after the end",
    sealed((server) => {
      return message(8, concat(server.encryptedExtensions().subarray(4), KEY));
    }),
    "decode_error",
  ],
  ["§4.3.2 CertificateRequest", sealed(() => message(13, KEY)), "unexpected_message"],
  ["§4.4.4 Finished at once", sealed((server) => server.finished()), "unexpected_message"],
  [
    "§4.4.2 Certificate in place of Finished",
    sealed((server) => {
      return concat(server.encryptedExtensions(), message(11, KEY));
    }),
    "unexpected_message",
  ],
  [
    "§4.4.4 another verify_data",
    sealed((server) => {
      return concat(server.encryptedExtensions(), message(20, KEY));
    }),
    "decrypt_error",
  ],
  [
    "§4.4.4 a verify_data of 48 bytes",
    sealed((server) => {
      return concat(server.encryptedExtensions(), message(20, new Uint8Array(48)));
    }),
    "decode_error",
  ],
  [
    "§5.1 more in the Finished's record",
    sealed((server) => {
      return concat(server.encryptedExtensions(), server.finished(), Uint8Array.of(4));
    }),
    "unexpected_message",
  ],
  ["§5 application data before Finished", (server) => {
    return server.seal(CONTENT.application_data, KEY);
  }, "unexpected_message"],
  ["§5 a message that is not protected", (server) => {
    return handshakeRecord(server.encryptedExtensions());
  }, "unexpected_message"],
  ["§5 change_cipher_spec that is protected", (server) => {
    return server.seal(CONTENT.change_cipher_spec, Uint8Array.of(1));
  }, "unexpected_message"],
  ["§5.2 an altered record", (server) => {
    const altered = server.seal(CONTENT.handshake, server.encryptedExtensions());
    altered[9]! ^= 1;
    return altered;
  }, "bad_record_mac"],
  ["§5.2 a record shorter than a tag", () => record(23, new Uint8Array(15)), "bad_record_mac"],
  ["§5.4 nothing but padding", (server) => server.seal(0, new Uint8Array(9)), "unexpected_message"],
  ["§5.4 no content at all", (server) => server.seal(0, NOTHING), "unexpected_message"],
  ["§5.4 a message without content", (server) => server.seal(22, NOTHING), "unexpected_message"],
  ["§5.4 an alert without content", (server) => server.seal(21, NOTHING), "unexpected_message"],
  ["§5.1 a protected unknown content", (server) => server.seal(24, KEY), "unexpected_message"],
  ["§5.4 an inner plaintext of 2^14 + 2", (server) => {
    return server.seal(CONTENT.handshake, new Uint8Array(0x4000 + 1));
  }, "record_overflow"],
];

for (const [name, made, alert] of SECOND) {
  Deno.test(`a client, after ServerHello, RFC 8446 ${name}: ${alert}`, () => {
    const { client, server } = begin();
    client.receive(handshakeRecord(server.hello()));
    assert.deepEqual(outputs(client), []);
    client.receive(made(server));
    // The alert is under the keys of the handshake.
    const { type, bytes } = server.open(expectAlert(client, alert));
    assert.equal(type, CONTENT.alert);
    assert.equal(bytes[0], 2);
  });
}

function established(): { client: PskTls; server: ScriptedServer } {
  const { client, server } = begin();
  const flight = [server.encryptedExtensions, server.finished];
  client.receive(handshakeRecord(server.hello()));
  for (const make of flight) client.receive(server.seal(CONTENT.handshake, make.call(server)));
  assert.equal(outputs(client).at(-1)?.type, "established");
  server.useApplicationKeys();
  return { client, server };
}

const TICKET: Uint8Array = message(
  HANDSHAKE.new_session_ticket,
  concat(new Uint8Array(8), vector(1, KEY), vector(2, KEY), vector(2, NOTHING)),
);

/** What comes after the handshake. */
const AFTER: readonly [string, Made, AlertName][] = [
  ["§4.6.3 request_update of 2", sealed(() => message(24, Uint8Array.of(2))), "illegal_parameter"],
  ["§4.6.3 a KeyUpdate of two bytes", sealed(() => message(24, uint16s(0))), "decode_error"],
  [
    "§5.1 more in the KeyUpdate's record",
    sealed(() => {
      return concat(message(24, new Uint8Array(1)), TICKET);
    }),
    "unexpected_message",
  ],
  ["§4.6.3 the old key after a KeyUpdate", (server) => {
    const update = server.seal(CONTENT.handshake, message(24, new Uint8Array(1)));
    return concat(update, server.seal(CONTENT.application_data, KEY));
  }, "bad_record_mac"],
  ["§4.6.2 CertificateRequest", sealed(() => message(13, KEY)), "unexpected_message"],
  ["§4 a ClientHello", sealed(() => message(1, KEY)), "unexpected_message"],
  ["§4.1.4 a HelloRetryRequest", sealed((server) => server.retryRequest()), "unexpected_message"],
  ["§4.4.4 a second Finished", sealed((server) => server.finished()), "unexpected_message"],
  ["§4.6.1 a ticket cut short", sealed(() => message(4, KEY)), "decode_error"],
  [
    "§4.6.1 a ticket of no bytes",
    sealed(() => {
      return message(4, concat(new Uint8Array(9), uint16s(0), uint16s(0)));
    }),
    "decode_error",
  ],
  ["§5.1 an unknown content", (server) => server.seal(24, KEY), "unexpected_message"],
  ["§5 a protected change_cipher_spec", (server) => {
    return server.seal(CONTENT.change_cipher_spec, Uint8Array.of(1));
  }, "unexpected_message"],
  ["§5 change_cipher_spec", () => record(20, Uint8Array.of(1)), "unexpected_message"],
  ["§5 a plain alert", () => record(21, Uint8Array.of(2, 40)), "unexpected_message"],
  ["§5.1 data amid a message", (server) => {
    const half = server.seal(CONTENT.handshake, TICKET.subarray(0, 9));
    return concat(half, server.seal(CONTENT.application_data, KEY));
  }, "unexpected_message"],
  ["§5.1 close_notify amid a message", (server) => {
    const half = server.seal(CONTENT.handshake, TICKET.subarray(0, 2));
    return concat(half, server.seal(CONTENT.alert, Uint8Array.of(1, 0)));
  }, "unexpected_message"],
  ["§5.2 a record twice", (server) => {
    // The ticket is read the first time; its second coming has another sequence number, §5.3.
    const once = server.seal(CONTENT.handshake, TICKET);
    return concat(once, once);
  }, "bad_record_mac"],
];

for (const [name, made, alert] of AFTER) {
  Deno.test(`a client, after the handshake, RFC 8446 ${name}: ${alert}`, () => {
    const { client, server } = established();
    client.receive(made(server));
    assert.equal(server.open(expectAlert(client, alert)).type, CONTENT.alert);
  });
}

Deno.test("a client, RFC 8446 §6: all alerts but two are the end, and not answered", () => {
  for (
    const [level, code, alert] of [
      [1, 40, "handshake_failure"],
      [2, 80, "internal_error"],
      [1, 116, "certificate_required"],
      [2, 200, "unrecognized"],
    ] as const
  ) {
    const { client, server } = established();
    client.receive(server.seal(CONTENT.alert, Uint8Array.of(level, code)));
    const detail = `the peer sent alert ${code}`;
    assert.deepEqual(outputs(client), [{
      type: "failed",
      failure: { alert, sent: false, detail },
    }]);
  }
});

Deno.test("a client takes what may come: tickets in parts, padding, change_cipher_spec", () => {
  const { client, server } = begin();
  const once = record(20, Uint8Array.of(1));
  client.receive(once);
  client.receive(handshakeRecord(server.hello()));
  client.receive(once);
  client.receive(server.seal(
    CONTENT.handshake,
    server.encryptedExtensions(
      new Map([[EXTENSION.supported_groups, vector(2, uint16s(P256, 0x001d))]]),
    ),
    300,
  ));
  client.receive(once);
  client.receive(server.seal(CONTENT.handshake, server.finished(), 1));
  server.useApplicationKeys();
  client.receive(server.seal(CONTENT.handshake, TICKET.subarray(0, 20)));
  client.receive(server.seal(CONTENT.handshake, concat(TICKET.subarray(20), TICKET), 7));
  client.receive(server.seal(CONTENT.application_data, pattern(0x4000)));
  client.receive(server.seal(CONTENT.application_data, pattern(3), 0x4000 - 3));
  client.receive(server.seal(CONTENT.handshake, message(24, new Uint8Array(1))));
  server.updateKey();
  client.receive(server.seal(CONTENT.application_data, pattern(5)));
  client.receive(server.seal(CONTENT.alert, Uint8Array.of(1, 90)));
  client.receive(server.seal(CONTENT.alert, Uint8Array.of(1, 0)));
  const told = outputs(client);
  assert.deepEqual(dataOf(told), [...pattern(0x4000), ...pattern(3), ...pattern(5)]);
  assert.deepEqual(told.at(-1), { type: "closed" });
});
