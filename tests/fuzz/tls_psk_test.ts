/**
 * Pre-shared-key TLS under one who has the stream in his hands: no data is accepted that was not
 * sent, nothing is thrown, nothing hangs; each side ends in order or fails. FUZZ_TLS says how many
 * streams are broken at random, FUZZ_SEED repeats a run.
 */
import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../lib/handlespace/mod.ts";
import { type Account, type Conversation, joined, play, type Side } from "./tls_psk_streams.ts";

const SEED = Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const STREAMS = Number(Deno.env.get("FUZZ_TLS") ?? 6000);

const CONVERSATIONS: readonly Conversation[] = [
  { suite: "TLS_CHACHA20_POLY1305_SHA256", retries: false },
  { suite: "TLS_AES_128_GCM_SHA256", retries: true },
];

const PLAIN_HANDSHAKE = 22;
const CHANGE_CIPHER_SPEC = 20;

/** The flights of both sides as they are when nobody tampers. */
function flightsOf(conversation: Conversation): Record<Side, Uint8Array[]> {
  const flights: Record<Side, Uint8Array[]> = { client: [], server: [] };
  const { client, server } = play(conversation, seededRandom(SEED), (side, _, bytes) => {
    flights[side].push(bytes);
    return [bytes];
  });
  for (const account of [client, server]) {
    assert.ok(account.isClosed && account.failure === undefined, JSON.stringify(account.failure));
    assert.equal(account.sent.length, 3);
  }
  return flights;
}

/** Plays with one flight changed; whatever goes wrong is said with its place. */
function playChanged(
  conversation: Conversation,
  seed: number,
  changed: { side: Side; number: number },
  change: (bytes: Uint8Array) => readonly Uint8Array[],
  what: string,
): Record<Side, Account> {
  try {
    return play(conversation, seededRandom(seed), (side, number, bytes) => {
      return side === changed.side && number === changed.number ? change(bytes) : [bytes];
    });
  } catch (error) {
    const place = `flight ${changed.number} of the ${changed.side}, ${what}`;
    throw new Error(`${JSON.stringify(conversation)}, ${place} (FUZZ_SEED=${SEED})`, {
      cause: error,
    });
  }
}

function* placesOf(flights: Record<Side, Uint8Array[]>) {
  for (const side of ["client", "server"] as const) {
    for (const [number, { length }] of flights[side].entries()) yield { side, number, length };
  }
}

/** The records of a flight; what follows the last whole one is its own piece. */
function recordsOf(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = at + 5 <= bytes.length ? 5 + bytes[at + 3]! * 256 + bytes[at + 4]! : Infinity;
    records.push(bytes.slice(at, at + length));
    at += length;
  }
  return records;
}

/** Whether a byte says how long its record is, or how long the message in a plain one. */
function isOfLength(flight: Uint8Array, at: number): boolean {
  let start = 0;
  for (const record of recordsOf(flight)) {
    const within = at - start;
    start += record.length;
    if (within >= record.length) continue;
    return within === 3 || within === 4 ||
      (record[0] === PLAIN_HANDSHAKE && within >= 6 && within <= 8);
  }
  return false;
}

