/** A network of its own with a D-Bus daemon, in which a real dnsmasq serves real clients. */

import assert from "node:assert/strict";
import { hasProgram } from "../integration/harness.ts";

/** What tells a test file that it runs in its own network already. */
const INSIDE = "RSERPOOL_TEST_IN_NAMESPACE";
/** Processes of its own, too: none outlives the test. */
const NEW_NETWORK = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
const PROGRAMS = ["unshare", "ip", "dnsmasq", "udhcpc", "dbus-daemon", "dbus-send"];
/** What the networks of these tests are made of: some kernels and containers have not all of it. */
const PROBE = [
  "mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip netns add probe",
  "ip link add lan type bridge && ip link add left type veth peer name right netns probe",
  "ip link set left master lan && ip netns exec probe true",
].join(" && ");

/** Whether this process is in a network that was made for the test. */
export const isInside = Deno.env.get(INSIDE) !== undefined;

/** Why tests with a real dnsmasq cannot run here; `undefined` if they can. */
export function whatIsMissing(): string | undefined {
  const missing = PROGRAMS.filter((program) => !hasProgram(program));
  if (missing.length > 0) return `${missing.join(", ")} not installed`;
  // In a user namespace dnsmasq cannot become another user, and ends.
  if (Deno.uid() !== 0) return "not root";
  const args = [...NEW_NETWORK, "sh", "-c", PROBE];
  const { success, stderr } = new Deno.Command("unshare", { args }).outputSync();
  if (success) return undefined;
  const [words] = new TextDecoder().decode(stderr).split("\n");
  return `no network of its own here: ${words}`;
}

/** Runs a test file once more, in a network of its own. */
export async function runInside(file: string): Promise<void> {
  const path = new URL(file).pathname;
  const deno = [Deno.execPath(), "test", "--no-check", "-A", path];
  const { success, stdout, stderr } = await new Deno.Command("unshare", {
    args: [...NEW_NETWORK, ...deno],
    env: { [INSIDE]: "1", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, text);
}

/** Runs a command to its end. */
export async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
    .output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, `${command} ${args.join(" ")}: ${text}`);
  return text;
}

/** Joins the server's interface to the clients'. */
export async function joinInterfaces(): Promise<void> {
  const commands = [
    "link set lo up",
    "link add server type veth peer name client",
    "address add 10.1.0.1/16 dev server",
    "link set server up",
    "link set client up",
  ];
  for (const command of commands) await run("ip", ...command.split(" "));
}

const BUS_RULES = `
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>ADDRESS</listen>
  <policy context="default">
    <allow own="*"/><allow send_type="*"/><allow receive_type="*"/>
    <allow send_destination="*"/><allow eavesdrop="true"/>
  </policy>
</busconfig>`;

/** A D-Bus daemon of its own; `address` is where it listens. */
export async function startBus(directory: string, address: string) {
  const rules = `${directory}/bus.conf`;
  await Deno.writeTextFile(rules, BUS_RULES.trim().replace("ADDRESS", address));
  const child = new Deno.Command("dbus-daemon", {
    args: [`--config-file=${rules}`, "--nofork", "--nopidfile", "--print-address"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  // It prints its address when it listens.
  const reader = child.stdout.getReader();
  await reader.read();
  return {
    async stop() {
      await reader.cancel();
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

const CLIENT_SCRIPT = `#!/bin/sh
[ "$1" = bound ] && echo "$ip"
exit 0
`;

/** An unmodified DHCP client; the address that it is given, or "" if none. */
export async function askAsClient(
  directory: string,
  client: {
    mac: string;
    host?: string;
    clientId?: string;
    wants?: string;
    /** A second each; default: enough for a machine that does something else. */
    tries?: number;
  },
): Promise<string> {
  const script = `${directory}/client`;
  await Deno.writeTextFile(script, CLIENT_SCRIPT, { mode: 0o700 });
  await run("ip", "link", "set", "client", "address", client.mac);
  const { stdout } = await new Deno.Command("udhcpc", {
    args: [
      ..."-i client -f -q -n -B -T 1".split(" "),
      ...["-t", String(client.tries ?? 30), "-s", script],
      ...client.host === undefined ? [] : ["-x", `hostname:${client.host}`],
      ...client.clientId === undefined ? [] : ["-x", `0x3d:${client.clientId}`],
      ...client.clientId === undefined ? ["-C"] : [],
      ...client.wants === undefined ? [] : ["-r", client.wants],
    ],
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
