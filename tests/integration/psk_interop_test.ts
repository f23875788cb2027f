/**
 * The engine of pre-shared-key TLS against other implementations of TLS 1.3, in both roles: their
 * own programs, as child processes.
 */
import assert from "node:assert/strict";
import { DialFailed } from "../../lib/net/mod.ts";
import { pskTransport } from "../../lib/net/psk.ts";
import { hasProgram } from "./harness.ts";
import { CERTIFICATE_SERVERS } from "./psk_interop/certificate_servers.ts";
import { EngineSocket } from "./psk_interop/engine_socket.ts";
import { Program } from "./psk_interop/program.ts";
import {
  engineClient,
  engineServer,
  type Role,
  type ServerRole,
  SETTING,
  type Setting,
  type Stack,
  STACKS,
} from "./psk_interop/stacks.ts";

/** How one conversation is to go. */
interface Scenario {
  readonly name: string;
  readonly setting: Setting;
  /** The group that both sides end up with; absent where the program may choose. */
  readonly group?: "X25519" | "P-256";
  readonly retries?: boolean;
  /** The stream is cut into pieces of so many bytes. */
  readonly pieceBytes?: number;
}

const CHACHA = "TLS_CHACHA20_POLY1305_SHA256";
const AES = "TLS_AES_128_GCM_SHA256";
const COMMON: readonly Scenario[] = [
  { name: "ChaCha20, X25519", setting: { ...SETTING, suites: [CHACHA] }, group: "X25519" },
  { name: "AES-128-GCM", setting: { ...SETTING, suites: [AES] }, group: "X25519" },
  { name: "single bytes", setting: SETTING, group: "X25519", pieceBytes: 1 },
  { name: "all that it offers by itself", setting: { ...SETTING, suites: [], groups: [] } },
];
/** What OpenSSL alone can be told. */
const PADDED: Scenario = { name: "padding", setting: { ...SETTING, isPadded: true } };
const FOR_SERVERS: readonly Scenario[] = [
  ...COMMON,
  {
    name: "HelloRetryRequest of theirs",
    setting: { ...SETTING, groups: ["P-256"] },
    group: "P-256",
    retries: true,
  },
  {
    name: "HelloRetryRequest of theirs, single bytes, AES-128-GCM",
    setting: { ...SETTING, groups: ["P-256"], suites: [AES] },
    group: "P-256",
    retries: true,
    pieceBytes: 1,
  },
];
const FOR_CLIENTS: readonly Scenario[] = [
  ...COMMON,
  { name: "P-256", setting: { ...SETTING, groups: ["P-256"] }, group: "P-256" },
  {
    name: "HelloRetryRequest of ours",
    setting: { ...SETTING, groups: ["P-384", "P-256"] },
    group: "P-256",
    retries: true,
  },
  {
    name: "HelloRetryRequest of ours, single bytes, AES-128-GCM",
    setting: { ...SETTING, groups: ["P-384", "X25519"], suites: [AES] },
    group: "X25519",
    retries: true,
    pieceBytes: 1,
  },
];

/** A HelloRetryRequest is a ServerHello with this random, RFC 8446 §4.1.3. */
const RETRY_RANDOM = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

function retried(engine: EngineSocket): boolean {
  const seen = [engine.wrote, engine.got].map((bytes) => new Uint8Array(bytes).toHex());
  return seen.some((hex) => hex.includes(RETRY_RANDOM));
}

/** A test of one program, ignored by name where the program is missing. */
function testOf(name: string, { command }: Role, fn: () => Promise<void>): void {
  const ignore = !hasProgram(command);
  Deno.test({ name: ignore ? `${name} (skipped without ${command})` : name, ignore, fn });
}

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rserpool-test-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Words both ways; each is heard before the next is said. */
async function exchange(engine: EngineSocket, program: Program, role: Role, words: string) {
  const before = engine.heard.text.length;
  engine.send(`from-engine ${words}\n`);
  await program.says(`from-engine ${words}`);
  if ("isEcho" in role && role.isEcho) {
    await engine.heard.says(`from-engine ${words}\n`, before);
    return;
  }
  await program.type(`from-program ${words}\n`);
  await engine.heard.says(`from-program ${words}\n`);
}

/** Many records both ways, byte by byte what was sent. */
async function exchangeMuch(
  engine: EngineSocket,
  program: Program,
  role: Role,
  count: number,
): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => `${index * 7919}`.padStart(63, "0"));
  const much = `${lines.join("\n")}\n`;
  const before = engine.heard.text.length;
  engine.send(`${much}5 end of much\n`);
  if ("isEcho" in role && role.isEcho) {
    await engine.heard.says("5 end of much\n", before);
    assert.equal(engine.heard.text.slice(before), `${much}5 end of much\n`);
    return;
  }
  await program.says("5 end of much\n");
  // OpenSSL says between two records that it waits.
  const printed = program.transcript.text.replaceAll(/read (R )?BLOCK\n/gi, "");
  assert.ok(printed.includes(`${much}5 end of much\n`), "the program has not heard what was sent");
  await program.type(`${much}5 end of much\n`);
  await engine.heard.says("5 end of much\n", before);
  assert.equal(engine.heard.text.slice(before), `${much}5 end of much\n`);
}

async function converse(
  engine: EngineSocket,
  program: Program,
  role: Role,
  { setting, group, retries = false, pieceBytes }: Scenario,
): Promise<void> {
  const established = await engine.established;
  assert.equal(new TextDecoder().decode(established.identity), setting.identity);
  if (group) assert.equal(established.group, group);
  if (setting.suites.length === 1) assert.equal(established.cipherSuite, setting.suites[0]);
  assert.equal(retried(engine), retries);
  await exchange(engine, program, role, "first");
  engine.updateKeys(false);
  await exchange(engine, program, role, "after an update of ours");
  engine.updateKeys(true);
  await exchange(engine, program, role, "after an update that asked for theirs");
  for (const { typed, said } of role.keyUpdates) {
    const before = program.transcript.text.length;
    await program.type(typed);
    if (said) await program.says(said, before);
    await exchange(engine, program, role, `after ${typed.trim()} of theirs`);
  }
  await exchangeMuch(engine, program, role, pieceBytes === 1 ? 20 : 1500);
}

