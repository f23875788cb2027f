/** Pool Member Selection Policies. RFC 5354 §3.8, RFC 5356, and rsplib's private ones. */

import type { Cursor } from "./cursor.ts";
import { type Field, type Fields, rest, u32, type ValueOf } from "./field.ts";
import { formatNumber } from "./hex.ts";
import {
  parameterOf,
  readField,
  readRecord,
  type Rows,
  rowsOf,
  viewRecord,
  writeRecord,
} from "./schema.ts";

const LOAD_MAX = 0xffffffff;
/** RFC 5356 knows policy types below this; rsplib's are above it. */
const FIRST_PRIVATE_TYPE = 0x80000000;

/** A policy: a row in the table below. */
interface PolicyDefinition<Name extends string, F extends Fields> {
  readonly name: Name;
  readonly type: number;
  readonly source: string;
  readonly fields: F;
  /** The fields as they are walked. */
  readonly rows: Rows;
}

function policy<const Name extends string, const F extends Fields>(
  name: Name,
  type: number,
  source: string,
  fields: F,
): PolicyDefinition<Name, F> {
  return { name, type, source, fields, rows: rowsOf(fields) };
}

const weight = u32("Weight");
const load = { ...u32("Load"), show: showLoad };
const degradation = { ...u32("Load Degradation"), show: showLoad };
const loadDpf = u32("Load Distance Penalty Factor");
const distance = u32("Distance");

/** All policies with a definition, in the order of their Policy Types. */
export const POLICIES = [
  policy("round-robin", 0x00000001, "RFC 5356 §4.1", {}),
  policy("weighted-round-robin", 0x00000002, "RFC 5356 §4.2", { weight }),
  policy("random", 0x00000003, "RFC 5356 §4.3", {}),
  policy("weighted-random", 0x00000004, "RFC 5356 §4.4", { weight }),
  policy("priority", 0x00000005, "RFC 5356 §4.5", { priority: u32("Priority") }),
  policy("least-used", 0x40000001, "RFC 5356 §5.1", { load }),
  policy("least-used-degradation", 0x40000002, "RFC 5356 §5.2", { load, degradation }),
  policy("priority-least-used", 0x40000003, "RFC 5356 §5.3", { load, degradation }),
  policy("randomized-least-used", 0x40000004, "RFC 5356 §5.4", { load }),
  policy("0xb0001001", 0xb0001001, "rsplib, RPLU", { load, degradation }),
  policy("0xb0001002", 0xb0001002, "rsplib, RLUD", { load, degradation }),
  policy("0xb0001003", 0xb0001003, "rsplib, PLUD", { load, degradation }),
  policy("0xb0001004", 0xb0001004, "rsplib, RPLUD", { load, degradation }),
  policy("0xb0002001", 0xb0002001, "rsplib, WRAND-DPF", {
    weight,
    weightDpf: u32("Weight Distance Penalty Factor"),
    distance,
  }),
  policy("0xb0002002", 0xb0002002, "rsplib, LU-DPF", { load, loadDpf, distance }),
  policy("0xb0002003", 0xb0002003, "rsplib, LUD-DPF", { load, degradation, loadDpf, distance }),
] as const;

type PolicyOf<P> = P extends PolicyDefinition<infer Name, infer F>
  ? { readonly name: Name } & ValueOf<F>
  : never;

/** A policy that has no definition here, kept as it came. */
export interface UnknownPolicy {
  /** Tells it from the policies that have a definition. */
  readonly name: "unknown";
  /** The 32-bit Policy Type. */
  readonly policyType: number;
  /** The policy-specific data. */
  readonly data: Uint8Array;
}

/**
 * A Pool Member Selection Policy with its values. RFC 5356; loads and degradations are raw 32-bit
 * values, 0xffffffff standing for 100 %. rsplib's private policies are named by their Policy Type.
 */
export type Policy = PolicyOf<typeof POLICIES[number]> | UnknownPolicy;

type Definition = PolicyDefinition<string, Fields>;
const byType = new Map<number, Definition>(POLICIES.map((each) => [each.type, each]));
const byName = new Map<string, Definition>(POLICIES.map((each) => [each.name, each]));

