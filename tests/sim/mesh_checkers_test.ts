/**
 * The checkers of registrars that are each other's peers are shown to find what they are for: a
 * machine is broken on purpose, and one of them says so.
 */
import type { Message, Output, RegistrarCommand, RegistrarEvent } from "../../lib/core/mod.ts";
import type { Machine } from "../../lib/core/mod.ts";
import {
  boundsOf,
  checkMemory,
  CheckSuite,
  Cluster,
  type ClusterOptions,
  ConvergenceChecker,
  keepAsking,
  RestChecker,
} from "../../lib/sim/mod.ts";
import { DEL_PE } from "../../lib/wire/mod.ts";
import { Broken, finds } from "./broken.ts";

type RegistrarMachine = Machine<RegistrarCommand, RegistrarEvent>;

/** Three registrars and six elements; the last registrar may be broken. */
function unwatchedMesh(breakIt?: (right: RegistrarMachine) => RegistrarMachine) {
  let made = 0;
  const sabotage: ClusterOptions["sabotage"] = breakIt === undefined ? {} : {
    registrar: (right) => ++made % 3 === 0 ? breakIt(right) : right,
  };
  const cluster = new Cluster({ seed: 1, sabotage });
  cluster.addMesh([{ name: "R1" }, { name: "R2" }, { name: "R3" }]);
  for (let i = 0; i < 6; i++) {
    cluster.addElement({ order: "given", registrars: [cluster.registrars[i % 3]!.asap] });
  }
  for (const element of cluster.elements) element.register();
  return { cluster };
}

/** The same, with a user that asks the last registrar, and every checker. */
function mesh(breakIt?: (right: RegistrarMachine) => RegistrarMachine) {
  const { cluster } = unwatchedMesh(breakIt);
  const user = cluster.addUser({ registrars: [cluster.registrars[2]!.asap] });
  const suite = new CheckSuite(cluster);
  keepAsking(cluster, user, { poolHandles: ["mail"], everyMs: 5000 });
  return { cluster, suite };
}

/** Changes the messages that a machine sends; `undefined`: it sends nothing. */
const sending = (change: (message: Message) => Message | undefined) => (right: RegistrarMachine) =>
  new Broken(right, {
    output: (output: Output<RegistrarEvent>) => {
      if (output.type !== "send") return [output];
      const message = change(output.message);
      return message === undefined ? [] : [{ ...output, message }];
    },
  });

/** A machine that never hears of messages of some types. */
const deafTo = (...types: Message["type"][]) => (right: RegistrarMachine) =>
  new Broken(right, {
    input: (input) =>
      input.type === "received" && types.includes(input.message.type) ? undefined : input,
  });

Deno.test("nothing is found of peers where nothing is broken", () => {
  const { cluster, suite } = mesh();
  cluster.advance(suite.bounds.quietMs);
  suite.check();
  cluster.registrars[0]!.powerOff();
  cluster.elements[1]!.kill();
  cluster.advance(suite.bounds.quietMs);
  suite.check();
  cluster.registrars[0]!.start();
  cluster.advance(suite.bounds.quietMs);
  suite.check();
  cluster.registrars[1]!.stop();
  cluster.advance(suite.bounds.quietMs);
  suite.check();
});

Deno.test("convergence: a registrar that does not hear updates", () => {
  const { cluster } = mesh(deafTo("ENRP_HANDLE_UPDATE"));
  const checker = new ConvergenceChecker(cluster);
  cluster.watch(checker);
  cluster.advance(20_000);
  // The audit at a heartbeat repairs what the checksum shows; values it does not show.
  cluster.elements[0]!.update({ name: "round-robin" });
  cluster.elements[3]!.kill();
  cluster.advance(2000);
  finds("convergence", /R1 lists .*, and R3 does not/, () => checker.check());
});

Deno.test("convergence: a registrar with other values, though the checksums agree", () => {
  const { cluster, suite } = mesh(sending((message) => {
    if (message.type !== "ENRP_HANDLE_TABLE_RESPONSE") return message;
    const pools = message.pools.map(({ poolHandle, poolElements }) => ({
      poolHandle,
      poolElements: poolElements.map((each) => ({ ...each, registrationLife: 77 })),
    }));
    return { ...message, pools };
  }));
  cluster.advance(suite.bounds.quietMs);
  finds("convergence", /R1 and R3 differ about web\/.*77/, () => suite.check());
});

Deno.test("convergence: a registrar that tells a wrong checksum", () => {
  const { cluster } = mesh(
    sending((message) =>
      message.type === "ENRP_PRESENCE" && message.checksum !== undefined
        ? { ...message, checksum: message.checksum ^ 1 }
        : message
    ),
  );
  const checker = new ConvergenceChecker(cluster);
  cluster.watch(checker);
  cluster.advance(70_000);
  finds("convergence", /R3 tells the checksum \d+, and its children have \d+/, () => {
    checker.check();
  });
});

Deno.test("convergence: a registrar that does not know a peer", () => {
  const { cluster, suite } = mesh(
    sending((message) =>
      message.type === "ENRP_LIST_RESPONSE"
        ? { ...message, servers: message.servers.slice(1) }
        : message
    ),
  );
  cluster.advance(suite.bounds.quietMs);
  finds("convergence", /R3 does not know its peer R\d/, () => suite.check());
});