async function withServer(
  role: ServerRole,
  setting: Setting,
  run: (program: Program, port: number) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const { program, port } = await role.serve(setting, folder);
    await using _ = program;
    await run(program, port);
  });
}

function testServer({ name, server: role }: Stack): void {
  for (const scenario of [...FOR_SERVERS, ...(name === "OpenSSL" ? [PADDED] : [])]) {
    testOf(
      `${name} is the server: ${scenario.name}`,
      role,
      () =>
        withServer(role, scenario.setting, async (program, port) => {
          const { setting, pieceBytes } = scenario;
          await using engine = await EngineSocket.dial(port, engineClient(setting), pieceBytes);
          await converse(engine, program, role, scenario);
          const before = program.transcript.text.length;
          engine.close();
          if (role.farewell) await program.says(role.farewell, before);
          await program.endInput();
          assert.equal(await engine.ended, "closed");
        }),
    );
  }
  testOf(
    `${name} is the server: a wrong key and an unknown identity are refused`,
    role,
    () =>
      withServer(role, SETTING, async (program, port) => {
        for (const other of [{ key: "ff".repeat(32) }, { identity: "unknown" }]) {
          const shown = { ...SETTING, ...other };
          await using engine = await EngineSocket.dial(port, engineClient(shown));
          await assert.rejects(engine.established);
          const failure = await engine.ended;
          assert.ok(failure !== "closed" && !failure.sent, JSON.stringify(failure));
          const message = await dialFailure(port, shown);
          assert.match(message, new RegExp(`"${shown.identity}"|pre-shared key`));
          assert.ok(!message.includes(shown.key));
        }
        assert.ok(!/^secured with/m.test(program.transcript.text));
      }),
  );
}

function testClient({ name, client: role }: Stack): void {
  for (const scenario of [...FOR_CLIENTS, ...(name === "OpenSSL" ? [PADDED] : [])]) {
    testOf(`${name} is the client: ${scenario.name}`, role, async () => {
      const { setting, pieceBytes } = scenario;
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      await using program = role.connect(setting, listener.addr.port);
      await using engine = await EngineSocket.accept(listener, engineServer(setting), pieceBytes);
      await converse(engine, program, role, scenario);
      const before = program.transcript.text.length;
      if (pieceBytes) {
        await program.endInput();
        assert.equal(await engine.ended, "closed");
        return;
      }
      engine.close();
      if (role.farewell) await program.says(role.farewell, before);
    });
  }
  testOf(
    `${name} is the client: a wrong key and an unknown identity look alike`,
    role,
    async () => {
      const answers: string[] = [];
      for (const other of [{ key: "ff".repeat(32) }, { identity: "unknown" }]) {
        using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        await using program = role.connect({ ...SETTING, ...other }, listener.addr.port);
        await using engine = await EngineSocket.accept(listener, engineServer(SETTING));
        await assert.rejects(engine.established);
        const failure = await engine.ended;
        assert.ok(failure !== "closed" && failure.sent);
        assert.equal(failure.alert, "decrypt_error");
        assert.ok(!failure.detail.includes(SETTING.key));
        answers.push(new Uint8Array(engine.wrote).toHex());
        await program.says(/decrypt[_ ]?error|decrypt error|Error in signature|\[51\]/i);
      }
      // The fatal alert decrypt_error in a record of its own, RFC 8446 §6, and nothing else.
      assert.deepEqual(answers, ["15030300020233", "15030300020233"]);
    },
  );
}

/** What people are told of a dial that fails. */
async function dialFailure(port: number, { identity, key }: Setting): Promise<string> {
  const own = { identity, key: Uint8Array.fromHex(key) };
  const transport = await pskTransport({ own });
  const tls = { role: "client", protocol: "asap" } as const;
  const dialled = transport.dial({ host: "127.0.0.1", port }, { timeoutMs: 20_000, tls });
  const failure = await dialled.then((connection) => connection.abort(), (error) => error);
  assert.ok(failure instanceof DialFailed, `${failure}`);
  assert.equal(failure.reason, "security", failure.message);
  return failure.message;
}

for (const stack of STACKS) {
  testServer(stack);
  testClient(stack);
}

for (const { name, command, serve } of CERTIFICATE_SERVERS) {
  testOf(`${name} is refused`, { command, keyUpdates: [] }, () =>
    inFolder(async (folder) => {
      const { program, port } = await serve(folder);
      await using _ = program;
      assert.match(await dialFailure(port, SETTING), /: the server speaks no pre-shared-key TLS/);
    }));
}

for (
  const [name, args, alert] of [
    ["without a pre-shared key", ["-tls1_3"], "handshake_failure"],
    ["of TLS 1.2 alone", ["-tls1_2"], "protocol_version"],
  ] as const
) {
  testOf(`a client ${name} is refused`, { command: "openssl", keyUpdates: [] }, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const connect = ["s_client", "-connect", `127.0.0.1:${listener.addr.port}`, "-alpn", "asap"];
    await using program = new Program("openssl", [...connect, ...args]);
    await using engine = await EngineSocket.accept(listener, engineServer(SETTING));
    const failure = await engine.ended;
    assert.ok(failure !== "closed" && failure.sent);
    assert.equal(failure.alert, alert);
    await program.says(/alert/);
  });
}
