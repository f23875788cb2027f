/** What an agent makes of a registrar, or of another server, that does not keep the rules. */
import assert from "node:assert/strict";
import { BindingAgent } from "../../../lib/bindings/mod.ts";
import { asap, MAX_COUNTER } from "../../../lib/wire/mod.ts";
import { bindingOf } from "../samples.ts";
import { optionsOf } from "./lan.ts";

/** Everything that an agent says, as messages: what cannot be encoded throws. */
function told(agent: BindingAgent, now: number): number {
  let messages = 0;
  for (let output = agent.poll(now); output !== undefined; output = agent.poll(now)) {
    if (output.type !== "publish") continue;
    const { servers, bindings } = output;
    const of = { request: 1, poolHandle: "dhcp/lan1", peIdentifier: 0x1111 } as const;
    assert(asap.encode({ type: "ASAP_BINDING_UPDATE", ...of, servers, bindings }).length > 0);
    messages++;
  }
  return messages;
}

Deno.test("counters and claims at their end: what comes next can be told and saved", () => {
  const now = 1_000_000;
  const agent = new BindingAgent(optionsOf(1, 2), now);
  agent.leases(now);
  agent.onRestarted(now);
  const [own] = agent.snapshot(now).servers;
  const record = { ...own!, version: MAX_COUNTER, claim: MAX_COUNTER, name: "another" };
  const bindings = [MAX_COUNTER, MAX_COUNTER - 1]
    .map((counter, at) => bindingOf({ address: `10.0.0.${at + 2}`, counter }));
  agent.onTableBegan();
  agent.onRecords([record], bindings, now);
  agent.onSynchronized(now);
  const client = { hardware: "52:54:00:00:00:07" };
  agent.onLeaseEvent({ action: "add", address: "10.0.0.2", client, remaining: 600 }, now);
  assert(told(agent, now) > 0);
  const { clock, servers } = agent.snapshot(now);
  assert(clock < 10, `clock ${clock}`);
  assert.equal(servers[0]!.name, own!.name);
});

Deno.test("two bindings of one client with one counter: the DHCP server has one lease", () => {
  const now = 1_000_000;
  const agent = new BindingAgent(optionsOf(1, 2), now);
  const ended = { state: "EXPIRED", transaction: "EXPIRATION", counter: 5, remaining: 0 } as const;
  const [one, other] = [2, 9].map((at) => bindingOf({ ...ended, address: `10.0.0.${at}` }));
  agent.onRecords([], [one!, { ...other!, server: 2 }], now);
  const leases = agent.leases(now).filter(({ holding }) => holding.kind === "lease");
  assert.equal(leases.length, 1);
});
