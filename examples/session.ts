/**
 * A session is a stream of bytes with a pool and not with a server. Here an element counts the
 * lines that it gets and gives its user the count in a cookie: when the element is killed, another
 * one of the pool goes on counting. RFC 5352 §3.8.
 *
 *     deno run --allow-net --allow-env --allow-sys=networkInterfaces \
 *       examples/session.ts element [REGISTRAR]      # in two terminals
 *     deno run --allow-net examples/session.ts user [REGISTRAR]   # type lines; kill an element
 *
 * All elements of the pool sign with the same key: RSERPOOL_EXAMPLE_KEY, 32 bytes in hexadecimal.
 */

import { PoolElement, PoolUser, type ServedSession } from "../mod.ts";

const [role, registrar = "127.0.0.1:3863"] = Deno.args;
const [host, port] = registrar.split(/:(?=\d+$)/) as [string, string];
const registrars = [{ host, port: Number(port) }];
const poolHandle = "counter";

function numberIn(state: Uint8Array): number {
  return new DataView(state.buffer, state.byteOffset).getUint32(0);
}

/** Counts lines. The state leaves before the answer: what was answered is never forgotten. */
async function count(session: ServedSession): Promise<void> {
  let total = session.state === undefined ? 0 : numberIn(session.state);
  for (let bytes = await session.receive(); bytes; bytes = await session.receive()) {
    total += bytes.filter((byte) => byte === 0x0a).length;
    const state = new Uint8Array(4);
    new DataView(state.buffer).setUint32(0, total);
    await session.sendState(state);
    await session.send(new TextEncoder().encode(`${total}\n`));
  }
}

async function beElement(): Promise<void> {
  const key = Deno.env.get("RSERPOOL_EXAMPLE_KEY");
  if (key === undefined) throw new Error("RSERPOOL_EXAMPLE_KEY is not set");
  const element = new PoolElement({ registrars, poolHandle, port: 0, use: "data+control" });
  await element.serve(count, { cookies: { keys: [Uint8Array.fromHex(key)] } });
  await element.register();
  console.log(`element ${element.identifier} counts`);
}

async function beUser(): Promise<void> {
  await using user = new PoolUser({ registrars });
  let unanswered: Uint8Array | undefined;
  await using session = await user.connect(poolHandle, {
    onFailover({ from, to, send }) {
      console.log(`from ${from.identifier} to ${to.identifier}`);
      // The element died before it answered: the line was not counted, or nobody knows it.
      if (unanswered !== undefined) send(unanswered);
    },
  });
  for await (const line of Deno.stdin.readable) {
    unanswered = line;
    await session.send(line);
    const { bytes, poolElement } = (await session.receive())!;
    unanswered = undefined;
    const total = new TextDecoder().decode(bytes).trim();
    console.log(`${total} lines, says ${poolElement.identifier}`);
  }
}

if (role === "element") await beElement();
else if (role === "user") await beUser();
else throw new Error("give element or user");
