/**
 * Handshakes and resolutions a second over plain TCP, certificates and pre-shared keys, each
 * against a bare echo over the same TLS stack in the same run. Prints one JSON line a figure;
 * medians of interleaved rounds.
 *
 * A handshake is measured as a connection with one request: only its answer shows that both sides
 * have finished.
 *
 * `deno run -A bench/security.ts [ROUNDS]`, after `deno task build`.
 */

import { hex } from "../lib/wire/mod.ts";
import {
  type LoadResult,
  median,
  runLoad,
  startEcho,
  type Started,
  startRegistrar,
  startSecuredEcho,
} from "./processes.ts";
import type { Shown } from "./secured_dial.ts";
import { Credentials, fillPool, RESOLUTION } from "./secured_registrar.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const RESOLUTIONS = 9_000;
const CONNECTIONS = 2_000;
const HANDSHAKES = 384;

/** A way to come to a registrar. */
interface Way {
  readonly name: string;
  readonly port: number;
  readonly echo: Started;
  readonly answerBytes: number;
  readonly shown?: Shown;
}

/** What is counted. */
type Figure = "handshakes" | "resolutions";

async function measure(way: Way, figure: Figure, connections: number): Promise<void> {
  const { shown, answerBytes } = way;
  const load = {
    connections,
    operations: figure === "resolutions" ? RESOLUTIONS : shown ? HANDSHAKES : CONNECTIONS,
    request: hex(RESOLUTION),
    answerBytes,
    ...(shown && { shown }),
    ...(figure === "handshakes" && { dialsEach: true }),
  };
  const own: LoadResult[] = [];
  const bare: LoadResult[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const ours = await runLoad({ ...load, port: way.port });
    const echoed = await runLoad({ ...load, port: way.echo.port });
    if (round < 0) continue; // warm-up
    own.push(ours);
    bare.push(echoed);
  }
  const perSecond = (results: readonly LoadResult[]) =>
    Math.round(median(results.map((each) => each.operations / each.seconds)));
  console.log(JSON.stringify({
    way: way.name,
    figure,
    connections,
    per_s: perSecond(own),
    echo_per_s: perSecond(bare),
    ratio: Number(median(own.map((each, i) => bare[i]!.seconds / each.seconds)).toFixed(2)),
    p50_us: median(own.map((each) => each.p50Us)),
    p99_us: median(own.map((each) => each.p99Us)),
  }));
}

const credentials = await Credentials.make();
const plain = await startRegistrar(["--element-grace", "1h", "--keep-alive-cycle", "1h"]);
const secured = await credentials.start("no limits");
const { registrar, anonymous, user, key } = credentials;
const filled = await fillPool(plain.port);
const filledSecured = await fillPool(secured.pskPort!, key);
const { answerBytes } = filled;
if (filledSecured.answerBytes !== answerBytes) throw new Error("The pools differ");
const echoes = [
  await startEcho(answerBytes),
  await startSecuredEcho({ kind: "certificate", ...registrar, answerBytes }),
  await startSecuredEcho({ ...key, answerBytes }),
] as const;
const [bare, tls, psk] = echoes;
const ways: Way[] = [
  { name: "plain TCP", port: plain.port, echo: bare, answerBytes },
  { name: "certificate", port: secured.tlsPort!, echo: tls, answerBytes, shown: anonymous },
  { name: "mutual", port: secured.tlsPort!, echo: tls, answerBytes, shown: user },
  { name: "pre-shared key", port: secured.pskPort!, echo: psk, answerBytes, shown: key },
];
for (const figure of ["handshakes", "resolutions"] as const) {
  for (const connections of [1, 64]) {
    for (const way of ways) await measure(way, figure, connections);
  }
}
filled.close();
filledSecured.close();
for (const each of [plain, secured, ...echoes]) await each.stop();
await credentials.remove();
