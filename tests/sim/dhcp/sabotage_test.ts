/** Agents that are broken on purpose: storms find each of them, and say what is wrong. */
import assert from "node:assert/strict";
import { AddressRange, type BindingAgent } from "../../../lib/bindings/mod.ts";
import { playStorm } from "../../../lib/sim/mod.ts";

/** So many storms are enough to find any of them. */
const STORMS = 40;

/** Replaces something of an agent; the rest of it is as it was. */
function changed(agent: BindingAgent, change: Partial<BindingAgent>): BindingAgent {
  return Object.assign(agent, change);
}

const TWICE = /is that of C\d+ by dhcp\d, and now of C\d+ by dhcp\d/;

/** In which share an address is, and which one is the agent's own. */
function sharesOf({ servers }: BindingAgent) {
  const { shares, share } = servers[0]!;
  const range = new AddressRange(servers[0]!.first, servers[0]!.last);
  return { shareOf: (address: string) => range.shareOf(address, shares), own: share };
}

const BROKEN: readonly (readonly [
  name: string,
  finding: RegExp,
  sabotage: (agent: BindingAgent) => BindingAgent,
])[] = [
  ["does not hold the others' shares", /is free at dhcp1 and dhcp2/, (agent) => {
    const leases = agent.leases.bind(agent);
    return changed(agent, {
      leases: (now) => leases(now).filter(({ holding }) => holding.kind !== "placeholder"),
    });
  }],
  ["gives the word of all for what ends", /tables differ|is that of/, (agent) => {
    const poll = agent.poll.bind(agent);
    return changed(agent, {
      poll(now) {
        const output = poll(now);
        if (output?.type !== "publish") return output;
        const all = agent.servers.map(({ identifier }) => identifier).sort((a, b) => a - b);
        const bindings = output.bindings.map((each) => {
          const isEnded = each.state === "EXPIRED" || each.state === "BINDABLE";
          return isEnded ? { ...each, acknowledgedBy: all } : each;
        });
        return { ...output, bindings };
      },
    });
  }],
  ["tells nobody what it gives", /tables differ/, (agent) => {
    const poll = agent.poll.bind(agent);
    return changed(agent, {
      poll(now) {
        const output = poll(now);
        if (output?.type !== "publish") return output;
        return { ...output, bindings: output.bindings.filter(({ state }) => state !== "BOUND") };
      },
    });
  }],
  ["does not do what others tell it", /which knows of it/, (agent) => {
    const poll = agent.poll.bind(agent);
    return changed(agent, {
      poll(now) {
        const output = poll(now);
        return output?.type === "apply" ? { ...output, changes: [] } : output;
      },
    });
  }],
  ["uses its share whatever the others say", TWICE, (agent) => {
    const leases = agent.leases.bind(agent);
    const { shareOf, own } = sharesOf(agent);
    return changed(agent, {
      leases: (now) => leases(now).filter(({ address }) => shareOf(address) !== own),
    });
  }],
  ["never gives its word", /lacks its share/, (agent) => {
    const poll = agent.poll.bind(agent);
    return changed(agent, {
      poll(now) {
        const output = poll(now);
        if (output?.type !== "publish") return output;
        const servers = output.servers.map((each) => ({ ...each, acknowledgements: [] }));
        return { ...output, servers };
      },
    });
  }],
];

for (const [name, finding, sabotage] of BROKEN) {
  Deno.test(`storms find an agent that ${name}`, () => {
    const found: string[] = [];
    for (let seed = 1; seed <= STORMS; seed++) {
      const { violation } = playStorm({ seed, servers: 2, sabotage });
      if (violation !== undefined && finding.test(violation)) return;
      if (violation !== undefined) found.push(`${seed}: ${violation}`);
    }
    assert.fail(`${STORMS} storms have found this only: ${found.join("\n")}`);
  });
}
