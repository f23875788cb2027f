/**
 * The section `security:` of the configuration file: who may do what at a registrar, and its
 * pre-shared keys. docs/security.md; RFC 5355 §2.
 */

import * as v from "valibot";
import { parseAddressRange } from "../mod.ts";
import { formatAddress, parseWrittenAddress } from "./address.ts";
import type { Permission, Proof, Rates } from "./api.ts";
import { besideFile } from "./credential_files.ts";
import { closest } from "./did_you_mean.ts";
import { parsePskIdentity } from "./psk_file.ts";

/** What the section says; paths are those of files as they can be opened. */
export interface SecuritySection {
  /** `file:line:column`. */
  readonly where: string;
  readonly identities: readonly Permission[];
  /** Pools that everybody over TLS may resolve. */
  readonly read: readonly string[] | undefined;
  readonly allowInsecureResolution: boolean;
  readonly rates: Partial<Rates> | undefined;
  readonly pskKeys: string | undefined;
  /** By the address that is dialled, `HOST:PORT`. */
  readonly pskPeers: ReadonlyMap<string, PskPeer>;
}

/** The key for one peer, and where. */
export interface PskPeer {
  readonly identity: string;
  readonly file: string;
}

/** Characters of a pattern, and of a name. */
const MAX_PATTERN_LENGTH = 255;
/** Entries of a list. */
const MAX_ENTRIES = 10_000;
/** The most that a rate can be, and the longest time that a burst can count for. */
const MAX_RATE = 1_000_000;
const MAX_BURST_SECONDS = 3_600;
/** The port of ENRP over TLS with pre-shared keys where none is given; our own. */
const PSK_ENRP_PORT = 19_902;

/** Names of pools and identities have no characters that cannot be seen. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A text that can be read as something; what is wrong with it is the issue. */
function text<T>(read: (text: string) => T) {
  return v.pipe(
    v.unknown(),
    v.check((value) => ["string", "number", "boolean"].includes(typeof value), SINGLE),
    v.transform(String),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return read(dataset.value);
      } catch (error) {
        addIssue({ message: (error as Error).message });
        return NEVER;
      }
    }),
  );
}

/** What stands for every pool in the place of a list. */
const EVERYONE = "everyone";
/** What people write who want it; in a list it is a pool's name, as any other word. */
const MISTAKEN_ALL = /^(all|any|anyone|anybody|every|everybody|everything|true|yes|on)$/i;
/** A word that is shorter is not taken for a mistyped one. */
const SHORTEST_MISTYPED = 6;

/** Silently taken for the name of a pool, it would leave everybody locked out. */
function refuseMistakenAll(right: string) {
  const isMistaken = (value: unknown) => {
    const word = String(value);
    const isMistyped = word.length >= SHORTEST_MISTYPED && closest(word, [EVERYONE]) !== undefined;
    return !Array.isArray(value) && (MISTAKEN_ALL.test(word) || isMistyped);
  };
  return v.check(
    (value) => !isMistaken(value),
    ({ input }) => {
      const shown = JSON.stringify(String(input));
      const written = right === EVERYONE ? right : JSON.stringify(right);
      return `for every pool write ${written}; for a pool of the name ${shown} write [${shown}]`;
    },
  );
}

const SINGLE = "this must be a single value";
const TRUTH = "this must be true or false";

/** One of them, or a list of them. */
function oneOrMore<T>(entry: v.GenericSchema<unknown, T>) {
  return v.pipe(
    v.unknown(),
    v.transform((value) => Array.isArray(value) ? value : [value]),
    v.array(entry),
    v.minLength(1, "this list is empty"),
    v.maxLength(MAX_ENTRIES, `this has more than ${MAX_ENTRIES} entries`),
  );
}

const pattern = text(parsePattern);
/** Patterns of pools; a word that wants to mean all of them must be the right one. */
const patterns = v.pipe(v.unknown(), refuseMistakenAll("*"), oneOrMore(pattern));
const path = text((path) => {
  if (path === "") throw new SyntaxError("the path is empty");
  return path;
});
/** Every pool by one word, as a pool of that name can stand in a list. */
const everyone = v.pipe(
  v.unknown(),
  v.transform((value) => value === EVERYONE ? "*" : value),
  refuseMistakenAll(EVERYONE),
  oneOrMore(pattern),
);

const IDENTITY = {
  certificate: v.optional(oneOrMore(text(parseCertificateName))),
  psk: v.optional(oneOrMore(text(parsePskIdentity))),
  name: v.optional(pattern),
  register: v.optional(patterns),
  addresses: v.optional(oneOrMore(text(parseAddressRange))),
  registrar: v.optional(v.boolean(TRUTH)),
  read: v.optional(patterns),
  operate: v.optional(v.boolean(TRUTH)),
};

const RATES = {
  "registrations-per-second": rate(MAX_RATE),
  "resolutions-per-second": rate(MAX_RATE),
  "reports-per-second": rate(MAX_RATE),
  "connections-per-second": rate(MAX_RATE),
  "handshakes-per-second": rate(MAX_RATE),
  "burst-seconds": rate(MAX_BURST_SECONDS),
};

