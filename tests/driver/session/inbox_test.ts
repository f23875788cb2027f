import assert from "node:assert/strict";
import { Inbox } from "../../../lib/driver/session/inbox.ts";

Deno.test("what comes is taken in order, before or after it was asked for", async () => {
  const inbox = new Inbox<number>();
  const early = [inbox.take(), inbox.take()];
  for (const value of [1, 2, 3]) inbox.put(value, 1);
  assert.deepEqual(await Promise.all([...early, inbox.take()]), [1, 2, 3]);
  assert.equal(inbox.size, 0);
});

Deno.test("the end comes behind what has come, for all who ask", async () => {
  const inbox = new Inbox<number>();
  inbox.put(1, 1);
  inbox.end();
  inbox.put(2, 1);
  assert.equal(await inbox.take(), 1);
  assert.deepEqual(await Promise.all([inbox.take(), inbox.take()]), [undefined, undefined]);
});

Deno.test("a failure comes behind what has come; one behind the end is none", async () => {
  const inbox = new Inbox<number>();
  inbox.put(1, 1);
  inbox.end(new Error("lost"));
  assert.equal(await inbox.take(), 1);
  await assert.rejects(inbox.take(), /lost/);
  const ended = new Inbox<number>();
  ended.end();
  ended.end(new Error("lost"));
  assert.equal(await ended.take(), undefined);
});

Deno.test("those who wait are told of a failure", async () => {
  const inbox = new Inbox<number>();
  const waiting = [inbox.take(), inbox.take()].map((each) => assert.rejects(each, /lost/));
  inbox.end(new Error("lost"));
  await Promise.all(waiting);
});

Deno.test("whoever fills it waits until less is there than so much, or until the end", async () => {
  const inbox = new Inbox<string>();
  inbox.put("a", 6);
  inbox.put("b", 6);
  let hasRoom = false;
  const room = inbox.below(6).then(() => hasRoom = true);
  await inbox.take();
  assert.equal(hasRoom, false);
  await inbox.take();
  await room;
  for (const over of ["end", "drop"] as const) {
    const full = new Inbox<string>();
    full.put("a", 6);
    const waiting = full.below(6);
    full[over]();
    await waiting;
  }
});

Deno.test("what is dropped does not come back", async () => {
  const inbox = new Inbox<string>();
  inbox.put("a", 6);
  inbox.drop();
  inbox.put("b", 6);
  assert.equal(inbox.size, 0);
  inbox.end();
  assert.equal(await inbox.take(), undefined);
});
