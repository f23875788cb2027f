/** SIGHUP of real processes: what is applied, and what needs a restart. docs/configuration.md. */

import assert from "node:assert/strict";
import { Scratch } from "./harness.ts";

Deno.test("a registrar says what needs a restart, and ignores a wrong file", async () => {
  await using scratch = await Scratch.make();
  const file = `${scratch.folder}/r.yaml`;
  const write = (text: string) => Deno.writeTextFile(file, text);
  await write("registrar: {keep-alive-cycle: 30s}\n");
  const registrar = await scratch.registrar(["--config", file]);
  const hangUp = async (words: RegExp) => {
    const before = registrar.stderr.length;
    registrar.kill("SIGHUP");
    return await registrar.says(words, before);
  };
  await hangUp(/SIGHUP: read anew: nothing has changed/);
  await write("registrar: {keep-alive-cycle: 9s, peer: 192.0.2.1}\nverbose: 2\n");
  const cycle = "keep-alive-cycle \\(30s -> 9s\\)";
  await hangUp(new RegExp(`needs a restart: peer \\(none -> 192.0.2.1\\), ${cycle}`));
  const before = registrar.stderr.length;
  await scratch.run(["peers", "--enrp-registrar", registrar.at.enrp]);
  await registrar.says(/debug: association-opened/, before);
  await write("registrar: {keep-alive-cycle: 9}\n");
  await hangUp(/SIGHUP: nothing is changed: .*r\.yaml:1:31: keep-alive-cycle: "9" has no unit/);
  await write("registrar: {keep-alive-cycle: 30s}\nsecurity: {read: everyone}\n");
  await hangUp(/read anew: security: needs a restart/);
  assert.equal((await registrar.stop()).code, 0);
});

for (
  const [command, args] of [
    ["proxy", ["--listen", "127.0.0.1:0=web"]],
    ["register", ["web", "--port", "81"]],
  ] as const
) {
  Deno.test(`${command} says what needs a restart`, async () => {
    await using scratch = await Scratch.make();
    const { at } = await scratch.registrar();
    const file = `${scratch.folder}/c.yaml`;
    await Deno.writeTextFile(file, "max-handle-bytes: 40\n");
    const running = scratch.serve(command, [...args, "-r", at.asap, "--config", file]);
    await running.ready();
    await Deno.writeTextFile(file, "max-handle-bytes: 50\n");
    running.kill("SIGHUP");
    await running.says(/SIGHUP: needs a restart: max-handle-bytes \(40 -> 50\)/);
    assert.equal(running.isRunning, true);
  });
}
