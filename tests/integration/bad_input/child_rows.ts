/** A child that cannot be started or ends: its exit code comes through, and its element goes. */
import assert from "node:assert/strict";
import type { Row } from "./row.ts";

interface ChildRow {
  readonly input: string;
  readonly command: readonly string[];
  readonly code: number;
  readonly words?: readonly string[];
}

/** Waits for a line in the named pipe `{folder}/go`, and then does as told. */
function once(action: string): string[] {
  return ["sh", "-c", `read line <go; ${action}`];
}

const NEVER_REGISTERED: readonly ChildRow[] = [
  {
    input: "a command that is not found",
    command: ["no-such-command"],
    code: 127,
    words: ["no-such-command", "not found"],
  },
  {
    input: "a command that is not found, by its path",
    command: ["/no/such/command"],
    code: 127,
    words: ["/no/such/command", "not found"],
  },
  {
    input: "a command that is not executable",
    command: ["/etc/passwd"],
    code: 126,
    words: ["/etc/passwd"],
  },
  { input: "a command that is a folder", command: ["/etc"], code: 126, words: ["/etc"] },
  { input: "a command that exits 7 at once", command: ["sh", "-c", "exit 7"], code: 7 },
  { input: "a command that exits 0 at once", command: ["true"], code: 0 },
];

const REGISTERED: readonly ChildRow[] = [
  { input: "a command that exits 7", command: once("exit 7"), code: 7 },
  { input: "a command that exits 0", command: once("exit 0"), code: 0 },
  { input: "a command that is killed by SIGTERM", command: once("kill -TERM $$"), code: 143 },
  { input: "a command that is killed by SIGKILL", command: once("kill -KILL $$"), code: 137 },
];

function childRow(row: ChildRow, isRegistered: boolean): Row {
  return {
    input: `register: ${row.input}${isRegistered ? " after it was registered" : ""}`,
    answer: `exit ${row.code}`,
    async check(stage) {
      const { scratch, registrar } = stage;
      const folder = await Deno.makeTempDir({ dir: scratch.folder });
      new Deno.Command("mkfifo", { args: [`${folder}/go`] }).outputSync();
      const options = ["-r", registrar.at.asap, "--port", "8083", "--check", "none"];
      const args = ["kid", ...options, "--", ...row.command];
      const running = isRegistered
        ? scratch.serve("register", args, { cwd: folder })
        : scratch.start(["register", ...args], { cwd: folder });
      if (isRegistered) {
        await running.ready();
        await stage.poolIsThere("kid");
        await Deno.writeTextFile(`${folder}/go`, "now\n");
      }
      const outcome = await running.ended;
      assert.equal(outcome.code, row.code, outcome.stderr);
      assert.equal(outcome.stdout, "");
      for (const each of row.words ?? []) assert.ok(outcome.stderr.includes(each), outcome.stderr);
      await stage.poolIsGone("kid");
    },
  };
}

/** The rows. */
export const CHILD_ROWS: readonly Row[] = [
  ...NEVER_REGISTERED.map((row) => childRow(row, false)),
  ...REGISTERED.map((row) => childRow(row, true)),
];
