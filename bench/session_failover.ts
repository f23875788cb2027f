/**
 * `kill -9` of a session's element: when does the first byte of the next element arrive, after its
 * application was told and its cookie echoed? Against a bare client that knows the next address and
 * reconnects. Both in turn, one process killed for each. Prints one JSON line.
 *
 * `deno run -A bench/session_failover.ts [ROUNDS]`, after `deno task build`.
 */

import { PoolUser } from "../mod.ts";
import { startRegistrar } from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 100);
const WARM_UP = 10;
const POOL = "bench";
const MESSAGE = new TextEncoder().encode("once more\n");

interface Server {
  readonly identifier: number;
  readonly port: number;
  kill(): Promise<void>;
}

async function startServer(registrarPort: number): Promise<Server> {
  const file = new URL("failover_server.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", file, String(registrarPort), POOL],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return {
    ...JSON.parse(new TextDecoder().decode(value)),
    async kill() {
      child.kill("SIGKILL");
      await Promise.all([child.status, reader.cancel()]);
    },
  };
}

/** From the signal to the next server's first byte, in µs. */
async function bareReconnect(victim: Server, heir: Server): Promise<number> {
  const dial = async ({ port }: Server) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    await connection.write(MESSAGE);
    const length = await connection.read(buffer);
    if (length === null) throw new Error("the echo has closed the connection");
    return connection;
  };
  const buffer = new Uint8Array(1024);
  const first = await dial(victim);
  const lost = first.read(buffer).catch(() => null);
  const killed = performance.now();
  const dead = victim.kill();
  await lost;
  const second = await dial(heir);
  const took = performance.now() - killed;
  await dead;
  first.close();
  second.close();
  return 1000 * took;
}

/** The same by a session. */
async function sessionFailover(user: PoolUser, victim: Server, heir: Server): Promise<number> {
  user.purge(POOL);
  await using session = await user.connect(POOL, {
    to: victim.identifier,
    onFailover: (failover) => failover.send(MESSAGE),
  });
  await session.send(MESSAGE);
  await session.receive();
  const killed = performance.now();
  const dead = victim.kill();
  const received = await session.receive();
  const took = performance.now() - killed;
  if (received?.poolElement.identifier !== heir.identifier) throw new Error("not the next element");
  await dead;
  return 1000 * took;
}

function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

const registrar = await startRegistrar();
const heir = await startServer(registrar.port);
const user = new PoolUser({ registrars: [{ host: "127.0.0.1", port: registrar.port }] });
const bare: number[] = [];
const failover: number[] = [];
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  const [one, other] = [await startServer(registrar.port), await startServer(registrar.port)];
  // The registrar has to have noticed, or a dead element would be the next one.
  const bareUs = await bareReconnect(one, heir);
  await untilGone(one);
  const failoverUs = await sessionFailover(user, other, heir);
  await untilGone(other);
  if (round < WARM_UP) continue;
  bare.push(bareUs);
  failover.push(failoverUs);
}
console.log(JSON.stringify({
  figure: "kill -9 to the next element's first byte",
  rounds: ROUNDS,
  bare_p50_us: Math.round(quantile(bare, 0.5)),
  bare_p99_us: Math.round(quantile(bare, 0.99)),
  p50_us: Math.round(quantile(failover, 0.5)),
  p99_us: Math.round(quantile(failover, 0.99)),
  p50_ratio: Number((quantile(failover, 0.5) / quantile(bare, 0.5)).toFixed(2)),
  p99_ratio: Number((quantile(failover, 0.99) / quantile(bare, 0.99)).toFixed(2)),
}));
await user.close();
await heir.kill();
await registrar.stop();

async function untilGone({ identifier }: Server): Promise<void> {
  for (;;) {
    user.purge(POOL);
    const { poolElements } = await user.resolve(POOL);
    if (poolElements.every((each) => each.identifier !== identifier)) return;
  }
}
