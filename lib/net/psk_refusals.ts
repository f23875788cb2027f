/** Why a handshake with a pre-shared key has led to no connection, in words for people. */

import type { PskKey } from "./credentials.ts";
import type { PskConnection, TlsFailure } from "./psk_connection.ts";
import { quoted } from "./psk_keys.ts";
import type { Refusal } from "./securing.ts";
import type { TlsUse } from "./transport.ts";

/** What this side has ended a handshake for, besides what TLS says. */
export type Interruption = "timed-out" | "closed";

/** By these a server that has certificates alone refuses; others do so to an unknown identity. */
const NO_PSK: readonly string[] = ["missing_extension", "handshake_failure"];
/** By these a server refuses an identity or a key; which of them, ours does not tell. */
const KEY_REFUSED: readonly string[] = [
  "decrypt_error",
  "unknown_psk_identity",
  "illegal_parameter",
  "access_denied",
];

/** Identities that a server was asked for, and whether it knows them. */
export type Asked = ReadonlyMap<string, boolean>;

/**
 * Why a handshake has failed. `shown` is the key that a client has shown, or what a server was
 * asked for: it does not tell the other side which of them was wrong, but its own people.
 */
export function refusalOf(
  connection: PskConnection,
  use: TlsUse,
  shown: PskKey | Asked,
  interruption: Interruption | undefined,
): Refusal {
  if (interruption === "timed-out") {
    return { reason: "timed-out", why: "it is connected, but TLS was not finished in time" };
  }
  if (interruption === "closed") return { reason: "closed", why: "closed before it was secured" };
  const { isForeign, failure } = connection;
  if (isForeign) return { reason: "security", why: "no TLS is spoken there" };
  if (failure === undefined) {
    return { reason: "closed", why: "the other side closed it before it was secured" };
  }
  const why = "identity" in shown
    ? wordsOfClient(failure, use, shown)
    : wordsOfServer(failure, shown);
  return { reason: "security", why };
}

function wordsOfServer({ alert, sent, detail }: TlsFailure, asked: Asked): string {
  const [first] = asked.keys();
  if (!sent || alert !== "decrypt_error" || first === undefined) return detail;
  const known = [...asked].find(([, isKnown]) => isKnown);
  if (known) return `the key that was shown for identity ${quoted(known[0])} is another`;
  return `unknown identity ${quoted(first)}`;
}

function wordsOfClient(failure: TlsFailure, use: TlsUse, shown: PskKey): string {
  const { alert, sent, detail } = failure;
  const identity = quoted(shown.identity);
  if (alert === "protocol_version" || (sent && alert === "missing_extension")) {
    return "the server speaks no pre-shared-key TLS 1.3";
  }
  if (sent) return detail;
  if (NO_PSK.includes(alert)) {
    return `the server speaks no pre-shared-key TLS, or does not know the identity ${identity}`;
  }
  if (KEY_REFUSED.includes(alert)) {
    return `the key with identity ${identity} was refused: it is unknown there, or another key`;
  }
  if (alert === "no_application_protocol") return `the server does not speak "${use.protocol}"`;
  return detail;
}
