/**
 * Users of sessions who say anything at any time: the splitter and the element's machine never
 * throw, hold little, and end; an element that serves goes on with its other sessions. FUZZ_STEPS
 * says how much happens, FUZZ_SEED repeats a run.
 */

import assert from "node:assert/strict";
import {
  DEFAULT_LIMITS,
  MuxElementSession,
  type Random,
  seededRandom,
  SESSION_TIMING,
} from "../../lib/core/mod.ts";
import {
  asap,
  controlFrame,
  dataFrames,
  endFrame,
  frameHeader,
  SESSION_PREFACE,
  SESSION_PREFACE_WITH_COOKIE,
  SessionSplitter,
} from "../../lib/wire/mod.ts";
import { echoing, elementOf, KEY, LIMIT } from "../driver/session/served.ts";
import { SessionClient } from "../driver/session/session_client.ts";
import { tcpTransport } from "../../lib/net/mod.ts";

const STEPS = Number(Deno.env.get("FUZZ_STEPS") ?? 20_000);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
/** Connections to one element over real sockets. */
const CONNECTIONS = 200;

function bytesFrom(random: Random, most: number): Uint8Array {
  return Uint8Array.from({ length: random.below(most + 1) }, () => random.below(256));
}

/** Something that a session might have in its stream, right or nearly so. */
function piece(random: Random): Uint8Array {
  switch (random.below(10)) {
    case 0:
      return endFrame();
    case 1:
      return controlFrame(asap.encode({ type: "ASAP_COOKIE_ECHO", cookie: bytesFrom(random, 99) }));
    case 2:
      return controlFrame(asap.encode({ type: "ASAP_COOKIE", cookie: bytesFrom(random, 99) }));
    case 3:
      return controlFrame(
        asap.encode({ type: "ASAP_BUSINESS_CARD", poolHandle: "web", poolElements: [] }),
      );
    case 4:
      return controlFrame(
        asap.encode({
          type: "ASAP_ERROR",
          causes: [{ code: random.below(12), information: bytesFrom(random, 9) }],
        }),
      );
    case 5:
      return frameHeader(random.below(13), random.below(40));
    case 6:
      return random.below(2) === 0 ? SESSION_PREFACE : SESSION_PREFACE_WITH_COOKIE;
    case 7:
      return bytesFrom(random, 30);
    default:
      return Uint8Array.from(dataFrames(bytesFrom(random, 60)).flatMap((each) => [...each]));
  }
}

/** What one user sends: mostly a preface first, then anything, with some bytes turned. */
function stream(random: Random): Uint8Array {
  const first = random.below(8) === 0
    ? bytesFrom(random, 12)
    : random.below(3) === 0
    ? SESSION_PREFACE_WITH_COOKIE
    : SESSION_PREFACE;
  const bytes = [...first];
  for (let i = random.below(8); i >= 0; i--) bytes.push(...piece(random));
  if (random.below(2) === 0) bytes[random.below(bytes.length)] = random.below(256);
  return Uint8Array.from(bytes);
}

/** The same in chunks of any size. */
function* chunks(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(random.below(2) === 0 ? 4 : 64);
    yield bytes.slice(at, end);
    at = end;
  }
}

Deno.test(`the splitter gives the same however a stream is cut (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  for (let step = 0; step < STEPS / 4; step++) {
    const bytes = stream(random);
    const whole = read([bytes]);
    assert.deepEqual(read(chunks(bytes, random)), whole, `seed ${SEED}, step ${step}`);
  }
});

/** All that a splitter gives, pieces of data in a row as one. */
function read(parts: Iterable<Uint8Array>): string[] {
  const splitter = new SessionSplitter();
  const pieces: string[] = [];
  for (const part of parts) {
    for (const each of splitter.split(part)) {
      const text = "bytes" in each ? `${each.bytes.join(" ")} ` : JSON.stringify(each);
      if (each.kind !== "data") pieces.push(`${each.kind}:${text}`);
      else if (pieces.at(-1)?.startsWith("data:")) pieces[pieces.length - 1] += text;
      else pieces.push(`data:${text}`);
    }
  }
  return pieces;
}

Deno.test(`the element's machine takes whatever comes, and ends (seed ${SEED})`, () => {
  const random = seededRandom(SEED + 1);
  let ended = 0;
  for (let step = 0; step < STEPS / 10; step++) {
    const outcome = play(random, `seed ${SEED}, step ${step}`);
    if (outcome === "over") ended++;
  }
  assert(ended > 0, `seed ${SEED}`);
});

/** One session; afterwards its user has left, and it must be over. */
function play(random: Random, where: string): "over" | "left" {
  let now = random.below(1_000_000);
  const session = new MuxElementSession({ timing: SESSION_TIMING, limits: DEFAULT_LIMITS }, now);
  let isOver = false;
  let hasBegun = false;
  let written = 0;
  const settle = () => {
    for (let each = session.poll(); each !== undefined; each = session.poll()) {
      assert(!isOver, `${where}: ${each.type} behind the last output`);
      if (each.type === "over") isOver = true;
      else if (each.type === "began") {
        assert(!hasBegun, `${where}: it began twice`);
        hasBegun = true;
      } else if (each.type === "write") written += each.bytes.length;
      else if (each.type === "data") assert(hasBegun, `${where}: data before its beginning`);
      else if (each.type === "verify") {
        settle();
        const state = random.below(2) === 0 ? undefined : Uint8Array.of(1);
        session.handle({ type: "verified", state }, now);
      }
    }
    const deadline = session.deadline();
    assert(deadline === undefined || deadline >= now, `${where}: a deadline is past`);
  };
  const bytes = stream(random);
  for (const chunk of chunks(bytes, random)) {
    session.handle({ type: "received", bytes: chunk }, now);
    settle();
    if (random.below(4) === 0) now += random.below(12_000);
    const deadline = session.deadline();
    if (deadline !== undefined && deadline <= now) session.handle({ type: "deadline" }, now);
    else if (random.below(6) === 0) {
      session.handle({ type: "command", command: { type: "end" } }, now);
    }
    settle();
  }
  // Of each byte that comes, no more than a few are made.
  assert(written < 16 * bytes.length + 1_000, `${where}: ${written} bytes for ${bytes.length}`);
  const outcome = isOver ? "over" : "left";
  session.handle({ type: "disconnected", reason: "closed" }, now);
  settle();
  assert(isOver, `${where}: it is not over, though its user has left`);
  assert.equal(session.deadline(), undefined, where);
  return outcome;
}

Deno.test(`whatever comes, an element goes on with its other sessions (seed ${SEED})`, async () => {
  const random = seededRandom(SEED + 2);
  await using element = elementOf();
  const service = await element.serve(echoing, { cookies: { keys: [KEY] } });
  await using steady = await SessionClient.begin(service.address);
  for (let round = 0; round < CONNECTIONS; round++) {
    const connection = await tcpTransport().dial(service.address, LIMIT);
    for (const chunk of chunks(stream(random), random)) await connection.write(chunk);
    if (random.below(2) === 0) connection.abort();
    else await connection.close();
    if (round % 20 !== 0) continue;
    const words = `round ${round};`;
    steady.send(words);
    assert.equal(await steady.text(words.length), words, `seed ${SEED}, round ${round}`);
  }
  assert(service.sessions >= 1);
  steady.end();
  assert.deepEqual((await steady.rest()).at(-1), "end");
  await service.drain(LIMIT);
  assert.equal(service.sessions, 0, `seed ${SEED}`);
});
