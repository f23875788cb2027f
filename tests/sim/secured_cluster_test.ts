import assert from "node:assert/strict";
import type { SecurityRules } from "../../lib/core/mod.ts";
import {
  Cluster,
  type ClusterOptions,
  type Credentials,
  makePlan,
  readTable,
  Simulation,
  USUAL_RULES,
} from "../../lib/sim/mod.ts";

function secured(options: Partial<ClusterOptions> = {}): Cluster {
  return new Cluster({ seed: 1, security: {}, keepLines: 200, ...options });
}

function identifiersAt(cluster: Cluster, name: string): number[] {
  const registrar = cluster.registrars.find((each) => each.name === name)!;
  const { pools } = readTable(cluster, registrar);
  return pools.flatMap((each) => each.poolElements.map(({ identifier }) => identifier));
}

for (const kinds of [["certificate"], ["psk"], ["certificate", "psk"]] as const) {
  Deno.test(`a cluster secured by ${kinds.join(" and ")} serves its members`, () => {
    const cluster = secured({ security: { kinds } });
    cluster.addMesh([{ name: "R1" }, { name: "R2" }]);
    cluster.advance(60_000);
    const elements = [cluster.addElement(), cluster.addElement()];
    for (const element of elements) element.register();
    cluster.advance(1000);
    assert.deepEqual(elements.map(({ state }) => state), ["registered", "registered"]);
    const wanted = elements.map(({ identifier }) => identifier).sort();
    assert.deepEqual(identifiersAt(cluster, "R1").sort(), wanted);
    assert.deepEqual(identifiersAt(cluster, "R2").sort(), wanted);
  });
}

Deno.test("the registrar that takes over dials elements, which still are the TLS clients", () => {
  const cluster = secured();
  cluster.addMesh([{ name: "R1" }, { name: "R2" }]);
  cluster.advance(60_000);
  const [one, two] = cluster.registrars;
  const element = cluster.addElement({ registrars: [one!.asap] });
  element.register();
  cluster.advance(1000);
  one!.kill();
  cluster.advance(300_000);
  assert.equal(element.home, two!.identifier);
  assert.deepEqual(identifiersAt(cluster, "R2"), [element.identifier]);
});

Deno.test("who has no credentials, or no right, registers nothing", () => {
  const cluster = secured();
  cluster.addRegistrar("R1");
  const wrong: readonly (readonly Credentials[])[] = [
    [],
    [{ kind: "certificate" }],
    [{ kind: "certificate", identity: "user-1" }],
    [{ kind: "psk", identity: "element-1" }],
  ];
  const elements = wrong.map((credentials) => cluster.addElement({ credentials }));
  for (const element of elements) element.register();
  cluster.advance(60_000);
  assert.deepEqual(identifiersAt(cluster, "R1"), []);
  assert(elements.every(({ state }) => state !== "registered"));
});

Deno.test("an element's endpoint takes no connection of who is no registrar", () => {
  const cluster = secured();
  const element = cluster.addElement({ registrars: [{ host: "10.0.0.9", port: 3863 }] });
  for (const credentials of [[], [{ kind: "certificate", identity: "element-2" }]] as const) {
    cluster.addStranger(`S${credentials.length}`, credentials).connect(element.endpoint!);
  }
  cluster.advance(1000);
  assert.equal(element.associations, 0);
  cluster.addStranger("rogue", [{ kind: "certificate", identity: "r", isRegistrar: true }])
    .connect(element.endpoint!);
  cluster.advance(1000);
  assert.equal(element.associations, 1);
});

Deno.test("after a reload, who may not register any more is not listed any more", () => {
  const cluster = secured();
  const registrar = cluster.addRegistrar("R1");
  const [first, second] = [cluster.addElement({ name: "a" }), cluster.addElement({ name: "b" })];
  for (const element of [first, second]) element!.register();
  cluster.advance(1000);
  const { identities } = USUAL_RULES.permissions;
  const rules: SecurityRules = {
    permissions: {
      identities: identities.map((each) =>
        each.register === undefined
          ? each
          : { ...each, proofs: [{ kind: "certificate", name: "element-a" }] }
      ),
    },
  };
  registrar.permit(rules);
  cluster.advance(1000);
  assert.deepEqual(identifiersAt(cluster, "R1"), [first!.identifier]);
});

Deno.test("who is not trusted is not dialled at network speed", () => {
  const cluster = secured({ keepLines: 10_000 });
  const registrar = cluster.addRegistrar("R1");
  const wrong = [{ kind: "psk", identity: "element-1" }] as const;
  cluster.addElement({ name: "PE", credentials: wrong }).register();
  const user = cluster.addUser({ name: "PU", credentials: wrong });
  user.subscribe("web");
  cluster.addRegistrar("R2", { mentors: [registrar.enrp], credentials: wrong });
  cluster.advance(3_600_000);
  const lines = cluster.transcript.tail(10_000).split("\n");
  for (const name of ["PE", "PU", "R2"]) {
    const dials = lines.filter((line) => line.includes(`${name} -x R1`));
    // Once a minute at the longest pause, and a user once each T1-ENRPrequest of 15 s besides.
    assert(dials.length > 30 && dials.length < 320, `${name}: ${dials.length}`);
    assert(dials.every((line) => line.endsWith(": security")));
  }
});

Deno.test("a short storm over a secured cluster breaks no rule", () => {
  const size = { registrars: 3, elements: 8, users: 3, hours: 0 };
  const plan = makePlan({ ...size, seed: 5, timing: "fast", security: "both" });
  const simulation = new Simulation(plan, { keepLines: 40 });
  const { violation, handedOut } = simulation.play();
  assert.equal(violation, undefined, `${violation?.finding}\n${simulation.tail(40)}`);
  assert(handedOut > 0);
});
