/** A test that runs in a machine of its own: a network, processes and mounts that end with it. */
import assert from "node:assert/strict";
import { isInside, whatIsMissing } from "./dnsmasq_network.ts";

const NEW_MACHINE = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
const missing = isInside ? undefined : whatIsMissing();

/** One of a file's tests: a process of its own runs it, in a network of its own. */
export function dhcpCase(file: string, name: string, body: () => Promise<void>): void {
  if (isInside) return Deno.test({ name, fn: body, sanitizeOps: false });
  const shown = missing === undefined ? name : `${name} (skipped: ${missing})`;
  Deno.test({ name: shown, ignore: missing !== undefined, fn: () => runCase(file, name) });
}

async function runCase(file: string, name: string): Promise<void> {
  const path = new URL(file).pathname;
  const deno = [Deno.execPath(), "test", "--no-check", "-A", "--filter", name, path];
  // Names of namespaces are mounts: they are this machine's alone.
  const script = 'mkdir -p /run/netns && mount -t tmpfs none /run/netns && exec "$@"';
  const { success, stdout, stderr } = await new Deno.Command("unshare", {
    args: [...NEW_MACHINE, "sh", "-c", script, "sh", ...deno],
    env: { RSERPOOL_TEST_IN_NAMESPACE: "1", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success && / 1 passed /.test(text), text);
}
