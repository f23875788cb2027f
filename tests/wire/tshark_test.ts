import assert from "node:assert/strict";
import { asap, enrp } from "../../lib/wire/mod.ts";
import { pcap, PPID_ASAP, PPID_ENRP } from "./pcap.ts";
import { type Sample, SAMPLES } from "./samples.ts";
import { isKnownMessage, type Tree, tsharkTree } from "./tshark_tree.ts";
import { readVectors } from "./vectors.ts";

/** What tshark 4.0 does not know although it is in the RFC, or is known to nobody. */
const UNKNOWN_TO_TSHARK = [
  "Unknown Parameter (type 16 and", // Opaque Transport
  "Unknown Parameter (type 33009 and", // our Peer Status
  "Unknown Parameter (type 33010 and", // our Unreachable Report
  "Unknown Parameter (type 33011 and", // our Owner
  "Unknown Parameter (type 33012 and", // our Forced Report
  "Unknown Parameter (type 33013 and", // our Binding Tables
  "Unknown Parameter (type 16675 and", // the one that the samples report as unrecognized
  "Unknown error cause (code 0 and", // Unspecified Error
  "Unknown error cause (code 61448 and", // rsplib's own
  "Unknown pool handle", // the name of cause 9
];

const version = await tsharkVersion();
const skipped = version === undefined ? " (SKIPPED: tshark is not installed)" : "";

Deno.test({
  name: "tshark dissects a message of every kind with the same values, none malformed" + skipped,
  ignore: version === undefined,
  async fn() {
    const samples = SAMPLES.filter(({ message }) => isKnownMessage(message));
    const { trees, text } = await dissect(
      samples.map((sample) => ({ ppid: ppid(sample.protocol), bytes: encode(sample) })),
    );
    assert.equal(trees.length, samples.length);
    for (const [i, { name, message }] of samples.entries()) {
      assert(isKnownMessage(message));
      assert.deepEqual(trees[i], tsharkTree(message), `${name}, tshark ${version}`);
    }
    assert.doesNotMatch(text, /_ws\.(malformed|expert)|[Mm]alformed/);
    for (const unknown of text.match(/"[^"]*[Uu]nknown[^"]*/g) ?? []) {
      const isExpected = UNKNOWN_TO_TSHARK.some((each) => unknown.slice(1).startsWith(each));
      assert(isExpected, `tshark says ${unknown}`);
    }
  },
});

Deno.test({
  name: "tshark dissects what we encode from rsplib's messages as it did rsplib's" + skipped,
  ignore: version === undefined,
  async fn() {
    const vectors = readVectors();
    const payloads = vectors.map(({ protocol, bytes }) => {
      const codec = protocol === "ASAP" ? asap : enrp;
      const decoded = codec.decode(bytes);
      assert(decoded.ok);
      return { ppid: ppid(protocol), bytes: codec.encode(decoded.message as never) };
    });
    const { trees } = await dissect(payloads);
    for (const [i, { name, tshark }] of vectors.entries()) assert.deepEqual(trees[i], tshark, name);
  },
});

Deno.test("the samples hold every message type of both protocols", () => {
  const types = new Set(SAMPLES.map(({ message }) => message.type));
  const all = [...asap.definitions, ...enrp.definitions].map(({ name }) => name);
  assert.deepEqual([...types].sort(), all.sort());
});

function encode(sample: Sample): Uint8Array {
  return sample.protocol === "ASAP" ? asap.encode(sample.message) : enrp.encode(sample.message);
}

function ppid(protocol: "ASAP" | "ENRP"): number {
  return protocol === "ASAP" ? PPID_ASAP : PPID_ENRP;
}

/** The first line of `tshark --version`, or `undefined` where there is no tshark. */
async function tsharkVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("tshark", { args: ["--version"] }).output();
    return new TextDecoder().decode(stdout).split("\n")[0];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

interface Packet {
  readonly _source: { readonly layers: { readonly [layer: string]: unknown } };
}

/** tshark's trees of the payloads, and the text that they came in. */
async function dissect(
  payloads: Parameters<typeof pcap>[0],
): Promise<{ trees: { [layer: string]: Tree }[]; text: string }> {
  const file = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(file, pcap(payloads));
    const { stdout, success, stderr } = await new Deno.Command("tshark", {
      args: ["-r", file, "-T", "json", "--no-duplicate-keys", "-o", "sctp.checksum:CRC 32c"],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert(success, new TextDecoder().decode(stderr));
    const packets = JSON.parse(text) as Packet[];
    return { text, trees: packets.map(({ _source: { layers } }) => treeOf(layers)) };
  } finally {
    await Deno.remove(file);
  }
}

/** The layer of ours, once the ones below it are seen to be whole. */
function treeOf(layers: Packet["_source"]["layers"]): { [layer: string]: Tree } {
  const sctp = layers.sctp as { "sctp.checksum.status"?: string };
  assert.equal(sctp["sctp.checksum.status"], "1", "the capture's own checksum is wrong");
  const layer = layers.asap === undefined ? "enrp" : "asap";
  return { [layer]: layers[layer] as Tree };
}
