import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../lib/core/mod.ts";
import { Driver, type DriverParts } from "../../lib/driver/driver.ts";
import { clientTransports, type Transports } from "../../lib/driver/transports.ts";
import { type Connection, DialFailed } from "../../lib/net/mod.ts";
import { asap } from "../../lib/wire/mod.ts";
import { NotingMachine, ScriptedConnection, ScriptedTransport, settled } from "./scripted.ts";

const AT = { host: "192.0.2.1", port: 3864 };
const FROM = { host: "192.0.2.7", port: 40_000 };

function made(parts: Partial<DriverParts<string, string>> = {}) {
  const machine = new NotingMachine();
  const transport = new ScriptedTransport();
  const driver = new Driver<string, string>({
    machine,
    limits: DEFAULT_LIMITS,
    transports: clientTransports(transport),
    onEvent: () => {},
    ...parts,
  });
  const dial = async (security?: "psk") => {
    machine.put({
      type: "connect",
      association: 1,
      protocol: "ENRP",
      to: AT,
      timeoutMs: 5,
      security,
    });
    driver.command("dial");
    await settled();
  };
  return { machine, transport, driver, dial };
}

/** Lets a connection come, as if from outside. */
function come(transport: ScriptedTransport, connection: Connection): void {
  transport.listening[0]!.onConnection(connection);
}

Deno.test("a client is the TLS client where it dials and where it listens", async () => {
  const { transport, driver, dial } = made();
  await dial();
  await driver.listen("ASAP", AT);
  assert.deepEqual(transport.dialled[0]!.options.tls, { role: "client", protocol: "enrp" });
  assert.deepEqual(transport.listening[0]!.options?.tls, { role: "client", protocol: "asap" });
  await driver.close();
});

Deno.test("the machine names how a dial is to be secured", async () => {
  const [plain, psk] = [new ScriptedTransport(), new ScriptedTransport()];
  const transports: Transports = {
    toListen: () => plain,
    toDial: (_protocol, _to, security) => security === "psk" ? psk : plain,
    tlsUse: () => ({ role: "server", protocol: "asap" }),
  };
  const { driver, dial } = made({ transports });
  await dial("psk");
  assert.deepEqual([plain.dialled.length, psk.dialled.length], [0, 1]);
  await driver.close();
});

Deno.test("the machine hears who the other side has proved to be, and nothing on TCP", async () => {
  const { machine, transport, driver, dial } = made();
  const secured = { kind: "certificate", name: "r1.example.org", isRegistrar: true } as const;
  transport.answer = (address) => new ScriptedConnection(address, secured);
  await dial();
  await driver.listen("ASAP", AT);
  come(transport, new ScriptedConnection(FROM));
  const told = machine.inputs.flatMap((input) =>
    input.type === "connected" ? [[input.security, input.identity, input.isRegistrar]] : []
  );
  assert.deepEqual(told, [
    ["certificate", "r1.example.org", true],
    [undefined, undefined, undefined],
  ]);
  await driver.close();
});

Deno.test("a dial that fails for security is told with the words of the transport", async () => {
  const { machine, transport, driver, dial } = made();
  transport.answer = (address) => {
    throw new DialFailed(address, "security", undefined, "the certificate expired yesterday");
  };
  await dial();
  assert.deepEqual(machine.inputs.at(-1), {
    type: "disconnected",
    association: 1,
    reason: "security",
    detail: "the certificate expired yesterday",
  });
  await driver.close();
});

Deno.test("who is dropped is closed and told of; nobody else is", async () => {
  const { machine, transport, driver } = made();
  await driver.listen("ASAP", AT);
  const [bad, good] = ["mallory", "alice"].map((name) =>
    new ScriptedConnection(FROM, { kind: "psk", name, isRegistrar: false })
  );
  come(transport, bad!);
  come(transport, good!);
  driver.drop(({ secured }) => secured?.name === "mallory" ? "its key is gone" : undefined);
  assert.deepEqual([bad!.ended, good!.ended], ["closed-here", undefined]);
  const ends = machine.inputs.filter(({ type }) => type === "disconnected");
  assert.deepEqual(ends, [
    { type: "disconnected", association: 2, reason: "security", detail: "its key is gone" },
  ]);
  await settled();
  assert.equal(machine.inputs.filter(({ type }) => type === "disconnected").length, 1);
  await driver.close();
});

Deno.test("who is not admitted, or objected to, is closed unseen", async () => {
  const refused: string[] = [];
  const transport = new ScriptedTransport();
  const { machine, driver, dial } = made({
    transports: {
      ...clientTransports(transport),
      objection: ({ secured }) => secured?.name === "old" ? "it was revoked" : undefined,
    },
    admits: ({ port }) => port !== 666,
    onRefused: (_remote, why) => refused.push(why),
  });
  await driver.listen("ASAP", AT);
  const networkOf = transport.listening[0]?.options?.networkOf;
  assert.equal(networkOf?.("2001:db8::1"), "2001:db8::/64");
  const secured = { kind: "psk", name: "old", isRegistrar: false } as const;
  const wrong = [
    new ScriptedConnection({ ...FROM, port: 666 }),
    new ScriptedConnection(FROM, secured),
  ];
  for (const connection of wrong) come(transport, connection);
  assert(wrong.every(({ ended }) => ended === "closed-here"));
  assert.deepEqual(machine.inputs, []);
  assert.deepEqual(refused, ["it was revoked"]);

  transport.answer = (address) => new ScriptedConnection(address, secured);
  await dial();
  assert.deepEqual(machine.inputs.at(-1), {
    type: "disconnected",
    association: 1,
    reason: "security",
    detail: "it was revoked",
  });
  await driver.close();
});

Deno.test("of a paused association nothing is read until its pause is over", async () => {
  const { machine, transport, driver } = made();
  await driver.listen("ASAP", AT);
  const connection = new ScriptedConnection(FROM);
  come(transport, connection);
  await settled();
  assert.equal(connection.reads, 1);
  machine.put({ type: "pause", association: 2, forMs: 30 });
  const question = asap.encode({
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "web",
  });
  const { promise: isReadAgain, resolve } = Promise.withResolvers<void>();
  connection.onRead = resolve;
  const before = performance.now();
  connection.arrive(question);
  await settled();
  assert.equal(connection.reads, 1);
  await isReadAgain;
  assert(performance.now() - before >= 29);

  machine.put({ type: "pause", association: 2, forMs: 3_600_000 });
  connection.arrive(question);
  await settled();
  // The end of the driver ends the pause; a timer that is left over would fail this test.
  await driver.close();
});
