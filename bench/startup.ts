/**
 * Start to answer of `rserpool resolve` on the loopback, as a process from the built file, against
 * `deno eval 0`. Prints one JSON line; the median of interleaved pairs.
 *
 * `deno run -A bench/startup.ts [ROUNDS]`, after `deno task build`.
 */

import { asap } from "../lib/wire/mod.ts";
import { BUILT, median, startRegistrar } from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 21);

async function timed(command: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { PATH: `${Deno.execPath().replace(/\/deno$/, "")}:${Deno.env.get("PATH")}` },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return performance.now() - start;
}

const registrar = await startRegistrar();
const connection = await Deno.connect({ hostname: "127.0.0.1", port: registrar.port });
await connection.write(
  asap.encode({
    type: "ASAP_REGISTRATION",
    poolHandle: "web",
    poolElement: {
      identifier: 1,
      home: 0,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
      policy: { name: "round-robin" },
    },
  }) as Uint8Array<ArrayBuffer>,
);
await connection.read(new Uint8Array(1024));

const ours: number[] = [];
const bare: number[] = [];
const ratios: number[] = [];
for (let round = -2; round < ROUNDS; round++) {
  const a = await timed(BUILT, ["resolve", "web", "-r", `127.0.0.1:${registrar.port}`]);
  const b = await timed(Deno.execPath(), ["eval", "0"]);
  if (round < 0) continue; // warm-up
  ours.push(a);
  bare.push(b);
  ratios.push(a / b);
}
console.log(JSON.stringify({
  figure: "start to answer of resolve",
  ms: Number(median(ours).toFixed(1)),
  deno_eval_ms: Number(median(bare).toFixed(1)),
  ratio: Number(median(ratios).toFixed(2)),
}));
connection.close();
await registrar.stop();
