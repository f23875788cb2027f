/**
 * What the keys of the section `security:` mean, once for both the JSON Schema and the manual.
 * docs/security.md.
 */

import type { JsonSchema } from "./json_schema.ts";

/** A key, what stands behind it, and what it says. */
export interface SecurityKey {
  /** In the words of the manual. */
  readonly value: string;
  readonly meaning: string;
  /** Its schema, without the description. */
  readonly schema: JsonSchema;
}

/** Keys in the order in which they are told. */
export type SecurityKeys = Readonly<Record<string, SecurityKey>>;

const TEXT: JsonSchema = { type: "string", minLength: 1 };
const NAMES: JsonSchema = { anyOf: [TEXT, { type: "array", items: TEXT, minItems: 1 }] };

/** Keys of each entry of `identities`. */
export const IDENTITY_KEYS: SecurityKeys = {
  certificate: names("NAMES", "DNS names or URIs of certificates; * stands for any characters"),
  psk: names("NAMES", "identities of pre-shared keys; * stands for any characters"),
  name: text("NAME", "what it is called in logs, and as the owner of its elements"),
  register: names("PATTERNS", "pools in which it may register elements"),
  addresses: names("RANGES", "addresses that its elements may have, such as 192.0.2.0/24"),
  registrar: truth("whether it may be a peer"),
  read: names("PATTERNS", "pools that it may resolve, besides those that everybody may"),
  operate: truth("whether it may see peers and the whole handle table"),
};

/** Keys of each entry of `psk-peers`. */
export const PEER_KEYS: SecurityKeys = {
  identity: text("NAME", "the identity that is shown to that peer"),
  file: text("FILE", "the file with its key"),
};

/** Keys of `rates`. */
export const RATE_KEYS: SecurityKeys = {
  "registrations-per-second": rate("registrations of an identity or address"),
  "resolutions-per-second": rate("resolutions"),
  "reports-per-second": rate("reports of unreachable elements"),
  "connections-per-second": rate("connections of an address"),
  "handshakes-per-second": rate("TLS handshakes of an address"),
  "burst-seconds": rate("seconds whose requests may come at once"),
};

/** Keys of the section itself. */
export const SECURITY_KEYS: SecurityKeys = {
  read: names("PATTERNS | everyone", "pools that everybody over TLS may resolve"),
  "allow-insecure-resolution": truth(
    "whether pool users may resolve those without TLS, too; nothing else is ever allowed there",
  ),
  identities: {
    value: "LIST",
    meaning: "who may do what; of several entries that fit, the first counts",
    schema: { type: "array", items: mapping(IDENTITY_KEYS) },
  },
  "psk-keys": text(
    "FILE",
    "pre-shared keys that are accepted, a line IDENTITY:KEY each; mode 0600",
  ),
  "psk-peers": {
    value: "MAPPING",
    meaning: "HOST:PORT of a peer to the key by which it is dialled",
    schema: {
      type: "object",
      additionalProperties: { ...mapping(PEER_KEYS), required: Object.keys(PEER_KEYS) },
    },
  },
  rates: {
    value: "MAPPING",
    meaning: "how often one identity or address may ask",
    schema: mapping(RATE_KEYS),
  },
};

/** The part of the JSON Schema about the section. */
export function securityJsonSchema(): JsonSchema {
  const description = "Who may do what at a registrar; with it, the registrar is a secured one.";
  return { description, ...mapping(SECURITY_KEYS) };
}

function names(value: string, meaning: string): SecurityKey {
  return { value, meaning, schema: NAMES };
}

function text(value: string, meaning: string): SecurityKey {
  return { value, meaning, schema: TEXT };
}

function truth(meaning: string): SecurityKey {
  return { value: "true | false", meaning, schema: { type: "boolean" } };
}

function rate(meaning: string): SecurityKey {
  return { value: "NUMBER", meaning, schema: { type: "number", exclusiveMinimum: 0 } };
}

function mapping(keys: SecurityKeys): JsonSchema {
  const properties = Object.entries(keys).map(([name, { meaning, schema }]) => {
    return [name, { description: meaning, ...schema }] as const;
  });
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}
