/** `--print-config`: what holds, and where it comes from. */

import assert from "node:assert/strict";
import { run } from "../fake_world.ts";

const FILE = `registrar:
  asap: [127.0.0.1:4000, 127.0.0.1:4001]
  timing: fast
http:
  listen: 127.0.0.1:9102
log-format: text
`;
const given = { files: { "r.yaml": FILE }, env: { RSERPOOL_LOG_FORMAT: "json" } };

async function printed(line: string) {
  const ran = await run(`${line} --print-config -o json`, given);
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(ran.stderr, "");
  return JSON.parse(ran.stdout);
}

Deno.test("each value has its source, and where it stands there", async () => {
  const { command, options } = await printed("registrar --config r.yaml --peer 192.0.2.9");
  assert.equal(command, "registrar");
  assert.deepEqual(options.asap, {
    value: ["127.0.0.1:4000", "127.0.0.1:4001"],
    source: "file",
    where: "r.yaml:2:9",
  });
  assert.deepEqual(options.peer, { value: ["192.0.2.9"], source: "option", where: "--peer" });
  assert.deepEqual(options["log-format"], {
    value: "json",
    source: "environment",
    where: "RSERPOOL_LOG_FORMAT",
  });
  assert.deepEqual(options.enrp, { value: "127.0.0.1:9901", source: "default" });
  assert.deepEqual(options.http, {
    value: ["127.0.0.1:9102"],
    source: "file",
    where: "r.yaml:5:11",
  });
});

Deno.test("the defaults of timers are those of the profile that holds", async () => {
  const { options } = await printed("registrar --config r.yaml");
  assert.equal(options["peer-heartbeat-cycle"].value, "2400ms");
  const { options: rfc } = await printed("registrar");
  assert.equal(rfc["peer-heartbeat-cycle"].value, "30s");
});

Deno.test("a command's own section counts more than http:", async () => {
  const files = { "p.yaml": "http: {listen: 127.0.0.1:1}\nproxy: {http: 127.0.0.1:2}\n" };
  const line = "proxy --listen 127.0.0.1:80=web --config p.yaml --print-config -o json";
  const { options } = JSON.parse((await run(line, { files })).stdout);
  assert.deepEqual(options.http.value, ["127.0.0.1:2"]);
});

for (const line of ["register web --port 80", "proxy --listen 127.0.0.1:80=web", "dns"]) {
  Deno.test(`rserpool ${line} --print-config is a table, and nothing is started`, async () => {
    const ran = await run(`${line} --print-config`, {});
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^OPTION +VALUE +SOURCE +WHERE\n/);
    assert.match(ran.stdout, /\nhttp +nowhere +default +-\n/);
  });
}
