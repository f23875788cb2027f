import assert from "node:assert/strict";
import { Child, ChildNotStarted } from "../../../cli/supervisor/child.ts";
import { NamedPipe } from "../named_pipe.ts";

function shell(script: string): Child {
  return Child.start("sh", ["-c", script]);
}

Deno.test("a child's exit code is its own, or 128 and the signal that killed it", async () => {
  assert.equal(await shell("exit 0").exited(), 0);
  assert.equal(await shell("exit 7").exited(), 7);
  assert.equal(await shell("kill -9 $$").exited(), 137);
  assert.equal(await shell("kill -TERM $$").exited(), 143);
});

Deno.test({
  name: "a child that was killed by a real-time signal",
  // Deno has no name for it, and never lets go of a child of which it cannot say how it ended.
  sanitizeResources: false,
  fn: async () => assert.equal(await shell("kill -40 $$").exited(), 168),
});

Deno.test("a command that is not found is 127, one that cannot be executed 126", async () => {
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(`${directory}/plain`, "#!/bin/sh\n", { mode: 0o644 });
  await Deno.writeTextFile(`${directory}/orphan`, "#!/no/such/interpreter\n", { mode: 0o755 });
  const table: [command: string, code: number, message: RegExp][] = [
    ["no-such-command", 127, /^command not found: "no-such-command"$/],
    [`${directory}/none`, 127, /^command not found: /],
    ["", 127, /^command not found: ""$/],
    [`${directory}/plain`, 126, /^cannot execute ".*plain": permission denied$/],
    [directory, 126, /^cannot execute .*permission denied$/],
    [`${directory}/plain/x`, 126, /^cannot execute .*not a directory$/],
    [`${directory}/orphan`, 126, /^cannot execute .*interpreter in its first line is not found$/],
  ];
  for (const [command, code, message] of table) {
    assert.throws(() => Child.start(command, []), (error) => {
      assert.ok(error instanceof ChildNotStarted);
      assert.equal(error.code, code, command);
      assert.match(error.message, message);
      return true;
    });
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a script without a first line runs by sh, as from a shell", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "exit 5\n");
  await Deno.chmod(file, 0o755);
  assert.equal(await Child.start(file, []).exited(), 5);
  await Deno.remove(file);
});

Deno.test("a signal reaches all of the group, which is gone with its last", async () => {
  await using up = await NamedPipe.create();
  await using said = await NamedPipe.create();
  const child = shell(`
    exec 3> ${said.path}
    sh -c 'trap "echo TERM >&3; exit" TERM; : > ${up.path}; while :; do sleep 0.05; done' &
    trap 'exit 3' TERM
    wait`);
  await up.writersGone;
  assert.equal(child.isGroupGone(), false);
  child.signal("SIGTERM");
  assert.equal(await child.exited(), 3);
  assert.equal(await said.writersGone, "TERM\n");
  await child.groupGone(new AbortController().signal);
  assert.equal(child.isGroupGone(), true);
  child.signal("SIGTERM"); // to nobody: no error
});

Deno.test("a group outlives its leader while others of it live", async () => {
  await using held = await NamedPipe.create();
  const child = shell(`exec 3> ${held.path}; sleep 1000 & exit 4`);
  assert.equal(await child.exited(), 4);
  assert.equal(child.isGroupGone(), false);
  child.signal("SIGKILL");
  await held.writersGone;
  await child.groupGone(new AbortController().signal);
});

Deno.test("waiting for a group to be gone can be given up", async () => {
  const child = shell("sleep 1000");
  const abort = new AbortController();
  const waiting = child.groupGone(abort.signal);
  abort.abort();
  await waiting;
  assert.equal(child.isGroupGone(), false);
  child.signal("SIGKILL");
  assert.equal(await child.exited(), 137);
});

Deno.test("a child leads a group and a session of its own", async () => {
  await using said = await NamedPipe.create();
  const child = shell(`cut -d' ' -f1,5,6 /proc/$$/stat > ${said.path}`);
  await child.exited();
  const [pid, group, session] = (await said.writersGone).trim().split(" ").map(Number);
  assert.equal(pid, child.pid);
  assert.equal(group, child.pid);
  assert.equal(session, child.pid);
});
