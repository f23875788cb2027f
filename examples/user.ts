/**
 * A client of a pool: each request goes to the server that the pool's policy chooses. One that
 * cannot be reached is reported to the registrar, and the next one is asked at once.
 *
 *     deno run --allow-net examples/user.ts [POOL] [REGISTRAR] [COUNT]
 *
 * POOL is `web`, REGISTRAR is 127.0.0.1:3863 and COUNT is 5, unless given.
 */

import { type PoolElementValue, PoolUser, UnknownPoolHandle } from "../mod.ts";

const [poolHandle = "web", registrar = "127.0.0.1:3863", count = "5"] = Deno.args;
const [host, port] = registrar.split(/:(?=\d+$)/) as [string, string];

await using user = new PoolUser({ registrars: [{ host, port: Number(port) }] });

/** Where an element serves. */
function urlOf({ transport }: PoolElementValue): string {
  if (transport.protocol !== "tcp") throw new TypeError(`not over TCP: ${transport.protocol}`);
  const [address] = transport.addresses;
  return `http://${address!.includes(":") ? `[${address}]` : address}:${transport.port}/`;
}

/** An answer of the pool, whichever element gives it. */
async function ask(attempts = 3): Promise<string> {
  const element = await user.select(poolHandle);
  try {
    const response = await fetch(urlOf(element));
    return (await response.text()).trim();
  } catch (error) {
    user.reportUnreachable(poolHandle, element.identifier);
    if (attempts === 1) throw error;
    console.error(`${urlOf(element)} cannot be reached: the next one`);
    return await ask(attempts - 1);
  }
}

try {
  for (let i = 0; i < Number(count); i++) console.log(await ask());
} catch (error) {
  if (!(error instanceof UnknownPoolHandle)) throw error;
  console.error(`nobody is in the pool ${poolHandle}`);
  Deno.exitCode = 3;
}
