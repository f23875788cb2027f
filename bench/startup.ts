/**
 * Start to answer of each quick command on the loopback, as a process from the built file, against
 * `deno eval 0`, and the most memory that it held. Prints one JSON line for each; medians of
 * interleaved pairs. Needs python3, which hears of the kernel what a process held.
 *
 * `deno run -A bench/startup.ts [ROUNDS]`, after `deno task build`.
 */

import { asap } from "../lib/wire/mod.ts";
import { BUILT, median, startRegistrar } from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 21);
/** Deno keeps what it compiled in the first of them. */
const WARM_UP_ROUNDS = 3;
const MEMORY_ROUNDS = 5;
const COOKIE = "0b000008000d0004";
const DECIMALS = 2;

/** Runs a command and prints the most KiB that it held. */
const HELD = `import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)`;

async function output(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    env: { PATH: `${Deno.execPath().replace(/\/deno$/, "")}:${Deno.env.get("PATH")}` },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function timed(command: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  await output(command, args);
  return performance.now() - start;
}

async function heldMib(command: string, args: readonly string[]): Promise<number> {
  return Number(await output("python3", ["-c", HELD, command, ...args])) / 1024;
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

const observer = ["--enrp-registrar", `127.0.0.1:${registrar.enrpPort}`];
const commands = [
  ["resolve", "web", "-r", `127.0.0.1:${registrar.port}`],
  ["peers", ...observer],
  ["dump", ...observer],
  ["status", ...observer],
  ["decode", COOKIE],
  ["--version"],
];
const BARE = [Deno.execPath(), ["eval", "0"]] as const;
const rounded = (value: number) => Number(value.toFixed(DECIMALS));
const medianOf = async (measure: () => Promise<number>) =>
  rounded(median(await Array.fromAsync({ length: MEMORY_ROUNDS }, measure)));

const bareMib = await medianOf(() => heldMib(...BARE));
for (const args of commands) {
  const pairs: { ours: number; bare: number }[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const pair = { ours: await timed(BUILT, args), bare: await timed(...BARE) };
    if (round >= 0) pairs.push(pair);
  }
  console.log(JSON.stringify({
    figure: `rserpool ${args[0]}`,
    ms: rounded(median(pairs.map(({ ours }) => ours))),
    deno_eval_ms: rounded(median(pairs.map(({ bare }) => bare))),
    ratio: rounded(median(pairs.map(({ ours, bare }) => ours / bare))),
    mib: await medianOf(() => heldMib(BUILT, args)),
    deno_eval_mib: bareMib,
  }));
}
connection.close();
await registrar.stop();
