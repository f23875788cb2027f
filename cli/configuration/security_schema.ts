/** The part of the JSON Schema about the section `security:`. docs/security.md. */

import type { JsonSchema } from "./json_schema.ts";

const TEXT: JsonSchema = { type: "string", minLength: 1 };
const NAMES: JsonSchema = { anyOf: [TEXT, { type: "array", items: TEXT, minItems: 1 }] };

const IDENTITY: Readonly<Record<string, JsonSchema>> = {
  certificate: { description: "names in certificates; * stands for one label", ...NAMES },
  psk: { description: "identities of pre-shared keys", ...NAMES },
  name: { description: "who this is, in the owner of its elements", ...TEXT },
  register: { description: "pools in which it may register", ...NAMES },
  addresses: { description: "addresses that it may register, as 192.0.2.0/24", ...NAMES },
  registrar: { description: "whether it is another registrar", type: "boolean" },
  read: { description: "pools that it may resolve", ...NAMES },
  operate: { description: "whether it may see everything", type: "boolean" },
};

const RATES: readonly string[] = [
  "registrations-per-second",
  "resolutions-per-second",
  "reports-per-second",
  "connections-per-second",
  "handshakes-per-second",
  "burst-seconds",
];

/** The section. */
export function securityJsonSchema(): JsonSchema {
  const rate = { type: "number", exclusiveMinimum: 0 };
  return section("Who may do what at a registrar; with it, the registrar is a secured one.", {
    read: {
      description: "pools that whoever trusts the registrar may resolve, or everyone for all",
      ...NAMES,
    },
    "allow-insecure-resolution": {
      description: "whether pool users without TLS may resolve",
      type: "boolean",
    },
    identities: { type: "array", items: section("Who, and what they may.", IDENTITY) },
    "psk-keys": { description: "the file with the keys that are accepted", ...TEXT },
    "psk-peers": {
      description: "the key for each registrar that is dialled, by HOST:PORT",
      type: "object",
      additionalProperties: {
        ...section("An identity, and the file with its key.", { identity: TEXT, file: TEXT }),
        required: ["identity", "file"],
      },
    },
    rates: section(
      "How often one identity or address may ask.",
      Object.fromEntries(RATES.map((name) => [name, rate])),
    ),
  });
}

function section(description: string, properties: Readonly<Record<string, JsonSchema>>) {
  return { description, type: "object", additionalProperties: false, properties };
}
