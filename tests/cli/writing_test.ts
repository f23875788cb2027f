/** Where bytes leave the program: the log that nobody reads, and files that announce a server. */

import assert from "node:assert/strict";
import { ExitError } from "../../cli/exit.ts";
import { Log } from "../../cli/log.ts";
import { ReadyFile } from "../../cli/ready_file.ts";
import { BackgroundWriter } from "../../cli/world.ts";

/** A reader that takes one write when it is told to. */
class SlowReader {
  readonly taken: string[] = [];
  private waiting: (() => void) | undefined;

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      this.waiting = () => {
        this.taken.push(new TextDecoder().decode(bytes));
        resolve(bytes.length);
      };
    });
  }

  async take(): Promise<void> {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

Deno.test("a log whose reader does not read never blocks, and tells what it dropped", async () => {
  const reader = new SlowReader();
  const writer = new BackgroundWriter(reader);
  for (let i = 0; i < 5_000; i++) writer.write(`line ${i}\n`);
  await reader.take();
  await reader.take();
  const text = reader.taken.join("");
  assert.match(text, /^line 0\nline 1\n/);
  const kept = text.match(/line \d+\n/g)!.length;
  assert.ok(kept >= 1_000 && kept < 1_100, `${kept}`);
  assert.match(text, new RegExp(`rserpool: ${5_000 - kept} lines of diagnostics dropped\n$`));
  await reader.take();
  writer.write("after\n");
  await reader.take();
  assert.equal(reader.taken.at(-1), "after\n");
});

Deno.test("flush waits for the reader, but not for ever", async () => {
  const reader = new SlowReader();
  const writer = new BackgroundWriter(reader);
  await writer.flush(1_000_000);
  writer.write("a\n");
  await writer.flush(1);
  assert.deepEqual(reader.taken, []);
  const flushed = writer.flush(1_000_000);
  await reader.take();
  await flushed;
  assert.deepEqual(reader.taken, ["a\n"]);
});

Deno.test("a log whose reader is gone is silent from then on", async () => {
  let writes = 0;
  const writer = new BackgroundWriter({
    write: () => {
      writes++;
      return Promise.reject(new Deno.errors.BrokenPipe("Broken pipe (os error 32)"));
    },
  });
  writer.write("a\n");
  await writer.flush(1_000_000);
  writer.write("b\n");
  await writer.flush(1_000_000);
  assert.equal(writes, 1);
});

Deno.test("short writes are completed", async () => {
  const taken: number[] = [];
  const writer = new BackgroundWriter({
    write: (bytes) => {
      taken.push(bytes[0]!);
      return Promise.resolve(1);
    },
  });
  writer.write("abc\n");
  await writer.flush(1_000_000);
  assert.equal(String.fromCharCode(...taken), "abc\n");
});

Deno.test("text of the log: what can be mistaken is quoted", () => {
  let text = "";
  const settings = { threshold: "info", format: "text", color: false, timestamps: false } as const;
  const log = new Log((line) => text += line, settings);
  const undef = undefined;
  log.info("said", { a: "b", c: "d e", f: 'g"', h: "", i: 1, j: ["k"], l: undef, m: "=\x1b" });
  log.debug("not shown");
  assert.equal(
    text,
    'rserpool: info: said a=b c="d e" f="g\\"" h="" i=1 j=["k"] m="=\\u001b"\n',
  );
});

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a ready file is there whole or not at all, with nothing beside it", () =>
  inFolder(async (folder) => {
    const file = new ReadyFile(`${folder}/ready`);
    await file.clear();
    await file.write({ pid: 1 });
    await file.write({ pid: 2 });
    assert.equal(await Deno.readTextFile(`${folder}/ready`), '{"pid":2}\n');
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["ready"]);
    await file.remove();
    await file.remove();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a ready file that a link points to is replaced, not what the link points to", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/precious`, "kept");
    await Deno.symlink(`${folder}/precious`, `${folder}/ready`);
    const file = new ReadyFile(`${folder}/ready`);
    await file.clear();
    await file.write({ pid: 1 });
    assert.equal(await Deno.readTextFile(`${folder}/precious`), "kept");
    assert.equal(await Deno.readTextFile(`${folder}/ready`), '{"pid":1}\n');
  }));

Deno.test("a device is written as it is and never replaced", async () => {
  const file = new ReadyFile("/dev/null");
  await file.clear();
  await file.write({ pid: 1 });
  await file.remove();
  assert.equal((await Deno.stat("/dev/null")).isCharDevice, true);
});

const IMPOSSIBLE: readonly (readonly [path: string, words: RegExp])[] = [
  ["/dev/full", /cannot write the ready file \/dev\/full: no space left on device/],
  ["/no/such/folder/ready", /ready file \/no\/such\/folder\/ready: no such file or directory/],
  ["/tmp", /cannot write the ready file \/tmp: is a directory/],
];

for (const [path, words] of IMPOSSIBLE) {
  Deno.test(`a ready file that cannot be written is exit 1: ${path}`, async () => {
    const file = new ReadyFile(path);
    await file.clear();
    await assert.rejects(() => file.write({ pid: 1 }), (error) => {
      assert.ok(error instanceof ExitError);
      assert.equal(error.code, 1);
      assert.match(error.message, words);
      return true;
    });
  });
}