for (const conversation of CONVERSATIONS) {
  const name = `${conversation.suite}${conversation.retries ? ", asked again" : ""}`;

  Deno.test(`fuzz: ${name}: a bit of any byte is changed (FUZZ_SEED=${SEED})`, () => {
    const random = seededRandom(SEED);
    const flights = flightsOf(conversation);
    for (const { length, ...place } of placesOf(flights)) {
      for (let at = 0; at < length; at++) {
        const bit = 1 << random.below(8);
        const change = (bytes: Uint8Array) => {
          bytes[at]! ^= bit;
          return [bytes];
        };
        const what = `byte ${at} xor ${bit}`;
        const accounts = playChanged(conversation, SEED, place, change, what);
        const { failure } = accounts[place.side === "client" ? "server" : "client"];
        // RFC 8446 §5.1: the legacy version of a record is ignored; it begins a flight in clear.
        const flight = flights[place.side][place.number]!;
        const isIgnored = (at === 1 || at === 2) && flight[0] === PLAIN_HANDSHAKE;
        const where = `${JSON.stringify(place)}, ${what}`;
        assert.equal(failure === undefined, isIgnored, where);
        // It is noticed at once, unless more bytes are to come.
        if (!failure?.sent) assert.ok(isIgnored || isOfLength(flight, at), where);
      }
    }
  });

  Deno.test(`fuzz: ${name}: the stream is cut at any byte (FUZZ_SEED=${SEED})`, () => {
    for (const { length, ...place } of placesOf(flightsOf(conversation))) {
      for (let at = 0; at < length; at++) {
        let isCut = false;
        const what = `cut before byte ${at}`;
        const accounts = play(conversation, seededRandom(SEED), (side, number, bytes) => {
          if (side !== place.side) return [bytes];
          if (isCut) return [];
          if (number !== place.number) return [bytes];
          isCut = true;
          return [bytes.subarray(0, at)];
        });
        const hearer = accounts[place.side === "client" ? "server" : "client"];
        assert.ok(!hearer.isClosed && hearer.failure, `${JSON.stringify(place)} ${what}`);
      }
    }
  });
}

/** Records that look right from outside. */
function inventedRecords(random: Random): Uint8Array[] {
  const bodies = [
    [20, 1],
    [21, 1, 0],
    [21, 2, 51],
    [22, 4, 0, 0, 0],
    [22, 24, 0, 0, 1, random.below(2)],
    [22, 20, 0, 0, 32, ...Array.from({ length: 32 }, () => random.below(256))],
    [23],
    [23, ...Array.from({ length: 17 + random.below(60) }, () => random.below(256))],
    [random.below(256), ...Array.from({ length: random.below(40) }, () => random.below(256))],
  ];
  return bodies.map(([type, ...body]) =>
    new Uint8Array([type!, 3, 3, body.length >> 8, body.length & 0xff, ...body])
  );
}

/** One of them. */
function inventedRecord(random: Random): Uint8Array {
  const records = inventedRecords(random);
  return records[random.below(records.length)]!;
}

/** Somebody on the way who keeps what passes, and changes one flight in some way. */
class Tamperer {
  readonly #random: Random;
  readonly #seen: Uint8Array[] = [];
  #held: { side: Side; bytes: Uint8Array } | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  pass(side: Side, bytes: Uint8Array, isHit: boolean): Uint8Array[] {
    const records = recordsOf(bytes);
    const passing = isHit ? this.#changed(side, records) : records;
    this.#seen.push(...records);
    if (!isHit && this.#held?.side === side) {
      passing.push(this.#held.bytes);
      this.#held = undefined;
    }
    return this.#cut(joined(passing));
  }

  #changed(side: Side, records: Uint8Array[]): Uint8Array[] {
    const random = this.#random;
    const at = random.below(records.length);
    const record = records[at]!;
    const changes: readonly (() => void)[] = [
      () => record[random.below(record.length)]! ^= 1 << random.below(8),
      () => record[random.below(record.length)] = random.below(256),
      () => records.splice(at, 1),
      () => records.splice(at, 0, record.slice()),
      () => records.splice(at, 0, inventedRecord(random)),
      () => records.splice(at, 0, this.#seen[random.below(this.#seen.length + 1)] ?? record),
      () => records.reverse(),
      () => records[at] = record.slice(0, random.below(record.length)),
      () => records[at] = joined([record, record.slice(random.below(record.length))]),
      () => this.#held = { side, bytes: records.splice(at, 1)[0]! },
      () => this.#split(records, at),
    ];
    const times = 1 + random.below(2);
    for (let count = 0; count < times && records[at] === record && record.length > 0; count++) {
      changes[random.below(changes.length)]!();
    }
    return records;
  }

