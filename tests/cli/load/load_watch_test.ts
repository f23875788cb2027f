import assert from "node:assert/strict";
import { LoadWatch } from "../../../cli/load/load_watch.ts";

/** Watches a source until what it told satisfies `enough`. */
async function watch(
  source: ConstructorParameters<typeof LoadWatch>[0],
  onTold: (told: readonly string[]) => boolean | void,
  intervalMs = 1,
): Promise<string[]> {
  const told: string[] = [];
  const abort = new AbortController();
  const tell = (text: string) => {
    told.push(text);
    if (onTold(told) === true) abort.abort();
  };
  const loads = new LoadWatch(source, intervalMs, {
    changed: (load) => tell(`load ${load}`),
    bad: (reason) => tell(`bad: ${reason}`),
  }, abort.signal);
  await loads.ended;
  return told;
}

Deno.test("a file's load is told when it changes, and a bad value once", async () => {
  const path = await Deno.makeTempFile();
  // Renamed into place, so that no half-written value is ever read.
  const write = (text: string) => {
    Deno.writeTextFileSync(`${path}.new`, text);
    Deno.renameSync(`${path}.new`, path);
  };
  write("0.5\n");
  const next = ["0x10", "much", "muchmore", "0x10\n", "1"];
  const told = await watch({ type: "file", path }, (told) => {
    if (told.length === 4) {
      write("0x10");
      write("1");
    } else write(next[told.length - 1]!);
    return told.length === 5;
  });
  assert.deepEqual(told.map((line) => line.replace(/ is not.*/, "")), [
    "load 2147483648",
    "load 16",
    'bad: "much"',
    'bad: "muchmore"',
    "load 4294967295",
  ]);
  await Deno.remove(path);
});

Deno.test("a missing file and a pipe are bad values, and a pipe is not waited for", async () => {
  const [missing] = await watch({ type: "file", path: "/no/such/file" }, () => true);
  assert.match(missing!, /^bad: no such file/);
  const directory = await Deno.makeTempDir();
  const path = `${directory}/pipe`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  assert.deepEqual(await watch({ type: "file", path }, () => true), [
    `bad: "${path}" is not a plain file`,
  ]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a command's output is its load; a failing or endless one is a bad value", async () => {
  const tell = (command: string, intervalMs?: number) =>
    watch({ type: "exec", command }, () => true, intervalMs ?? 5000);
  assert.deepEqual(await tell("echo 0.5"), ["load 2147483648"]);
  assert.deepEqual(await tell("echo 0.5; exit 1"), ["bad: the command ended with code 1"]);
  assert.deepEqual(await tell("sleep 1000", 50), ["bad: the command did not end within 0.05s"]);
  assert.match((await tell("echo 50%"))[0]!, /^bad: "50%" is not a load/);
  assert.match((await tell("true"))[0]!, /^bad: "" is not a load/);
});

Deno.test("the first attempt can be waited for", async () => {
  const abort = new AbortController();
  const told: number[] = [];
  const loads = new LoadWatch({ type: "exec", command: "echo 0x7" }, 60_000, {
    changed: (load) => told.push(load),
    bad: (reason) => assert.fail(reason),
  }, abort.signal);
  await loads.first;
  assert.deepEqual(told, [7]);
  abort.abort();
  await loads.ended;
});
