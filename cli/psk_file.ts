/**
 * Files of pre-shared keys: a line `IDENTITY:KEY` each, or one key alone. RFC 9257 §6: keys are
 * random, of 128 bits at least; what may be a password is refused, and so is a file that others can
 * read. No error ever holds a key, or text that might be one.
 */

import { EXIT, ExitError, UsageError } from "./exit.ts";
import { reasonOf } from "./failure.ts";
import { refuseSharedFile } from "./private_file.ts";
import type { World } from "./world.ts";

/** RFC 9257 §6: a key has at least 128 bits. The library has the same limit. */
export const MIN_PSK_KEY_BYTES = 16;
/** RFC 9257 §6.1.2 wants 64 bytes supported at least. The library has the same limit. */
export const MAX_PSK_NAME_BYTES = 64;
/** Bytes of a file of keys: room for about ten thousand. */
export const MAX_PSK_FILE_BYTES = 1 << 20;

/** What must not be in an identity that people write and read. */
const UNFIT_IN_IDENTITY = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A file of pre-shared keys that was read and found right. */
export interface PskFile {
  readonly path: string;
  /** Keys by identity, in the order of the file. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** The one key of a file whose only line has no identity. */
  readonly bare: Uint8Array | undefined;
}

/** A line of such a file: where it stands, and the parts of it. */
interface Line {
  readonly identity: string | undefined;
  readonly key: Uint8Array;
  /** `file:line:column`. */
  readonly where: string;
}

/**
 * Reads the text of a file of pre-shared keys. `#` begins a comment at the start of a line and
 * behind a key; the key is hex or base64.
 *
 * @throws {UsageError} with `file:line:column` of the first thing that is wrong.
 */
export function parsePskKeys(text: string, file: string): PskFile {
  const lines = text.replace(/^\ufeff/, "").split("\n").map((line, index) =>
    parseLine(line, `${file}:${index + 1}`)
  ).filter((line) => line !== undefined);
  const bare = lines.find(({ identity }) => identity === undefined);
  if (bare !== undefined) {
    if (lines.length === 1) return { path: file, keys: new Map(), bare: bare.key };
    throw new UsageError(
      `${bare.where}: a key without an identity must be the only one; write IDENTITY:KEY`,
    );
  }
  const known = new Map<string, Line>();
  for (const line of lines) {
    const before = known.get(line.identity!);
    if (before !== undefined) {
      throw new UsageError(`${line.where}: this identity stands already at ${before.where}`);
    }
    known.set(line.identity!, line);
  }
  const keys = new Map(lines.map(({ identity, key }) => [identity!, key]));
  return { path: file, keys, bare: undefined };
}

/**
 * Reads a file of pre-shared keys.
 *
 * @throws {UsageError} if it cannot be read, others can read it, or something in it is wrong.
 */
export async function readPskFile(
  world: Pick<World, "readFile" | "fileAccess">,
  path: string,
): Promise<PskFile> {
  let bytes: Uint8Array;
  try {
    refuseSharedFile(path, await world.fileAccess(path));
    bytes = await world.readFile(path, MAX_PSK_FILE_BYTES + 1);
  } catch (error) {
    if (error instanceof ExitError) throw error;
    throw new UsageError(`cannot read the pre-shared keys ${path}: ${reasonOf(error)}`);
  }
  if (bytes.length > MAX_PSK_FILE_BYTES) {
    throw new UsageError(`${path} is longer than ${MAX_PSK_FILE_BYTES} bytes`);
  }
  try {
    return parsePskKeys(new TextDecoder("utf-8", { fatal: true }).decode(bytes), path);
  } catch (error) {
    if (error instanceof ExitError) throw error;
    throw new UsageError(`${path} is not UTF-8 text`);
  } finally {
    bytes.fill(0);
  }
}

/**
 * The key that a file has for an identity: its line, or the key that stands there alone.
 *
 * @throws {ExitError} exit 2 if it has none.
 */
export function pskKeyOf(file: PskFile, identity: string): Uint8Array {
  const key = file.bare ?? file.keys.get(identity);
  if (key !== undefined) return key;
  throw new ExitError(EXIT.usage, `${file.path} has no key for the identity "${identity}"`);
}

/**
 * An identity as people may write it. What is wrong is told without the text: where somebody has
 * swapped the two sides of the colon, it is a key.
 *
 * @throws {SyntaxError} if it is empty, too long, or has what cannot stand in a file of keys.
 */
export function parsePskIdentity(text: string): string {
  const length = new TextEncoder().encode(text).length;
  if (length === 0) throw new SyntaxError("the identity is empty");
  if (UNFIT_IN_IDENTITY.test(text)) {
    throw new SyntaxError("the identity has a control character or an invisible one");
  }
  if (length > MAX_PSK_NAME_BYTES) {
    throw new SyntaxError(`the identity has ${length} bytes, more than ${MAX_PSK_NAME_BYTES}`);
  }
  if (text.includes(":")) throw new SyntaxError("the identity has a colon");
  if (text.startsWith("#")) throw new SyntaxError("the identity begins with #, as a comment does");
  if (text.trim() !== text) throw new SyntaxError("the identity begins or ends with a blank");
  return text;
}

function parseLine(line: string, place: string): Line | undefined {
  const content = line.trimEnd();
  const start = content.length - content.trimStart().length;
  if (start === content.length || content[start] === "#") return undefined;
  const colon = content.indexOf(":");
  const at = (column: number) => `${place}:${[...content.slice(0, column)].length + 1}`;
  const identity = colon < 0 ? undefined : told(content.slice(start, colon), at(start));
  const rest = colon < 0 ? content.slice(start) : content.slice(colon + 1);
  const keyText = rest.replace(/\s+#.*$/, "").trim();
  const keyAt = content.length - rest.trimStart().length;
  return { identity, key: parseKey(keyText, at(keyAt), identity), where: at(start) };
}

function told(identity: string, where: string): string {
  try {
    return parsePskIdentity(identity);
  } catch (error) {
    throw new UsageError(`${where}: ${(error as Error).message}`);
  }
}

/** A key in hex or base64; what is neither is told by where it stands, never by what it is. */
function parseKey(text: string, where: string, identity: string | undefined): Uint8Array {
  const fail = (why: string) => new UsageError(`${where}: ${why}`);
  if (text === "") throw fail("the key is missing");
  const key = hexOf(text) ?? base64Of(text);
  if (key === undefined) {
    const missing = identity === undefined ? " and no IDENTITY: stands before it" : "";
    throw fail(
      `this key is neither hex nor base64${missing}; passwords are no keys: ` +
        "rserpool psk generate makes one",
    );
  }
  if (key.length >= MIN_PSK_KEY_BYTES) return key;
  throw fail(`this key has ${key.length} bytes; it must have at least ${MIN_PSK_KEY_BYTES}`);
}

function hexOf(text: string): Uint8Array | undefined {
  const isHex = /^(?:[0-9a-f]{2})+$/i.test(text);
  return isHex ? Uint8Array.fromHex(text) : undefined;
}

/**
 * Base64 with its padding. Random bytes have letters of both cases but for one key in 50,000; words
 * run together seldom do, and must not be taken for a key.
 */
function base64Of(text: string): Uint8Array | undefined {
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || /\s/.test(text)) return undefined;
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}
