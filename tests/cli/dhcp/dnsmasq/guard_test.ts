/** Processes beside dnsmasq; a shell stands for it, of which only the command line counts. */
import assert from "node:assert/strict";
import { Guard } from "../../../../cli/dhcp/dnsmasq/guard.ts";
import { noneLeft, processesOf } from "../../../../cli/dhcp/dnsmasq/processes.ts";
import { until } from "../../../integration/harness.ts";

const ignore = Deno.build.os !== "linux";
const GUARD = new URL("../../../../cli/dhcp/dnsmasq/guard.ts", import.meta.url).href;

/** A process that was told of a hook and waits until its input ends. */
async function standIn(hook: string): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("sh", {
    args: ["-c", "echo here; read -r word; exit 0", "sh", `--dhcp-script=${hook}`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return child;
}

/** The signal that ended a stand-in whose guard's agent was killed. */
async function endUnderGuard(hook: string, guarded: string): Promise<Deno.Signal | null> {
  const child = await standIn(hook);
  const script = `import { Guard } from ${JSON.stringify(GUARD)};
new Guard(${child.pid}, ${JSON.stringify(guarded)});
Deno.kill(Deno.pid, "SIGKILL");`;
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/agent.ts`, script);
    const args = ["run", "--no-check", "-A", `${directory}/agent.ts`];
    const agent = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
    assert.equal(agent.signal, "SIGKILL");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  await until("the end of the guard", () => Promise.resolve(!isTold(guarded)));
  await child.stdin.close().catch(() => {});
  return (await child.status).signal;
}

/** Whether a process has a word in its command line. */
function isTold(word: string): boolean {
  return [...Deno.readDirSync("/proc")].some(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0").includes(word);
    } catch {
      return false;
    }
  });
}

Deno.test({ name: "who guards dnsmasq ends it when the agent was killed", ignore }, async () => {
  assert.equal(await endUnderGuard("/state/a/hook", "/state/a/hook"), "SIGTERM");
});

Deno.test(
  { name: "a process that has dnsmasq's number by chance is left alone", ignore },
  async () => {
    assert.equal(await endUnderGuard("/state/b/hook", "/state/other/hook"), null);
  },
);

Deno.test({ name: "a guard that is released ends nothing", ignore }, async () => {
  const child = await standIn("/state/c/hook");
  await new Guard(child.pid, "/state/c/hook").release();
  await child.stdin.close();
  assert.equal((await child.status).signal, null);
});

Deno.test(
  { name: "processes of a hook are found by it, until they have ended", ignore },
  async () => {
    const child = await standIn("/state/d/hook");
    assert.deepEqual(processesOf("/state/d/hook"), [child.pid]);
    assert.deepEqual(processesOf("/state/d"), []);
    assert.equal(await noneLeft("/state/d/hook", 0), false);
    await child.stdin.close();
    assert.equal(await noneLeft("/state/d/hook", 60_000), true);
    await child.status;
  },
);
