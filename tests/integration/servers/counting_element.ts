/**
 * A stateful echo service: it answers each line with itself and with how many different lines the
 * session has had. A line begins with its number; one that was counted already is answered and not
 * counted again. What it has counted survives it in the user's cookie.
 *
 * Arguments: the registrar's HOST:PORT, the pool handle. It prints its PE identifier once it is
 * registered, ends in order at SIGTERM, and prints how many lines it had to answer a second time.
 */

import { PoolElement, type ServedSession } from "../../../mod.ts";

const [registrar, poolHandle] = Deno.args;
const [host, port] = registrar!.split(":");
/** All elements of the pool have it; a test's is no secret. */
const KEY = new TextEncoder().encode("thirty-two bytes that tests share");

const text = new TextDecoder();
const bytes = new TextEncoder();
let repeated = 0;

function print(line: string): void {
  Deno.stdout.writeSync(bytes.encode(`${line}\n`));
}

/** What a session has counted: its number of lines, and the last one's number. */
interface Count {
  lines: number;
  last: number;
}

async function count(session: ServedSession): Promise<void> {
  const state: Count = session.state === undefined
    ? { lines: 0, last: 0 }
    : JSON.parse(text.decode(session.state));
  let partial = "";
  for (;;) {
    const received = await session.receive();
    if (received === undefined) return;
    const lines = (partial + text.decode(received)).split("\n");
    partial = lines.pop()!;
    for (const line of lines) await answer(session, state, line);
  }
}

/** docs/tcp-mapping.md §15: the cookie that remembers a line goes before its acknowledgement. */
async function answer(session: ServedSession, state: Count, line: string): Promise<void> {
  const number = Number.parseInt(line);
  if (number > state.last) {
    state.lines++;
    state.last = number;
    await session.sendState(bytes.encode(JSON.stringify(state)));
  } else repeated++;
  await session.send(bytes.encode(`${line} ${state.lines}\n`));
}

const element = new PoolElement({
  registrars: [{ host: host!, port: Number(port) }],
  poolHandle: poolHandle!,
  port: 0,
  use: 1,
  timingProfile: "fast",
});
const service = await element.serve(count, { host: "127.0.0.1", cookies: { keys: [KEY] } });
await element.register();
print(String(element.identifier));

Deno.addSignalListener("SIGTERM", async () => {
  await element.deregister();
  await service.drain({ timeoutMs: 10_000 });
  await element.close();
  print(`repeated ${repeated}`);
  Deno.exit(0);
});
