/** Listeners of programs that throw: nothing ends, and it is told once. */

import assert from "node:assert/strict";
import { Observer, PoolElement, PoolUser, Registrar } from "../../mod.ts";
import { guarded } from "../../lib/driver/event_listener.ts";

const ANY = [{ host: "127.0.0.1", port: 0 }];

/** What is written by console.error meanwhile. */
async function errorsOf(run: () => Promise<void>): Promise<unknown[][]> {
  const written: unknown[][] = [];
  const { console } = globalThis;
  const error = (...words: unknown[]) => void written.push(words);
  globalThis.console = { ...console, error };
  try {
    await run();
  } finally {
    globalThis.console = console;
  }
  return written;
}

Deno.test("what a listener throws, or its promise, is told once", async () => {
  const heard: number[] = [];
  const errors = await errorsOf(async () => {
    const listener = guarded((event: number) => {
      heard.push(event);
      throw new RangeError(`no ${event}`);
    })!;
    listener(1);
    listener(2);
    const rejecting = guarded(() => Promise.reject(new RangeError("later")))!;
    rejecting(1);
    rejecting(2);
    await Promise.resolve();
    await Promise.resolve();
  });
  assert.deepEqual(heard, [1, 2]);
  assert.deepEqual(errors.map(([, error]) => (error as Error).message), ["no 1", "later"]);
  assert.equal(guarded(undefined), undefined);
});

Deno.test("listeners that throw end no registrar, element, user or observer", async () => {
  const heard = new Set<string>();
  const onEvent = (who: string) => (event: { readonly type: string }) => {
    heard.add(`${who} ${event.type}`);
    throw new Error(`${who} ${event.type}`);
  };
  const errors = await errorsOf(async () => {
    await using registrar = await Registrar.start({
      asap: ANY,
      enrp: ANY,
      onEvent: onEvent("registrar"),
    });
    const registrars = registrar.asap;
    await using element = new PoolElement({
      registrars,
      poolHandle: "web",
      port: 8081,
      onEvent: onEvent("element"),
    });
    await element.register();
    await using user = new PoolUser({ registrars, onEvent: onEvent("user") });
    assert.equal((await user.resolve("web")).poolElements.length, 1);
    await using observer = new Observer({
      registrars: registrar.enrp,
      onEvent: onEvent("observer"),
    });
    assert.equal((await observer.handleTable()).pools.length, 1);
    await element.deregister();
  });
  for (
    const each of [
      "registrar pool-element-registered",
      "registrar pool-element-removed",
      "registrar stopped",
      "element registered",
      "element deregistered",
      "user resolved",
      "observer table",
    ]
  ) assert.ok(heard.has(each), each);
  assert.equal(errors.length, 4, "each listener's first");
});

Deno.test("a listener of sessions that throws ends none of them", async () => {
  const errors = await errorsOf(async () => {
    await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
    const registrars = registrar.asap;
    await using element = new PoolElement({ registrars, poolHandle: "echo", port: 0 });
    await element.serve(async (session) => {
      for (let bytes = await session.receive(); bytes; bytes = await session.receive()) {
        await session.send(bytes);
      }
    }, {
      onEvent: ({ type }) => {
        throw new Error(type);
      },
    });
    await element.register();
    await using user = new PoolUser({ registrars });
    await using session = await user.connect("echo");
    await session.send(Uint8Array.of(1));
    assert.deepEqual((await session.receive())!.bytes, Uint8Array.of(1));
  });
  assert.deepEqual(errors.map(([, error]) => (error as Error).message), ["session-began"]);
});
