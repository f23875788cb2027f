/**
 * The JSON Schema of the configuration file, for editors: from the same tables of options that the
 * program reads. It is a little more generous than that, as it knows no addresses.
 */

import { HTTP, HTTP_KEYS, type Sections, SECURITY } from "../config.ts";
import { longName, type Option, type OptionTable } from "../option.ts";
import { CLIENT_OPTIONS, SHARED_OPTIONS } from "../options.ts";
import { securityJsonSchema } from "./security_schema.ts";

/** A JSON Schema, as far as this one goes. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where the schema is published. */
const ID = "https://rserpool.example.org/rserpool.schema.json";

const DURATION: JsonSchema = {
  type: "string",
  pattern: "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$",
};
/** Values that YAML may take for something else than text: 3863, 0x10, true. */
const SCALAR = ["string", "number", "boolean"];

/** The schema of the whole file. */
export function configurationSchema(sections: Sections): JsonSchema {
  const { config: _, ...top } = SHARED_OPTIONS;
  const properties: Record<string, JsonSchema> = propertiesOf(top);
  const { registrar: addresses } = properties;
  properties.client = sectionOf("Options of all clients of registrars.", CLIENT_OPTIONS);
  for (const [name, table] of Object.entries(sections)) {
    properties[name] = sectionOf(`Options of \`rserpool ${name}\`.`, table);
  }
  // Both a shared option and a command: a mapping is the command's section.
  properties.registrar = { anyOf: [addresses!, properties.registrar!] };
  properties[HTTP] = httpSection(sections);
  properties[SECURITY] = securityJsonSchema();
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: ID,
    title: "The configuration file of rserpool",
    type: "object",
    additionalProperties: false,
    properties,
  };
}

function httpSection(sections: Sections): JsonSchema {
  const own = Object.values(sections.registrar ?? {}).flatMap((option) => {
    const key = HTTP_KEYS[longName(option)];
    return key === undefined ? [] : [[key, propertyOf(option)] as const];
  });
  return {
    description: "--http of registrar, register, proxy and dns; their own sections count more.",
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(own),
  };
}

function sectionOf(description: string, table: OptionTable): JsonSchema {
  return {
    description,
    type: "object",
    additionalProperties: false,
    properties: propertiesOf(table),
  };
}

function propertiesOf(table: OptionTable): Record<string, JsonSchema> {
  const options: Option<unknown>[] = Object.values(table);
  return Object.fromEntries(options.map((option) => [longName(option), propertyOf(option)]));
}

function propertyOf(option: Option<unknown>): JsonSchema {
  const { description, fallbackText, kind } = option;
  const words = fallbackText === undefined ? description : `${description} (${fallbackText})`;
  const scalar = scalarOf(option);
  if (kind !== "list") return { description: words, ...scalar };
  return { description: words, anyOf: [scalar, { type: "array", items: scalar }] };
}

function scalarOf({ kind, choices, flags }: Option<unknown>): JsonSchema {
  if (kind === "flag") return { type: "boolean" };
  if (kind === "count") return { type: "integer", minimum: 0, maximum: 9 };
  if (choices !== undefined) return { enum: choices };
  if (/<DURATION>/.test(flags)) return DURATION;
  if (/<N>/.test(flags)) return { type: ["integer", "string"], pattern: "^[0-9]+$" };
  return { type: SCALAR };
}
