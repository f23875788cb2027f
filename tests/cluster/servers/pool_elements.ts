/**
 * Many pool elements in one process, which stay registered while it lives. Arguments: the pool
 * handle, the first identifier, how many, and the ASAP addresses of registrars: each element begins
 * with another one.
 */
import { PoolElement } from "../../../mod.ts";
import { socketAddress } from "../socket_address.ts";

const [poolHandle, first, count, ...addresses] = Deno.args as [string, string, string, ...string[]];
const all = addresses.map(socketAddress);
const elements = Array.from({ length: Number(count) }, (_, at) => {
  const turn = at % all.length;
  return new PoolElement({
    registrars: [...all.slice(turn), ...all.slice(0, turn)],
    order: "given",
    staggerMs: 1_000,
    timingProfile: "fast",
    poolHandle,
    port: 10_000 + at,
    identifier: Number(first) + at,
  });
});
await Promise.all(elements.map((element) => element.register()));
Deno.stdout.writeSync(new TextEncoder().encode("registered\n"));
