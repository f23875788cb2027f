import assert from "node:assert/strict";
import { METRIC_LIMITS, OTHER_POOLS, OTHER_REGISTRARS } from "../../../cli/metrics/limits.ts";
import { registrarMetrics } from "../../../cli/metrics/registrar_metrics.ts";
import * as api from "../../../mod.ts";
import { type ParsedSample, parseMetrics } from "./parsed.ts";

/** A registrar that shows so many pools and so many homes, beside what it is. */
async function samplesWith(
  changes: (view: api.RegistrarView) => Partial<api.RegistrarView>,
): Promise<readonly ParsedSample[]> {
  const anyPort = [{ host: "127.0.0.1", port: 0 }];
  await using registrar = await api.Registrar.start({ asap: anyPort, enrp: anyPort });
  using metrics = registrarMetrics({
    api,
    view() {
      const view = registrar.view();
      return { ...view, ...changes(view) };
    },
    traffic: () => registrar.traffic(),
    eventCounts: () => new Map([["serving", 1]]),
    now: () => 0,
  });
  return parseMetrics(metrics.text()).samples;
}

function valuesOf(samples: readonly ParsedSample[], name: string, label: string) {
  const found = samples.filter((each) => each.name === name);
  return new Map(found.map(({ labels, value }) => [labels[label], value]));
}

Deno.test("METRIC_LIMITS.pools: the largest have a series, all others share one", async () => {
  const count = METRIC_LIMITS.pools + 5;
  let asked = 0;
  const samples = await samplesWith((view) => ({
    statistics: { ...view.statistics, pools: count, poolElements: 1000 },
    tally(largest) {
      asked = largest;
      const pools = Array.from({ length: largest }, (_, i) => ({
        poolHandle: `pool-${i}`,
        poolElements: 2,
      }));
      return { ...view.tally(0), largest: pools };
    },
  }));
  assert.equal(asked, METRIC_LIMITS.pools);
  const sizes = valuesOf(samples, "rserpool_pool_size", "pool");
  assert.equal(sizes.size, METRIC_LIMITS.pools + 1);
  assert.equal(sizes.get(OTHER_POOLS), 1000 - 2 * METRIC_LIMITS.pools);
});

Deno.test("the label of all other pools is no pool handle: it stands for no bytes", () => {
  assert.throws(() => api.poolHandleBytes(OTHER_POOLS), SyntaxError);
});

Deno.test("METRIC_LIMITS.registrars: those with the most elements have a series", async () => {
  const homes = new Map(Array.from({ length: METRIC_LIMITS.registrars + 3 }, (_, i) => [i + 1, i]));
  const samples = await samplesWith(() => ({ homes }));
  const byHome = valuesOf(samples, "rserpool_pool_elements_by_home", "home");
  assert.equal(byHome.size, METRIC_LIMITS.registrars + 1);
  assert.equal(byHome.get(OTHER_REGISTRARS), 0 + 1 + 2);
  assert.equal(byHome.get("0x00000004"), 3);
});

Deno.test("few pools have no others", async () => {
  const samples = await samplesWith(() => ({}));
  assert.equal(valuesOf(samples, "rserpool_pool_size", "pool").size, 0);
});

Deno.test("no series is there twice, and what never was is there as 0", async () => {
  const samples = await samplesWith(() => ({}));
  const keys = samples.map(({ name, labels }) => name + JSON.stringify(labels));
  assert.deepEqual(keys.filter((key, i) => keys.indexOf(key) !== i), []);
  const rejected = valuesOf(samples, "rserpool_registrations_rejected_total", "cause");
  assert.equal(rejected.get("Lack of Resources"), 0);
  const removed = valuesOf(samples, "rserpool_pool_elements_removed_total", "reason");
  assert.equal(removed.get("keep-alive-timed-out"), 0);
  assert.equal(valuesOf(samples, "rserpool_events_total", "event").get("peer-dead"), 0);
});

Deno.test("DHCP bindings are counted by state, DHCP servers by what they do", async () => {
  const pool = (lost: number, flags: readonly api.BindingServerFlag[]) => ({
    lost,
    bindings: 3,
    subscriptions: 0,
    poolHandle: "dhcp/lan1",
    servers: [{ ...DHCP_SERVER, flags }],
    states: () => ({ BOUND: 2, EXPIRED: 1, BINDABLE: 0, UNAVAILABLE: 0 }),
  });
  const samples = await samplesWith(() => ({
    bindingPools: () => [pool(1, []), pool(2, ["authoritative"]), pool(0, ["withheld", "down"])],
  }));
  const states = valuesOf(samples, "rserpool_bindings", "state");
  assert.deepEqual(Object.fromEntries(states), {
    BOUND: 6,
    EXPIRED: 3,
    BINDABLE: 0,
    UNAVAILABLE: 0,
  });
  const servers = valuesOf(samples, "rserpool_binding_servers", "state");
  assert.deepEqual(Object.fromEntries(servers), { serving: 2, withheld: 0, down: 1 });
  assert.equal(samples.find(({ name }) => name === "rserpool_bindings_lost")!.value, 3);
});

const DHCP_SERVER: api.BindingServer = {
  identifier: 1,
  name: "dhcp1",
  version: 1,
  claim: 1,
  first: "10.0.0.1",
  last: "10.0.0.12",
  share: 1,
  shares: 2,
  lease: 600,
  freeIn: 0,
  flags: [],
  acknowledgements: [],
};
