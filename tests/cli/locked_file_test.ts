/** Files that one process at a time replaces whole. */

import assert from "node:assert/strict";
import { openLocked, replaceFiles } from "../../cli/locked_file.ts";
import { FakeWorld } from "./fake_world.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "locked-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a lock that is held is waited for, then told", () =>
  inFolder(async (folder) => {
    const path = `${folder}/lock`;
    const world = new FakeWorld({});
    {
      using _held = await openLocked(path, world);
      await assert.rejects(openLocked(path, world), /ExitError: another process has had .*lock/);
      assert.ok(world.clock >= 10_000, String(world.clock));
    }
    // A process that another test starts just now may have the first lock for a moment, too.
    let held: Deno.FsFile | undefined = undefined as Deno.FsFile | undefined;
    const patient = new FakeWorld({ onPause: () => held?.close() });
    held = await openLocked(path, patient);
    using _next = await openLocked(path, patient);
    assert.ok(patient.clock < 1000, "no longer than it is held");
  }));

Deno.test("a file that is replaced between its opening and its lock is opened anew", () =>
  inFolder(async (folder) => {
    const path = `${folder}/keys`;
    await replaceFiles([{ path, text: "old" }]);
    const { tryLock } = Deno.FsFile.prototype;
    try {
      Deno.FsFile.prototype.tryLock = async function (exclusive) {
        Deno.FsFile.prototype.tryLock = tryLock;
        await replaceFiles([{ path, text: "new" }]);
        return await this.tryLock(exclusive);
      };
      using file = await openLocked(path, new FakeWorld({}));
      assert.equal((await file.stat()).ino, (await Deno.stat(path)).ino);
    } finally {
      Deno.FsFile.prototype.tryLock = tryLock;
    }
    assert.equal(await Deno.readTextFile(path), "new");
  }));

Deno.test("several files are replaced only when all of them could be written", () =>
  inFolder(async (folder) => {
    const [a, b] = [`${folder}/a`, `${folder}/none/b`];
    await replaceFiles([{ path: a, text: "old" }]);
    await assert.rejects(
      replaceFiles([{ path: a, text: "new" }, { path: b, text: "new" }]),
      /ExitError: cannot write .*none\/b: no such file or directory/,
    );
    assert.equal(await Deno.readTextFile(a), "old");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a"]);
    assert.equal((await Deno.stat(a)).mode! & 0o777, 0o600);
  }));
