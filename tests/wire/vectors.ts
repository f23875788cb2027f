/** The messages of tests/vectors: bytes, and tshark's dissection of them. */

import { parseHex } from "../../lib/wire/mod.ts";
import type { Tree } from "./tshark_tree.ts";

const FOLDER = new URL("../vectors/", import.meta.url);

/** A message captured from rsplib, or made by its encoder. */
export interface Vector {
  readonly name: string;
  readonly protocol: "ASAP" | "ENRP";
  readonly bytes: Uint8Array;
  /** What tests/vectors/NAME.json says. */
  readonly tshark: { readonly [layer: string]: Tree };
}

/** All of them, by name. */
export function readVectors(): Vector[] {
  const names = [...Deno.readDirSync(FOLDER)]
    .filter(({ name }) => name.endsWith(".hex"))
    .map(({ name }) => name.slice(0, -".hex".length));
  return names.sort().map(readVector);
}

function readVector(name: string): Vector {
  const text = Deno.readTextFileSync(new URL(`${name}.hex`, FOLDER));
  const digits = text.split("\n").filter((line) => !line.startsWith("#")).join("");
  const { ppid, length, tshark } = JSON.parse(
    Deno.readTextFileSync(new URL(`${name}.json`, FOLDER)),
  );
  const bytes = parseHex(digits);
  if (bytes.length !== length) throw new Error(`${name} has ${bytes.length} bytes, not ${length}`);
  return { name, protocol: ppid === 11 ? "ASAP" : "ENRP", bytes, tshark };
}
