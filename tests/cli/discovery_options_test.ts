/** What `--discover` and `--announce` make of a command line. */

import assert from "node:assert/strict";
import type { DiscoverSettings, MulticastEvent, RegistrarSettings } from "../../cli/api.ts";
import { FakeWorld, type Given, run, runIn } from "./fake_world.ts";

const answers: Given = {
  user: {
    resolve: (poolHandle) => {
      return Promise.resolve({ poolHandle, policy: { name: "round-robin" }, poolElements: [] });
    },
  },
  observer: {
    status: () => {
      const address = { host: "192.0.2.1", port: 9901 };
      return Promise.resolve({ identifier: 1, address, serves: true });
    },
  },
};

interface Made {
  readonly registrars: readonly { readonly host: string; readonly port: number }[];
  readonly discover?: DiscoverSettings;
}

async function made(line: string, env: Given["env"] = {}): Promise<Made> {
  const { world } = await run(line, { ...answers, env });
  return world.made[0] as unknown as Made;
}

for (const command of ["resolve web", "status"]) {
  Deno.test(`${command} --discover asks those only that announce themselves`, async () => {
    const { registrars, discover } = await made(`${command} --discover`);
    assert.deepEqual(registrars, []);
    const { onEvent: _, ...settings } = discover!;
    assert.deepEqual(settings, {
      asapGroups: undefined,
      enrpGroups: undefined,
      interfaces: undefined,
    });
  });

  Deno.test(`${command} -r A --discover asks A first, wherever A was given`, async () => {
    const line = `${command} --discover`;
    const env = { RSERPOOL_REGISTRAR: "192.0.2.1" };
    for (const asked of [await made(`${line} -r 192.0.2.1`), await made(line, env)]) {
      const { registrars, discover } = asked;
      assert.deepEqual(registrars.map(({ host }) => host), ["192.0.2.1"]);
      assert.ok(discover !== undefined);
    }
  });

  Deno.test(`${command} without --discover asks this host and listens to nobody`, async () => {
    const env = { RSERPOOL_ASAP_GROUP: "224.0.1.185", RSERPOOL_DISCOVER: "0" };
    const { registrars, discover } = await made(command, env);
    assert.deepEqual(registrars.map(({ host }) => host), ["127.0.0.1"]);
    assert.equal(discover, undefined);
  });
}

Deno.test("groups have the usual ports, and IPv6 stands in brackets", async () => {
  const line = "resolve web --discover --asap-group 239.1.2.3 --asap-group [ff02::1]:7 " +
    "--enrp-group [ff05::9] --multicast-interface eth0 --multicast-interface 192.0.2.1";
  const { discover } = await made(line);
  assert.deepEqual(discover!.asapGroups, [
    { host: "239.1.2.3", port: 3863 },
    { host: "ff02::1", port: 7 },
  ]);
  assert.deepEqual(discover!.enrpGroups, [{ host: "ff05::9", port: 9901 }]);
  assert.deepEqual(discover!.interfaces, ["eth0", "192.0.2.1"]);
});

Deno.test("with -v it is said who announces himself", async () => {
  const registrar = { host: "2001:db8::1", port: 3863 };
  const event: MulticastEvent = {
    type: "registrar-announced",
    protocol: "ASAP",
    identifier: 7,
    registrar,
    source: "2001:db8::1",
  };
  const world = new FakeWorld({
    ...answers,
    observer: {
      status: () => {
        (world.made[0] as unknown as Made).discover!.onEvent!(event);
        return Promise.resolve({ identifier: 1, address: registrar, serves: true });
      },
    },
  });
  assert.equal(await runIn(world, "status --discover -v"), 0);
  assert.match(
    world.stderrText,
    /registrar-announced protocol=ASAP registrar=\[2001:db8::1\]:3863 source=2001:db8::1\n/,
  );
});

for (
  const [line, hops, timers] of [
    ["registrar --announce", undefined, undefined],
    ["registrar --announce --multicast-ttl 4 --asap-group 239.1.2.3:5 --t7-enrpoutdate 9s", 4, {
      t7EnrpOutdateMs: 9_000,
    }],
    ["registrar --announce --multicast-ttl 4 --asap-group 239.1.2.3:5 --t6-serverannounce 2s", 4, {
      t6ServerAnnounceMs: 2_000,
    }],
  ] as const
) {
  Deno.test(`${line}: the registrar is told how to announce itself`, async () => {
    const settings: RegistrarSettings[] = [];
    const started = (given: RegistrarSettings) => {
      settings.push(given);
      return Promise.reject(new Error("enough"));
    };
    const timing = { peerHeartbeatCycleMs: 1, maxTimeLastHeardMs: 2 };
    await run(line, {
      api: {
        Registrar: { start: started },
        REGISTRAR_TIMING: timing,
        FAST_REGISTRAR_TIMING: timing,
      } as unknown as Given["api"],
    });
    const { announce } = settings[0]!;
    assert.equal(announce!.hops, hops);
    assert.deepEqual(announce!.timing, timers);
    assert.deepEqual(announce!.asapGroups, hops && [{ host: "239.1.2.3", port: 5 }]);
  });
}
