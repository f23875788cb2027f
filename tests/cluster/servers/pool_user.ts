/**
 * A pool user that lives long: it resolves a pool again and again until SIGTERM, and prints a JSON
 * line for each answer. Arguments: how often, in milliseconds, the pool handle, and the ASAP
 * addresses of registrars.
 */
import { PoolUser } from "../../../mod.ts";
import { paced } from "../pace.ts";
import { socketAddress } from "../socket_address.ts";
import { shownTransport } from "./shown.ts";

const [cycleMs, poolHandle, ...addresses] = Deno.args as [string, string, ...string[]];
const registrars = addresses.map(socketAddress);
// As the command line does: the next registrar is tried after a second of silence.
const user = new PoolUser({
  registrars,
  staggerMs: 1_000,
  timing: { staleCacheValueMs: 0 },
  transport: await shownTransport(),
});

async function ask(): Promise<void> {
  const start = Date.now();
  let result;
  try {
    const { poolElements } = await user.resolve(poolHandle);
    result = { elements: poolElements.length };
  } catch (error) {
    result = { failure: String(error) };
  }
  const line = { ...result, at: start, tookMs: Date.now() - start };
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
}

const finish = paced(Number(cycleMs), ask);
Deno.addSignalListener("SIGTERM", async () => {
  await finish();
  user.close();
  Deno.exit(0);
});
