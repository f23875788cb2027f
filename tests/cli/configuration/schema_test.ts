/** The JSON Schema of configuration files: published, whole, and of one mind with the program. */

import assert from "node:assert/strict";
import { securityKeysAt } from "../../../cli/security_section.ts";
import { run } from "../fake_world.ts";

const PUBLISHED = new URL("../../../docs/rserpool.schema.json", import.meta.url);

type Schema = { properties: Record<string, Schema>; items: Schema; additionalProperties: Schema };

const schema = JSON.parse((await run("config schema", {})).stdout) as Schema;

Deno.test("docs/rserpool.schema.json is what rserpool config schema prints", async () => {
  const published = JSON.parse(await Deno.readTextFile(PUBLISHED));
  const how = "run: deno task rserpool config schema > docs/rserpool.schema.json";
  assert.deepEqual(published, schema, how);
});

Deno.test("it has every key that the section security: has, and no other", () => {
  const { properties } = schema.properties.security!;
  const keysOf = (each: Schema) => Object.keys(each.properties).sort();
  assert.deepEqual(Object.keys(properties).sort(), securityKeysAt([]).sort());
  const { items } = properties.identities!;
  assert.deepEqual(keysOf(items), securityKeysAt(["identities"]).sort());
  assert.deepEqual(keysOf(properties.rates!), securityKeysAt(["rates"]).sort());
  const peer = properties["psk-peers"]!.additionalProperties;
  assert.deepEqual(keysOf(peer), securityKeysAt(["psk-peers"]).sort());
});

/** Files, and whether they are right. */
const CORPUS: readonly (readonly [yaml: string, json: unknown, isRight: boolean])[] = [
  ["registrar: 192.0.2.1", { registrar: "192.0.2.1" }, true],
  ["registrar: {asap: [127.0.0.1:0]}", { registrar: { asap: ["127.0.0.1:0"] } }, true],
  ["registrar: {timing: fast}", { registrar: { timing: "fast" } }, true],
  ["http: {listen: 127.0.0.1:1}", { http: { listen: "127.0.0.1:1" } }, true],
  ["client: {timeout: 2s}", { client: { timeout: "2s" } }, true],
  ["verbose: 2", { verbose: 2 }, true],
  ["security: {read: everyone}", { security: { read: "everyone" } }, true],
  ["registrar: {timing: slow}", { registrar: { timing: "slow" } }, false],
  ["registrar: {tming: fast}", { registrar: { tming: "fast" } }, false],
  ["timeout: 5", { timeout: 5 }, false],
  ["timeout: 5 s", { timeout: "5 s" }, false],
  ["quiet: yes please", { quiet: "yes please" }, false],
  ["security: {identities: {}}", { security: { identities: {} } }, false],
  ["security: {rates: {burst-seconds: 0}}", { security: { rates: { "burst-seconds": 0 } } }, false],
  ["httpp: {}", { httpp: {} }, false],
];

const VALIDATOR = `
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
print(json.dumps([validator.is_valid(each) for each in json.loads(sys.argv[2])]))
`;

const { success: hasValidator } = new Deno.Command("/usr/bin/python3", {
  args: ["-c", "import jsonschema"],
  stderr: "null",
}).outputSync();

Deno.test({
  name: "a validator of its own takes what the program takes, and refuses what it refuses" +
    (hasValidator ? "" : " (SKIPPED: no python3-jsonschema)"),
  ignore: !hasValidator,
  async fn() {
    const values = JSON.stringify(CORPUS.map(([, json]) => json));
    const args = ["-c", VALIDATOR, PUBLISHED.pathname, values];
    const { stdout, stderr } = await new Deno.Command("/usr/bin/python3", { args }).output();
    const text = new TextDecoder();
    const judged = JSON.parse(text.decode(stdout) || text.decode(stderr));
    assert.deepEqual(judged, CORPUS.map(([, , isRight]) => isRight));
  },
});

for (const [yaml, , isRight] of CORPUS) {
  Deno.test(`the program ${isRight ? "takes" : "refuses"} ${yaml}`, async () => {
    const ran = await run("peers --config c.yaml", {
      files: { "c.yaml": `${yaml}\n` },
      observer: { peers: () => Promise.reject(new Error("asked")) },
    });
    assert.equal(ran.code === 2, !isRight, ran.stderr);
  });
}
