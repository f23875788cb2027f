/** RFC 5352, the sentences about the cache of a pool user and its primitives. */
import assert from "node:assert/strict";
import { POOL_USER_TIMING, type SocketAddress } from "../../lib/core/mod.ts";
import { PoolElement, PoolUser, type PoolUserEvent, Registrar } from "../../mod.ts";
import { element, UserStage } from "../core/pool_user/user_stage.ts";

const ANY = [{ host: "127.0.0.1", port: 0 }] as const;
/** Nobody listens there. */
const NOBODY: SocketAddress = { host: "127.0.0.1", port: 1 };
const { staleCacheValueMs, t1EnrpRequestMs } = POOL_USER_TIMING;

/** A registrar and an element of the pool web. */
async function withElement(
  run: (registrars: readonly SocketAddress[], element: PoolElement) => Promise<void>,
): Promise<void> {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  await using element = new PoolElement({ registrars, poolHandle: "web", port: 81 });
  await element.register();
  await run(registrars, element);
}

Deno.test(
  "RFC 5352 §6.3: the ASAP Endpoint should initiate a mapping information query by sending an " +
    "ASAP_HANDLE_RESOLUTION message on the Pool handle and updating its local cache",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.resolve("web");
    stage.answer(home, [element(1)]);
    stage.takeSent();
    stage.command({ type: "resolve", request: 99, poolHandle: "web", refresh: true });
    assert.equal(stage.takeMessage("ASAP_HANDLE_RESOLUTION").poolHandle, "web");
    assert.deepEqual(stage.cached()?.poolElements, [element(1)]);
    stage.answer(home, [element(2)]);
    assert.deepEqual(stage.cached()?.poolElements, [element(2)]);
  },
);

Deno.test(
  "RFC 5352 §6.3: If a Pool-Element-Handle is passed, then the Pool Handle is unpacked from the " +
    "Pool-Element-Handle and the ASAP_HANDLE_RESOLUTION message is sent",
  () =>
    withElement(async (registrars, { identifier }) => {
      await using user = new PoolUser({ registrars });
      await user.populate({ poolHandle: "web", identifier });
      assert.equal(user.cached("web")?.poolElements[0]?.identifier, identifier);
    }),
);

Deno.test(
  "RFC 5352 §6.3: Note that if the ASAP service does NOT support a local cache, this primitive " +
    "performs NO action.",
  async () => {
    const events: PoolUserEvent[] = [];
    await using user = new PoolUser({
      registrars: [NOBODY],
      timing: { staleCacheValueMs: 0 },
      onEvent: (event) => events.push(event),
    });
    await user.populate("web");
    using _fresh = user.keepFresh("web");
    user.purge("web");
    assert.deepEqual(events, []);
  },
);

Deno.test(
  "RFC 5352 §6.4: If the user passes a Pool-Element-Handle, then the Pool Handle within is used " +
    "for the cache_purge_request.",
  () =>
    withElement(async (registrars, { identifier }) => {
      await using user = new PoolUser({ registrars });
      await user.populate("web");
      user.purge({ poolHandle: "mail", identifier });
      assert.notEqual(user.cached("web"), undefined);
      user.purge({ poolHandle: "web", identifier });
      assert.equal(user.cached("web"), undefined);
    }),
);

Deno.test(
  "RFC 5352 §6.9.1: the ASAP Endpoint should look within its translation cache and return the " +
    "current known transport types, ports, and addresses to the caller.",
  () =>
    withElement(async (registrars) => {
      await using user = new PoolUser({ registrars });
      await user.populate("web");
      const { transport } = user.cached("web")!.poolElements[0]!;
      const expected = { protocol: "tcp", port: 81, use: 0, addresses: ["127.0.0.1"] };
      assert.deepEqual(transport, expected);
      assert.equal(await user.resolve("web"), user.cached("web"));
    }),
);

Deno.test(
  "RFC 5352 §6.9.1: If the Pool Handle does not exist in the local handle cache … Upon " +
    "completion of the handle resolution, the ASAP Endpoint should populate the local handle cache",
  () =>
    withElement(async (registrars) => {
      await using user = new PoolUser({ registrars });
      assert.equal(user.cached("web"), undefined);
      const { poolElements } = await user.resolve("web");
      assert.equal(user.cached("web")?.poolElements, poolElements);
    }),
);

Deno.test(
  "RFC 5352 §6.9.2: ASAP will send an ASAP_ENDPOINT_UNREACHABLE … in response to this primitive.",
  () =>
    withElement(async (registrars, { identifier }) => {
      const events: PoolUserEvent[] = [];
      await using user = new PoolUser({ registrars, onEvent: (event) => events.push(event) });
      await user.resolve("web");
      user.reportUnreachable("web", identifier);
      assert.deepEqual(events.at(-1), {
        type: "unreachable-reported",
        poolHandle: "web",
        peIdentifier: identifier,
      });
      assert.equal(user.cached("web"), undefined);
    }),
);

Deno.test(
  "RFC 5352 §3.3, C2: Have a stale timeout timer associated with each cache entry. A " +
    "subscription stops it while its registrar answers.",
  () => {
    const stage = new UserStage();
    const home = stage.settle();
    stage.subscribe("web");
    stage.grant(home, [element(1)]);
    stage.takeSent();
    for (let i = 0; i < 40; i++) {
      stage.advance(t1EnrpRequestMs / 2);
      assert.notEqual(stage.cached(), undefined);
      if (stage.takeSent().length > 0) stage.grant(home, [element(1)]);
    }
    const heard = stage.now;
    stage.grant(home, [element(1)]);
    stage.disconnect(home, "reset");
    stage.advance(heard + staleCacheValueMs - 1 - stage.now);
    assert.notEqual(stage.cached(), undefined);
    stage.advance(1);
    assert.equal(stage.cached(), undefined);
  },
);

Deno.test(
  "RFC 5352 §7.2: stale_cache_value - A threshold variable that indicates how long a cache entry " +
    "is valid for.",
  () => {
    const stage = new UserStage({ timing: { ...POOL_USER_TIMING, staleCacheValueMs: 777 } });
    const home = stage.settle();
    stage.resolve("web");
    stage.answer(home);
    stage.advance(776);
    assert.notEqual(stage.cached(), undefined);
    stage.advance(1);
    assert.equal(stage.cached(), undefined);
  },
);
