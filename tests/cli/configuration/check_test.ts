/** `config check`: all that is wrong, each with its place. */

import assert from "node:assert/strict";
import { FakeRegistrar } from "../fake_registrar.ts";
import { type Given, run } from "../fake_world.ts";

const { api } = new FakeRegistrar();

async function check(text: string, more: Given["files"] = {}) {
  const ran = await run("config check c.yaml -o json", { api, files: { "c.yaml": text, ...more } });
  const { valid, findings } = JSON.parse(ran.stdout);
  assert.equal(ran.code, valid ? 0 : 2, ran.stderr);
  const told = findings.map(({ where, message }: { where: string; message: string }) =>
    `${where}: ${message}`
  );
  assert.deepEqual(
    ran.stderr.split("\n").filter((line) => line !== ""),
    told.map((line: string) => `rserpool: ${line}`),
  );
  return told;
}

Deno.test("everything that is wrong is told, in the order of the file", async () => {
  const text = `registrar:
  timng: fast
  peer: [a:b:c]
http:
  listen: 9102
  certt: x
proxy:
  wait: 5
`;
  const told = await check(text);
  assert.equal(told.length, 5, told.join("\n"));
  assert.equal(told[0], 'c.yaml:2:3: unknown key "timng" (did you mean timing?)');
  assert.match(told[1]!, /^c\.yaml:3:10: peer: "a:b:c" is not HOST:PORT/);
  assert.match(told[2]!, /^c\.yaml:5:11: listen: "9102" has no host/);
  assert.equal(told[3], 'c.yaml:6:3: unknown key "certt" (did you mean cert?)');
  assert.match(told[4]!, /^c\.yaml:8:9: wait: "5" has no unit/);
});

Deno.test("what is no YAML has its place, too", async () => {
  const told = await check("registrar: [1,\n");
  assert.match(told[0]!, /^c\.yaml:\d+:\d+: /);
});

Deno.test("a file that is named and missing is told where it is named", async () => {
  const [told] = await check("ca: nowhere.crt\nclient:\n  registrar: 192.0.2.1\n");
  assert.match(told!, /^c\.yaml:1:5: ca: cannot read nowhere\.crt: /);
});

Deno.test("values that make no sense together, as the registrar would say", async () => {
  const [told] = await check("registrar:\n  max-time-last-heard: 1s\n");
  assert.match(told!, /--max-time-last-heard 1s must be longer than --peer-heartbeat-cycle 30s/);
});

Deno.test("security without anything to prove who the registrar is", async () => {
  const [told] = await check("security:\n  read: everyone\n");
  assert.match(told!, /^c\.yaml:1:1: security: nobody can prove anything/);
});

Deno.test("a file that is right is said to be", async () => {
  const files = { "c.yaml": "registrar: {asap: 127.0.0.1:0}\n" };
  const ran = await run("config check c.yaml", { api, files });
  assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, "c.yaml: nothing is wrong\n", ""]);
});

Deno.test("a file that is not there is exit 2", async () => {
  const ran = await run("config check nix.yaml", {});
  assert.equal(ran.code, 2);
  assert.match(ran.stderr, /cannot read the configuration file nix\.yaml/);
});

const JUNK = { "junk.pem": "junk\n" };
for (
  const [text, where, words] of [
    ["client: {ca: junk.pem}\n", "c.yaml:1:14", /PEM/],
    ["client: {cert: junk.pem}\n", "c.yaml:1:16", /--ca/],
    ["client: {ca: junk.pem, psk-file: junk.pem}\n", "c.yaml:1:14", /exclude|--psk/],
    ["client: {psk-file: junk.pem}\n", "junk.pem:1:1", /neither hex nor base64/],
    ["http: {listen: 127.0.0.1:1, cert: junk.pem, key: junk.pem}\n", "c.yaml:1:35", /PEM/],
    ["proxy: {http-cert: junk.pem}\n", "c.yaml:1:20", /--http-key/],
  ] as const
) {
  Deno.test(`what a command would refuse is found: ${text.trim()}`, async () => {
    const told = await check(text, JUNK);
    assert.equal(told.length, 1, told.join("\n"));
    assert(told[0].startsWith(`${where}: `), told[0]);
    assert.match(told[0], words);
  });
}
