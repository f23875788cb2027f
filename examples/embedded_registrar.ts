/**
 * A registrar inside a program: what happens is told as it happens, and what it knows can be asked.
 * Here a test of somebody's own application has its registrar, its servers and its client in one
 * process, without any configuration and on free ports.
 *
 *     deno run --allow-net --allow-sys=networkInterfaces examples/embedded_registrar.ts
 */

import { formatIdentifier, PoolElement, PoolUser, Registrar } from "../mod.ts";

const anyPort = [{ host: "127.0.0.1", port: 0 }];
await using registrar = await Registrar.start({
  asap: anyPort,
  enrp: anyPort,
  onEvent(event) {
    if (event.type === "pool-element-registered") console.log(`+ ${event.poolHandle}`);
    if (event.type === "pool-element-removed") console.log(`- ${event.poolHandle} ${event.reason}`);
  },
});
const registrars = registrar.asap;

const servers = [8081, 8082].map((port) =>
  new PoolElement({ registrars, poolHandle: "web", port, identifier: port })
);
for (const server of servers) await server.register();

await using user = new PoolUser({ registrars });
const { poolElements } = await user.resolve("web");
console.log(poolElements.map(({ identifier }) => identifier));

// What `rserpool dump` would print; to be read at once, as it changes.
for (const pool of registrar.view().pools()) {
  for (const { poolElement, state, lifeLeftMs } of pool.elements()) {
    const minutes = Math.round(lifeLeftMs! / 60_000);
    const identifier = formatIdentifier(poolElement.identifier);
    console.log(`${pool.poolHandle} ${identifier} ${state}, ${minutes} minutes left`);
  }
}

for (const server of servers) {
  await server.deregister();
  await server.close();
}
