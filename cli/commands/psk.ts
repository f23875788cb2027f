/** `psk`: pre-shared keys. */

import { defineCommand, defineGroup } from "../command.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import { flag, value } from "../option.ts";
import { addPskKey } from "../psk_addition.ts";
import { parsePskIdentity } from "../psk_file.ts";

/** RFC 9257 §6: as many random bits as the hash has. */
const KEY_BYTES = 32;

const generate = defineCommand({
  arguments: [["<IDENTITY>", "a label of 1 to 64 bytes without a colon; it travels in clear"]],
  options: {
    file: value("--file <FILE>", "add it to this file of mode 0600, and print nothing", parseFile),
    force: flag("--force", "with --file: replace the key that the identity has there"),
  },
  uses: [],
  notes: `
The key is 32 random bytes. Without --file the line IDENTITY:KEY is printed: whoever sees the
terminal or the log of it has the key. One key is for one client and one registrar (RFC 9257): give
each pool element one of its own, and each registrar one for each peer that it dials.`,
  examples: [
    ["rserpool psk generate web-1 --file keys.psk", "a key for a pool element, for a registrar"],
    ["rserpool psk generate r1-to-r2 --file r1-to-r2.psk", "one for a registrar at its peer"],
    ["rserpool psk generate web-1 --file keys.psk --force", "another key in its place"],
    ["(umask 077; rserpool psk generate web-1 > web-1.psk)", "a file that has this key alone"],
  ],
  run: async ({ stdout, log, world }, { file, force }, [written]) => {
    const identity = readIdentity(written!);
    if (force && file === undefined) throw new UsageError("--force needs --file");
    const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toHex();
    if (file === undefined) return stdout.print(`${identity}:${key}\n`);
    try {
      const { replaced } = await addPskKey(file, { identity, key, force }, world);
      log.info(`${file} has ${replaced ? "another" : "a"} key for ${identity}`);
    } catch (error) {
      if (error instanceof ExitError) throw error;
      throw new ExitError(EXIT.world, `cannot write ${file}: ${reasonOf(error)}`);
    }
  },
});

/** The command. */
export const command = defineGroup({
  options: {},
  subcommands: [
    { name: "generate", summary: "make a random key for an identity", command: generate },
  ],
  notes: `
A file of keys has a line IDENTITY:KEY each, in hex or base64, and comments behind #; it has mode
0600. Remove a line and send SIGHUP to the registrar: the key is refused from then on.`,
  examples: [["rserpool psk generate web-1 --file keys.psk", "make a key and keep it"]],
});

function readIdentity(text: string): string {
  try {
    return parsePskIdentity(text);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function parseFile(text: string): string {
  if (text !== "") return text;
  throw new SyntaxError("the file's name is empty");
}