Deno.test("convergence: a registrar that goes on listing one that is gone", () => {
  const { cluster, suite } = mesh(sending((message) => {
    if (message.type !== "ENRP_LIST_RESPONSE") return message;
    const [known] = message.servers;
    const servers = [...message.servers, { ...known!, identifier: 7 }];
    return message.receiver === 0 ? { ...message, servers } : message;
  }));
  cluster.advance(suite.bounds.quietMs);
  finds("convergence", /R3 lists 0x00000007, which is no living peer/, () => suite.check());
});

Deno.test("presence: registrars that do not agree who the home of an element is", () => {
  const { cluster, suite } = mesh(sending((message) => {
    if (message.type !== "ENRP_HANDLE_TABLE_RESPONSE") return message;
    const pools = message.pools.map(({ poolHandle, poolElements }) => ({
      poolHandle,
      poolElements: poolElements.map((each) => ({ ...each, home: 7 })),
    }));
    return message.receiver === 0 ? { ...message, pools } : message;
  }));
  cluster.advance(suite.bounds.quietMs);
  finds("presence", /PE#1 serves and is registered at R1 and R2 and R3/, () => suite.check());
});

Deno.test("presence: registrars that have just forgotten everything", () => {
  const { cluster, suite } = mesh();
  for (const each of cluster.registrars) each.kill();
  cluster.advance(1000);
  const [only] = cluster.registrars;
  only!.start();
  cluster.advance(2000);
  finds("presence", /serves and is registered at nowhere/, () => suite.check());
});

Deno.test("rest: registrars that audit each other for ever", () => {
  const { cluster } = mesh(
    sending((message) =>
      message.type === "ENRP_PRESENCE" && message.checksum !== undefined
        ? { ...message, checksum: message.checksum ^ 1 }
        : message
    ),
  );
  const checker = new RestChecker(cluster, boundsOf(cluster));
  cluster.watch(checker);
  cluster.advance(boundsOf(cluster).quietMs);
  finds("rest", /R\d asks R3 for its own children 2 times in quiet time/, () => checker.check());
});

Deno.test("rest: an element that registers again and again", () => {
  const { cluster } = mesh();
  const checker = new RestChecker(cluster, boundsOf(cluster));
  cluster.watch(checker);
  cluster.advance(20_000);
  const again = () => {
    cluster.elements[0]!.update({ name: "round-robin" });
    cluster.scheduler.after(1500, again);
  };
  again();
  cluster.advance(boundsOf(cluster).quietMs);
  finds("rest", /\d+ ASAP_REGISTRATION within the last \d+ s of quiet time, not/, () => {
    checker.check();
  });
});

Deno.test("departures: a registrar that goes on handing out what its home has removed", () => {
  const { cluster, suite } = mesh((right) =>
    new Broken(right, {
      input: (input) => {
        if (input.type !== "received") return input;
        const { message } = input;
        if (message.type === "ENRP_PRESENCE" && message.checksum !== undefined) {
          return { ...input, message: { ...message, checksum: undefined } };
        }
        return message.type === "ENRP_HANDLE_UPDATE" && message.action === DEL_PE
          ? undefined
          : input;
      },
    })
  );
  // Nobody tells it by a report that the element cannot be reached.
  const user = cluster.addUser({ registrars: [cluster.registrars[2]!.asap] });
  const ask = () => {
    user.purge();
    user.resolve("web");
    cluster.scheduler.after(2000, ask);
  };
  ask();
  cluster.advance(suite.bounds.quietMs);
  cluster.elements[0]!.kill();
  finds("departures", /R3 sends PU#2 to PE#1, killed/, () => cluster.advance(200_000));
});

/** A machine that is right at first; later it hears nothing of some type, and has no timers. */
function stuckOnce(type: Message["type"]) {
  const state = { isStuck: false };
  const breakIt = (right: RegistrarMachine) =>
    new Broken(right, {
      input: (input) =>
        state.isStuck && input.type === "received" && input.message.type === type
          ? undefined
          : input,
      deadline: (at) => state.isStuck ? undefined : at,
    });
  return { state, breakIt };
}

Deno.test("memory: a registrar that never forgets a dead peer", () => {
  const { state, breakIt } = stuckOnce("ENRP_TAKEOVER_SERVER");
  const { cluster } = unwatchedMesh(breakIt);
  cluster.advance(20_000);
  checkMemory(cluster);
  state.isStuck = true;
  cluster.registrars[1]!.powerOff();
  cluster.advance(150_000);
  finds("memory", /R3: more peers than the 1 that there are/, () => checkMemory(cluster));
});

Deno.test("memory: a registrar whose audit does not end", () => {
  const { state, breakIt } = stuckOnce("ENRP_HANDLE_TABLE_RESPONSE");
  const { cluster } = unwatchedMesh(breakIt);
  cluster.advance(20_000);
  checkMemory(cluster);
  state.isStuck = true;
  cluster.network.cut(cluster.registrars[0]!.host, cluster.registrars[2]!.host);
  cluster.advance(30_000);
  finds("memory", /R3: an audit that does not end/, () => checkMemory(cluster));
});
