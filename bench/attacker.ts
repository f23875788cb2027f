/**
 * Who floods a registrar, in a process of its own: on a connection that it makes again when it is
 * ended, or with handshakes.
 *
 * `deno run -A bench/attacker.ts '{"port":…,…}'` prints `attacking`, and how many messages or
 * handshakes it has sent in how many seconds when its standard input ends.
 */

import { parseHex } from "../lib/wire/mod.ts";
import type { Stream } from "./exchange.ts";
import { dialAs, type Shown } from "./secured_dial.ts";

/** What to flood. */
export interface Attack {
  readonly port: number;
  /** Absent: plain TCP. */
  readonly shown?: Shown;
  /** The message; absent: nothing but handshakes. */
  readonly message?: string;
  /** Absent: as many as it can. */
  readonly perSecond?: number;
}

/** Messages that are sent at once when there is no limit. */
const BATCH = 64;
/** Handshakes at once: more than one registrar can be busy with. */
const HANDSHAKES_AT_ONCE = 16;
/** Time between two turns where there is a rate. */
const TURN_MS = 10;
/** Who was thrown out does not spend all its time on connecting. */
const RECONNECT_MS = 5;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
let sent = 0;
let isOver = false;

async function open({ port, shown }: Attack): Promise<Stream> {
  if (shown !== undefined) return await dialAs(shown, port);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  return connection;
}

/** Answers do not matter to it, but they must not fill its buffers. */
async function discard(stream: Stream): Promise<void> {
  const buffer = new Uint8Array(0x10000);
  try {
    while (await stream.read(buffer) !== null);
  } catch { // it was thrown out
  }
}

async function flood(attack: Attack): Promise<void> {
  const { perSecond } = attack;
  const start = performance.now();
  while (!isOver) {
    try {
      const stream = await open(attack);
      void discard(stream);
      while (!isOver) {
        const due = perSecond === undefined
          ? BATCH
          : Math.floor((performance.now() - start) * perSecond / 1000) - sent;
        if (due > 0) await stream.write(repeated(attack.message!, due));
        sent += Math.max(0, due);
        if (perSecond !== undefined) await pause(TURN_MS);
      }
    } catch {
      await pause(RECONNECT_MS);
    }
  }
}

function repeated(message: string, times: number): Uint8Array<ArrayBuffer> {
  return parseHex(message.repeat(times)) as Uint8Array<ArrayBuffer>;
}

async function shakeHands({ port, shown }: Attack): Promise<void> {
  while (!isOver) {
    try {
      const stream = await dialAs(shown!, port, "one request");
      sent += 1;
      stream.close();
    } catch {
      sent += 1;
      await pause(1);
    }
  }
}

if (import.meta.main) {
  const attack = JSON.parse(Deno.args[0]!) as Attack;
  const start = performance.now();
  if (attack.message !== undefined) void flood(attack);
  else for (let i = 0; i < HANDSHAKES_AT_ONCE; i++) void shakeHands(attack);
  console.log("attacking");
  await Deno.stdin.read(new Uint8Array(1));
  isOver = true;
  console.log(JSON.stringify({ sent, seconds: (performance.now() - start) / 1000 }));
  Deno.exit(0);
}
