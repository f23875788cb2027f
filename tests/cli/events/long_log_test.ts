/** When standard error is the journal, and what its lines look like then. */

import assert from "node:assert/strict";
import { isJournal, longLog } from "../../../cli/events/long_log.ts";
import { type Level, Log } from "../../../cli/log.ts";

Deno.test("it is the journal if JOURNAL_STREAM names the device and inode", () => {
  const stat = () => ({ dev: 9, ino: 4711 });
  assert.equal(isJournal("9:4711", stat), true);
  assert.equal(isJournal("9:4712", stat), false, "standard error was given another");
  assert.equal(isJournal("", stat), false);
  assert.equal(isJournal("9:null", () => ({ dev: 9, ino: null })), false);
  assert.equal(isJournal("9:1", () => assert.fail("no such file")), false);
  assert.equal(isJournal(undefined, () => assert.fail("it costs something")), false);
});

Deno.test("a line for the journal has a priority, no time and no colour", () => {
  const lines: string[] = [];
  const log = new Log((line) => lines.push(line), {
    threshold: "debug",
    format: "text",
    color: true,
    timestamps: true,
    journal: true,
  });
  for (const level of ["error", "warning", "notice", "info", "debug"] satisfies Level[]) {
    log.event(level, "peer-active", { peer: "0x00000002" });
  }
  log.event("error", "fatal", {}, "in\nwords");
  assert.deepEqual(lines, [
    "<3>error: peer-active peer=0x00000002\n",
    "<4>warning: peer-active peer=0x00000002\n",
    "<5>peer-active peer=0x00000002\n",
    "<6>info: peer-active peer=0x00000002\n",
    "<7>debug: peer-active peer=0x00000002\n",
    "<3>error: in\\u{a}words\n",
  ]);
});

Deno.test("the log of a long-running command is bounded by what the table says", () => {
  const { bound, journal } = longLog({ env: () => undefined, now: () => 0 });
  assert.equal(journal, false);
  const admitted = (name: string) => {
    let count = 0;
    while (bound!.admit(name) !== undefined) count++;
    return count;
  };
  assert.ok(admitted("refused") < admitted("peer-active"));
});