const PEER = { identity: v.optional(text(parsePskIdentity)), file: v.optional(path) };

const SECTION = {
  read: v.optional(everyone),
  "allow-insecure-resolution": v.optional(v.boolean(TRUTH)),
  identities: v.optional(v.pipe(
    v.unknown(),
    v.check(Array.isArray, "this must be a list, each entry of it beginning with -"),
    v.array(v.pipe(
      mapping(IDENTITY),
      v.check(
        ({ certificate, psk }) => certificate !== undefined || psk !== undefined,
        "this says of nobody what it may: give certificate: NAME or psk: IDENTITY",
      ),
      v.check(
        ({ addresses, register }) => addresses === undefined || register !== undefined,
        "addresses mean something with register only",
      ),
    )),
    v.maxLength(MAX_ENTRIES, `this has more than ${MAX_ENTRIES} entries`),
  )),
  "psk-keys": v.optional(path),
  "psk-peers": v.optional(v.pipe(
    v.custom<Record<string, unknown>>(isMapping, "this must be a mapping: HOST:PORT to a key"),
    v.record(
      v.string(),
      v.pipe(
        mapping(PEER),
        v.check(({ identity }) => identity !== undefined, "this needs identity: NAME"),
        v.check(({ file }) => file !== undefined, "this needs file: FILE"),
      ),
    ),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const { value: input } = dataset;
      const known = new Map<string, string>();
      for (const [key, value] of Object.entries(input)) {
        const item = { type: "object" as const, origin: "key" as const, input, key, value };
        const report = (message: string) => addIssue({ message, path: [item] });
        try {
          const address = parsePeerAddress(key);
          const before = known.get(address);
          if (before !== undefined) report(`this is the same address as ${before}`);
          known.set(address, key);
        } catch (error) {
          report((error as Error).message);
        }
      }
    }),
  )),
  rates: v.optional(mapping(RATES)),
};

/** What the section must look like. */
export const securitySchema = mapping(SECTION);

/** The keys that there are at a place in the section, for whoever has mistyped one. */
export function securityKeysAt(path: readonly (string | number)[]): string[] {
  const [top] = path;
  if (top === undefined) return Object.keys(SECTION);
  if (top === "identities") return Object.keys(IDENTITY);
  return Object.keys(top === "rates" ? RATES : PEER);
}

/** What a section says that has been found right. */
export function readSection(data: unknown, file: string, where: string): SecuritySection {
  const section = v.parse(securitySchema, data);
  const peers = Object.entries(section["psk-peers"] ?? {}).map((
    [address, { identity, file: at }],
  ) => [parsePeerAddress(address), { identity: identity!, file: besideFile(file, at!) }] as const);
  const keys = section["psk-keys"];
  return {
    where,
    identities: (section.identities ?? []).map(permissionOf),
    read: section.read,
    allowInsecureResolution: section["allow-insecure-resolution"] ?? false,
    rates: section.rates && ratesOf(section.rates),
    pskKeys: keys === undefined ? undefined : besideFile(file, keys),
    pskPeers: new Map(peers),
  };
}

function permissionOf(
  { certificate = [], psk = [], ...rights }: v.InferOutput<
    v.ObjectSchema<typeof IDENTITY, undefined>
  >,
): Permission {
  const proofs: Proof[] = [
    ...certificate.map((name) => ({ kind: "certificate" as const, name })),
    ...psk.map((name) => ({ kind: "psk" as const, name })),
  ];
  return { proofs, ...rights };
}

function ratesOf(rates: Partial<Record<keyof typeof RATES, number | undefined>>): Partial<Rates> {
  const named = Object.entries(rates).filter(([, rate]) => rate !== undefined);
  const camel = (name: string) => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(named.map(([name, rate]) => [camel(name), rate]));
}

function mapping<const E extends v.ObjectEntries>(entries: E) {
  return v.pipe(
    v.custom<Record<string, unknown>>(isMapping, "this must be a mapping"),
    v.strictObject(entries),
  );
}

function isMapping(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rate(most: number) {
  const words = `this must be a number above 0, and at most ${most}`;
  return v.optional(v.pipe(
    v.number(words),
    v.check((value) => value > 0 && value <= most, words),
  ));
}

function parsePattern(text: string): string {
  if (text === "") throw new SyntaxError("the name is empty");
  if (INVISIBLE.test(text)) throw new SyntaxError("the name has a character that cannot be seen");
  if (text.length <= MAX_PATTERN_LENGTH) return text;
  throw new SyntaxError(`the name has more than ${MAX_PATTERN_LENGTH} characters`);
}

/** Names of hosts as certificates have them: in small letters, IDNA in its ASCII form. */
function parseCertificateName(text: string): string {
  const name = parsePattern(text);
  if (/[:/]/.test(name)) return name;
  if (/^[!-~]*$/.test(name)) return name.toLowerCase();
  const host = URL.parse(`http://${name}/`)?.hostname;
  if (host !== undefined) return host;
  throw new SyntaxError(`"${name}" is no name of a host`);
}

function parsePeerAddress(text: string): string {
  const { host, port = PSK_ENRP_PORT } = parseWrittenAddress(text);
  return formatAddress({ host, port });
}
