/**
 * Resolutions and registrations a second, each against a bare Deno TCP echo of messages of the same
 * sizes in the same run. Prints one JSON line a figure; medians of interleaved rounds.
 *
 * `deno run -A bench/requests.ts [ROUNDS]`, after `deno task build`.
 */

import { Exchange } from "./exchange.ts";
import { asap, type AsapMessage, hex, type PoolElement } from "../lib/wire/mod.ts";
import {
  type LoadResult,
  median,
  runLoad,
  startEcho,
  type Started,
  startRegistrar,
} from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 7);
const OPERATIONS = 9_000;
/** Elements in the pool that is resolved, and so in each answer. */
const ELEMENTS = 3;

function element(identifier: number): PoolElement {
  return {
    identifier,
    home: 0,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
    policy: { name: "round-robin" },
  };
}

function registration(poolHandle: string, identifier: number): AsapMessage {
  return { type: "ASAP_REGISTRATION", poolHandle, poolElement: element(identifier) };
}

/** Asks the registrar. The answer is a copy. */
async function ask(exchange: Exchange, message: AsapMessage): Promise<Uint8Array> {
  return (await exchange.ask(asap.encode(message) as Uint8Array<ArrayBuffer>)).slice();
}

interface Figure {
  readonly name: string;
  readonly request: AsapMessage;
  readonly answerBytes: number;
  readonly identifierAt?: number;
}

/**
 * Offset of the PE Identifier in a registration: behind the message's, the handle's and its header.
 */
function identifierOffset(message: AsapMessage, identifier: number): number {
  const bytes = asap.encode(message);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    if (view.getUint32(at) === identifier) return at;
  }
  throw new Error("No identifier in the message");
}

async function measure(figure: Figure, registrar: Started, connections: number): Promise<void> {
  const echo = await startEcho(figure.answerBytes);
  const ratios: number[] = [];
  const own: LoadResult[] = [];
  const bare: LoadResult[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    // A fresh pool handle a round, so that each registration is a new one.
    const load = {
      connections,
      operations: OPERATIONS,
      request: requestOf(figure, connections, round),
      answerBytes: figure.answerBytes,
      ...(figure.identifierAt === undefined ? {} : { identifierAt: figure.identifierAt }),
    };
    const ours = await runLoad({ ...load, port: registrar.port });
    // What the end of the load left to do must not fall into the echo's turn.
    await ask(control, resolution);
    const echoed = await runLoad({ ...load, port: echo.port });
    if (round < 0) continue; // warm-up
    own.push(ours);
    bare.push(echoed);
    ratios.push(echoed.seconds / ours.seconds);
  }
  await echo.stop();
  const perSecond = (results: readonly LoadResult[]) =>
    Math.round(median(results.map((each) => each.operations / each.seconds)));
  console.log(JSON.stringify({
    figure: figure.name,
    connections,
    per_s: perSecond(own),
    echo_per_s: perSecond(bare),
    ratio: Number(median(ratios).toFixed(2)),
    p50_us: median(own.map((each) => each.p50Us)),
    p99_us: median(own.map((each) => each.p99Us)),
  }));
}

function requestOf(figure: Figure, connections: number, round: number): string {
  const { request } = figure;
  if (request.type !== "ASAP_REGISTRATION") return hex(asap.encode(request));
  const poolHandle = `bench-${String(connections).padStart(2, "0")}-${
    String(round + 1).padStart(2, "0")
  }`;
  return hex(asap.encode({ ...request, poolHandle }));
}

// Registered elements stay for the whole run, though they acknowledge nothing: their removal would
// fall into somebody's turn.
const registrar = await startRegistrar(["--element-grace", "1h", "--keep-alive-cycle", "1h"]);
const control = await Exchange.open(registrar.port);
for (let i = 1; i <= ELEMENTS; i++) await ask(control, registration("web", i));
const resolution: AsapMessage = {
  type: "ASAP_HANDLE_RESOLUTION",
  dynamicUpdates: false,
  poolHandle: "web",
};
const resolved = await ask(control, resolution);
const sample = registration("bench-00-00", 0x7a7b7c7d);
const granted = await ask(control, sample);
const figures: Figure[] = [
  { name: "resolutions", request: resolution, answerBytes: resolved.length },
  {
    name: "registrations",
    request: sample,
    answerBytes: granted.length,
    identifierAt: identifierOffset(sample, 0x7a7b7c7d),
  },
];
for (const figure of figures) {
  for (const connections of [1, 64]) await measure(figure, registrar, connections);
}
control.close();
await registrar.stop();