  /** One record's content in two: right for a handshake in clear, wrong for all else. */
  #split(records: Uint8Array[], at: number): void {
    const record = records[at]!;
    if (record.length < 7) return;
    const middle = 6 + this.#random.below(record.length - 6);
    const halves = [record.slice(5, middle), record.slice(middle)].map((body) =>
      new Uint8Array([...record.slice(0, 3), body.length >> 8, body.length & 0xff, ...body])
    );
    records.splice(at, 1, ...halves);
  }

  /** Pieces of any length: how the stream is cut must never matter. */
  #cut(bytes: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = this.#random.below(4) === 0 ? 1 : 1 + this.#random.below(bytes.length);
      pieces.push(bytes.slice(at, at + length));
      at += length;
    }
    return pieces;
  }
}

for (const conversation of CONVERSATIONS) {
  Deno.test(`fuzz: ${conversation.suite}: a record is put before any (FUZZ_SEED=${SEED})`, () => {
    const flights = flightsOf(conversation);
    const others = [...inventedRecords(seededRandom(SEED)), ...flights.client.flatMap(recordsOf)];
    for (const { length: _, ...place } of placesOf(flights)) {
      const records = recordsOf(flights[place.side][place.number]!);
      for (const [at, record] of records.entries()) {
        for (const other of others) {
          const change = (bytes: Uint8Array) => recordsOf(bytes).toSpliced(at, 0, other);
          const what = `${other.toHex()} before record ${at}`;
          const accounts = playChanged(conversation, SEED, place, change, what);
          const { failure, isEstablished } =
            accounts[place.side === "client" ? "server" : "client"];
          if (failure) continue;
          // The second of two close_notify is not read any more.
          const isLast = place.number === flights[place.side].length - 1;
          if (isLast && other.toHex() === record.toHex()) continue;
          // §5: until the handshake is done it is dropped; nothing else ever is.
          assert.ok(isEstablished && other[0] === CHANGE_CIPHER_SPEC, what);
          assert.ok(place.number < 2 + Number(conversation.retries), what);
        }
      }
    }
  });
}

Deno.test(`fuzz: ${STREAMS} streams of TLS broken at random (FUZZ_SEED=${SEED})`, () => {
  const clean = CONVERSATIONS.map(flightsOf);
  let established = 0;
  let failed = 0;
  for (let stream = 0; stream < STREAMS; stream++) {
    const seed = SEED + stream;
    const random = seededRandom(seed);
    const which = random.below(CONVERSATIONS.length);
    const hitSide: Side = random.below(2) === 0 ? "client" : "server";
    const hitNumber = random.below(clean[which]![hitSide].length);
    const tamperer = new Tamperer(random);
    try {
      const accounts = play(CONVERSATIONS[which]!, seededRandom(seed), (side, number, bytes) => {
        return tamperer.pass(side, bytes, side === hitSide && number === hitNumber);
      });
      for (const account of Object.values(accounts)) {
        if (account.isEstablished) established++;
        if (account.failure) failed++;
      }
    } catch (error) {
      throw new Error(`stream ${stream} (FUZZ_SEED=${seed} FUZZ_TLS=1 repeats it)`, {
        cause: error,
      });
    }
  }
  // Neither is all of it broken in the first flight, nor does most of it go through.
  assert.ok(established > STREAMS * 0.5, `${established} sides were established`);
  assert.ok(failed > STREAMS * 0.5, `${failed} sides have failed`);
});

Deno.test("fuzz: however the stream is cut, both sides end in order", () => {
  for (const [index, conversation] of CONVERSATIONS.entries()) {
    for (let round = 0; round < 20; round++) {
      const tamperer = new Tamperer(seededRandom(SEED + round));
      const random = seededRandom(SEED + index);
      const accounts = play(conversation, random, (side, _, bytes) => {
        return tamperer.pass(side, bytes, false);
      });
      for (const [side, { isClosed, failure }] of Object.entries(accounts)) {
        assert.ok(isClosed && !failure, `${side} (FUZZ_SEED=${SEED}): ${JSON.stringify(failure)}`);
      }
    }
  }
});
