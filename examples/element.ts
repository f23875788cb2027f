/**
 * A web server that is a pool element. It is registered while it lives, and de-registered before it
 * stops, so that nobody is sent to it who would find it gone.
 *
 *     deno run --allow-net --allow-sys=networkInterfaces examples/element.ts [POOL] [REGISTRAR]
 *
 * POOL is `web` and REGISTRAR is 127.0.0.1:3863, unless given. Start it twice or more often.
 */

import { PoolElement, RegistrarUnreachable } from "../mod.ts";

const [poolHandle = "web", registrar = "127.0.0.1:3863"] = Deno.args;
const [host, port] = registrar.split(/:(?=\d+$)/) as [string, string];

// First it serves, and then it says so.
const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  () => new Response(`I am ${server.addr.port}\n`),
);

await using element = new PoolElement({
  registrars: [{ host, port: Number(port) }],
  poolHandle,
  port: server.addr.port,
  policy: { name: "weighted-round-robin", weight: 10 },
  registrationLife: 60,
  onEvent: (event) => console.error(event.type),
});

// A registrar that is not there yet is looked for, until it is.
await element.register();
console.log(`registered in ${poolHandle} as port ${server.addr.port}`);

const stopped = Promise.withResolvers<void>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => stopped.resolve());
}
await stopped.promise;

try {
  await element.deregister();
} catch (error) {
  // Nobody is left who would send clients here.
  if (!(error instanceof RegistrarUnreachable)) throw error;
}
await server.shutdown();
