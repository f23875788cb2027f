/** RFC 5351 §4.1, for programs that connect by themselves. */
import assert from "node:assert/strict";
import { PoolElement, PoolUser, type PoolUserEvent, Registrar } from "../../mod.ts";

const ANY = [{ host: "127.0.0.1", port: 0 }] as const;

/** A pool of three elements with a user, whose reports are noted. */
async function withPool(
  run: (user: PoolUser, reports: number[]) => Promise<void>,
): Promise<void> {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  await using stack = new AsyncDisposableStack();
  for (const port of [81, 82, 83]) {
    const element = stack.use(new PoolElement({ registrars, poolHandle: "web", port }));
    await element.register();
  }
  const reports: number[] = [];
  const onEvent = (event: PoolUserEvent) => {
    if (event.type === "unreachable-reported") reports.push(event.peIdentifier);
  };
  await using user = new PoolUser({ registrars, onEvent });
  await run(user, reports);
}

Deno.test(
  "RFC 5351 §4.1: a service primitive provisionally named GETPRIMARYSERVER that takes a pool " +
    "handle as input, and returns the IP address of the primary server.",
  () =>
    withPool(async (user, reports) => {
      const { transport } = await user.primaryServer("web");
      assert.deepEqual(transport, {
        protocol: "tcp",
        port: 81,
        use: 0,
        addresses: ["127.0.0.1"],
      });
      assert.deepEqual(reports, []);
    }),
);

Deno.test(
  "RFC 5351 §4.1: First, it indicates to the RSerPool layer the failure of the server returned " +
    "by a previous GETPRIMARYSERVER or GETNEXTSERVER call.",
  () =>
    withPool(async (user, reports) => {
      const primary = await user.primaryServer("web");
      const next = await user.nextServer("web");
      assert.deepEqual(reports, [primary.identifier]);
      await user.nextServer("web");
      assert.deepEqual(reports, [primary.identifier, next.identifier]);
    }),
);

Deno.test(
  "RFC 5351 §4.1: Second, it provides the IP address of the next server that should be " +
    "contacted, according to the best information available to the RSerPool layer",
  () =>
    withPool(async (user) => {
      const all = [await user.primaryServer("web")];
      for (let i = 0; i < 2; i++) all.push(await user.nextServer("web"));
      const ports = all.map(({ transport }) => "port" in transport ? transport.port : 0);
      assert.deepEqual(ports, [81, 82, 83]);
      await assert.rejects(user.nextServer("web"), { name: "UnknownPoolHandle" });
    }),
);
