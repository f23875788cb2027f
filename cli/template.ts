/** `--format TEMPLATE`: one line for each pool element, for scripts. */

import { bracketed } from "./address.ts";
import type { ClientApi, PoolElementValue } from "./api.ts";
import { didYouMean } from "./did_you_mean.ts";
import { addressesOf, portOf, protocolOf } from "./views.ts";

/** What a field shows of a pool element. */
type Field = (element: PoolElementValue, poolHandle: string, api: ClientApi) => string;

const FIELDS: Readonly<Record<string, Field>> = {
  pool: (_, poolHandle) => poolHandle,
  identifier: (element, _, api) => api.formatIdentifier(element.identifier),
  endpoint: (element) => {
    const [address] = addressesOf(element.transport);
    return address === undefined ? "" : `${bracketed(address)}:${portOf(element.transport)}`;
  },
  host: (element) => bracketed(addressesOf(element.transport)[0] ?? ""),
  address: (element) => addressesOf(element.transport)[0] ?? "",
  port: (element) => portOf(element.transport),
  protocol: (element) => protocolOf(element.transport),
  policy: (element, _, api) => api.policyName(element.policy),
  home: (element, _, api) => api.formatIdentifier(element.home),
};

/** The names of all fields, for the help. */
export const FIELD_NAMES: readonly string[] = Object.keys(FIELDS);

const ESCAPES: Readonly<Record<string, string>> = { "\\t": "\t", "\\n": "\n", "{{": "{" };
const PART = /\\[tn]|\{\{|\{[^{}]*\}|\{|[^\\{]+|\\/g;

/** A template that was read. */
export type Template = (element: PoolElementValue, poolHandle: string, api: ClientApi) => string;

/**
 * Reads a template.
 *
 * @throws {SyntaxError} if it has an unknown field, or one without its end.
 */
export function parseTemplate(text: string): Template {
  const parts = (text.match(PART) ?? []).map(parsePart);
  return (...about) =>
    parts.map((part) => typeof part === "string" ? part : part(...about)).join("");
}

function parsePart(part: string): string | Field {
  const escaped = ESCAPES[part];
  if (escaped !== undefined) return escaped;
  if (!part.startsWith("{")) return part;
  if (!part.endsWith("}")) {
    throw new SyntaxError(`a field has no end: "}" is missing; a brace itself is written {{`);
  }
  const name = part.slice(1, -1);
  const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (field !== undefined) return field;
  throw new SyntaxError(
    `unknown field "${part}"${didYouMean(name, FIELD_NAMES)}; the fields are ${
      FIELD_NAMES.map((each) => `{${each}}`).join(" ")
    }`,
  );
}
