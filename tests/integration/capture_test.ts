/** `decode` of what tcpdump sees of a real registrar, as it happens. */

import assert from "node:assert/strict";
import { hasProgram, Scratch } from "./harness.ts";

/** Whether packets can be captured here, which root may. */
const canCapture = hasProgram("tcpdump") && Deno.uid() === 0;
const skipped = canCapture ? "" : " (SKIPPED: no tcpdump, or not root)";

Deno.test({
  name: "tcpdump | rserpool decode - tells a registration and a resolution at once" + skipped,
  ignore: !canCapture,
  async fn() {
    await using scratch = await Scratch.make();
    const { at } = await scratch.registrar();
    const [asap, enrp] = [at.asap, at.enrp].map((each) => each.split(":").at(-1)!);
    const ports = `tcp port ${asap} or tcp port ${enrp}`;
    const line = `tcpdump -i lo -U -w - '${ports}' | rserpool decode -o ndjson -`;
    const decoding = scratch.spawn("sh", ["-c", line]);
    await decoding.says(/listening on/);
    const element = scratch.serve("register", ["web", "--port", "81", "-r", at.asap, "-q"]);
    await element.ready();
    assert.equal((await scratch.run(["resolve", "web", "-r", at.asap])).code, 0);
    assert.equal((await scratch.run(["peers", "--enrp-registrar", at.enrp])).code, 0);
    await decoding.prints(/ENRP_LIST_RESPONSE/);
    const views = decoding.stdout.trimEnd().split("\n").map((each) => JSON.parse(each));
    assert(views.every(({ valid }) => valid), decoding.stdout);
    const spoken = new Set(views.map(({ type }) => type));
    for (
      const type of [
        "ASAP_REGISTRATION",
        "ASAP_REGISTRATION_RESPONSE",
        "ASAP_HANDLE_RESOLUTION",
        "ASAP_HANDLE_RESOLUTION_RESPONSE",
        "ENRP_LIST_REQUEST",
      ]
    ) assert(spoken.has(type), `${type} was not told:\n${decoding.stdout}`);
    const { from, to, poolHandle } = views.find(({ type }) => type === "ASAP_HANDLE_RESOLUTION");
    assert.equal(to, at.asap);
    assert.match(from, /^127\.0\.0\.1:\d+$/);
    assert.equal(poolHandle, "web");
  },
});