/** The definition of a policy that is not of an unknown type. */
function definitionOf(name: string): Definition {
  const definition = byName.get(name);
  if (definition === undefined) throw new TypeError(`Cannot encode policy "${name}": unknown name`);
  return definition;
}

/**
 * The 32-bit Policy Type. RFC 5356 §7.1.
 *
 * @example
 * ```ts
 * import { policyType } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(policyType({ name: "least-used", load: 0 }), 0x40000001);
 * ```
 */
export function policyType(policy: Policy): number {
  return policy.name === "unknown" ? policy.policyType : definitionOf(policy.name).type;
}

/** The name of a policy: as in RFC 5356 with hyphens, or its Policy Type. */
export function policyName(policy: Policy): string {
  return policy.name === "unknown" ? formatNumber(policy.policyType, 8) : policy.name;
}

/**
 * A load or degradation as a fraction from 0 to 1, to nine decimal places. RFC 5356 §5.
 *
 * @example
 * ```ts
 * import { loadFraction } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(loadFraction(0x40000000), 0.25);
 * assert.equal(loadFraction(0xffffffff), 1);
 * ```
 */
export function loadFraction(raw: number): number {
  return Math.round(raw / LOAD_MAX * 1e9) / 1e9;
}

function showLoad(raw: number): string {
  return `${formatNumber(raw, 8)} (${(100 * raw / LOAD_MAX).toFixed(2)} %)`;
}

function describeType(type: number): string {
  const definition = byType.get(type);
  if (definition === undefined) return "unknown";
  return type < FIRST_PRIVATE_TYPE ? definition.name : definition.source;
}

const typeField: Field<number> = {
  ...u32("Policy Type", "hex"),
  show: (type) => `${formatNumber(type, 8)} (${describeType(type)})`,
};
const dataField = rest("Policy-specific Data");

function readPolicy(cursor: Cursor): Policy {
  const type = readField(cursor, typeField);
  const definition = byType.get(type);
  if (definition === undefined) {
    return { name: "unknown", policyType: type, data: readField(cursor, dataField) };
  }
  return readRecord(cursor, definition.rows, { name: definition.name }) as unknown as Policy;
}

const policyField: Field<Policy> = {
  label: "Policy Type and Policy-specific Data",
  form: "32 bits, then as the Policy Type says",
  read: readPolicy,
  write(sink, value) {
    typeField.write(sink, policyType(value));
    if (value.name === "unknown") sink.bytes(value.data);
    else writeRecord(sink, definitionOf(value.name).rows, value);
  },
  view: viewPolicy,
};

/** Pool Member Selection Policy Parameter. RFC 5354 §3.8. */
export const PolicyParameter = parameterOf(
  "Pool Member Selection Policy",
  0x0008,
  "RFC 5354 §3.8",
  policyField,
);

/**
 * A policy as the command line's JSON shows it: fractions beside the raw values. It takes what
 * could be read of a policy as well.
 *
 * @example
 * ```ts
 * import { viewPolicy } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(viewPolicy({ name: "least-used", load: 0x40000000 }), {
 *   name: "least-used",
 *   load: 0.25,
 *   loadRaw: "0x40000000",
 * });
 * ```
 */
export function viewPolicy(policy: Policy): Record<string, unknown> {
  const view: Record<string, unknown> = { name: policyName(policy) };
  if (policy.name === "unknown") {
    view.data = dataField.view(policy.data);
    return view;
  }
  const { type, rows } = definitionOf(policy.name);
  if (type >= FIRST_PRIVATE_TYPE && isWhole(rows, policy)) view.data = privateData(rows, policy);
  for (const [key, value] of Object.entries(viewRecord(rows, policy))) {
    if (key !== "load" && key !== "degradation") {
      view[key] = value;
      continue;
    }
    view[key] = loadFraction(value as number);
    view[`${key}Raw`] = formatNumber(value as number, 8);
  }
  return view;
}

function isWhole(rows: Rows, policy: Policy): boolean {
  return rows.every(({ key }) => key in policy);
}

/** The policy-specific data of a private policy in hex, as scripts see it where it is unknown. */
function privateData(rows: Rows, policy: Policy): string {
  const record = policy as unknown as Record<string, number>;
  return rows.map(({ key }) => record[key]!.toString(16).padStart(8, "0")).join("");
}
