/**
 * rsplib's own registrar as a peer (docs/tcp-mapping.md §11): on a kernel without SCTP, so that a
 * preloaded library gives it datagrams instead, which a relay carries to and from TCP.
 */

import assert from "node:assert/strict";
import { hasProgram } from "./harness.ts";

const HERE = decodeURIComponent(new URL(".", import.meta.url).pathname);
/** All that runs in them ends with them; it takes twenty seconds, or does not end by itself. */
const NAMESPACES = ["unshare", "-rn", "--pid", "--fork", "--kill-child"];
const PATIENCE = ["--signal=KILL", "150"];
/** `rspregistrar` is Debian's package rsplib-registrar. */
const NEEDED = ["rspregistrar", "cc", "unshare", "timeout", "ip"];
const missing = NEEDED.filter((program) => !hasProgram(program));
const mayUnshare = missing.length === 0 &&
  new Deno.Command("timeout", { args: [...PATIENCE, ...NAMESPACES, "true"] }).outputSync().success;
const skipped = missing.length > 0
  ? ` (skipped without ${missing.join(", ")})`
  : mayUnshare
  ? ""
  : " (skipped: no network of its own)";

async function run(command: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(command, { args, stdout: "null" }).output();
  assert.equal(code, 0, `${command} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
}

Deno.test({
  name: "registrars of rsplib are peers: tables, lists, presences, updates, takeover" + skipped,
  ignore: !mayUnshare,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const [source, library] = [`${HERE}rsplib/sctp_over_udp.c`, `${folder}/sctp_over_udp.so`];
      await run("cc", "-shared", "-fPIC", "-o", library, source, "-ldl");
      const live = [Deno.execPath(), "run", "-A", `${HERE}rsplib/live.ts`, folder];
      await run("timeout", ...PATIENCE, ...NAMESPACES, ...live);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
