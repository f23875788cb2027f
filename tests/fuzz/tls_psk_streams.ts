/** Two sides of pre-shared-key TLS, and one between them who does to the stream what he likes. */
import assert from "node:assert/strict";
import type { Random } from "../../lib/handlespace/mod.ts";
import {
  type CipherSuiteName,
  type GroupName,
  PskTls,
  type PskTlsFailure,
  type PskTlsOutput,
} from "../../lib/net/tls_psk/mod.ts";

/** One of the two sides. */
export type Side = "client" | "server";

/** What a conversation is like before anybody tampers with it. */
export interface Conversation {
  readonly suite: CipherSuiteName;
  /** The client's; the server has X25519 alone where it is to ask again. */
  readonly retries: boolean;
}

/**
 * What becomes of one flight: all that one side writes at one go. `number` counts the flights of
 * the side from 0; what is returned arrives instead.
 */
export type Tamper = (side: Side, number: number, bytes: Uint8Array) => readonly Uint8Array[];

/** What one side has seen and done. */
export interface Account {
  readonly sent: Uint8Array[];
  readonly received: Uint8Array[];
  flights: number;
  isEstablished: boolean;
  isClosed: boolean;
  failure: PskTlsFailure | undefined;
}

const IDENTITY = new TextEncoder().encode("label-17");
const KEY = new Uint8Array(32).fill(7);
/** More turns than any conversation takes: one that takes more goes on for ever. */
const TURNS_MAX = 200;
/** Outputs of one call that nothing here can ask for. */
const OUTPUTS_MAX = 500;

/** One side, and its account. */
class Party {
  readonly account: Account = {
    sent: [],
    received: [],
    flights: 0,
    isEstablished: false,
    isClosed: false,
    failure: undefined,
  };
  #steps = 0;

  constructor(readonly side: Side, readonly tls: PskTls) {}

  /** Does the next thing that its user would do; what it writes in all of it is one flight. */
  act(random: Random): Uint8Array {
    const { account, tls } = this;
    if (account.isEstablished && account.failure === undefined) {
      const step = this.#steps++;
      if (step < 3) this.#send(random.below(200) + 1, random);
      if (step === 1) tls.updateKeys(random.below(2) === 0);
      if (step === 4) tls.close();
    }
    return this.drain();
  }

  /** The stream has ended. */
  end(): Uint8Array {
    this.tls.end();
    return this.drain();
  }

  /** Takes all outputs; what is to be written is returned. */
  drain(): Uint8Array {
    const written: Uint8Array[] = [];
    for (let count = 0;; count++) {
      assert.ok(count < OUTPUTS_MAX, "the outputs of one call never end");
      const output = this.tls.poll();
      if (output === undefined) break;
      this.#note(output);
      if (output.type === "write") written.push(output.bytes);
    }
    return joined(written);
  }

  #send(length: number, random: Random): void {
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    this.account.sent.push(bytes.slice());
    this.tls.send(bytes);
  }

  #note(output: PskTlsOutput): void {
    const { account } = this;
    assert.equal(account.failure, undefined, "an output came after the failure");
    if (output.type === "data") {
      assert.ok(account.isEstablished, "data came before the handshake was done");
      assert.ok(!account.isClosed, "data came after close_notify");
      account.received.push(output.bytes);
    } else if (output.type === "established") {
      assert.ok(!account.isEstablished);
      assert.deepEqual(new Uint8Array(output.identity), IDENTITY);
      account.isEstablished = true;
    } else if (output.type === "closed") {
      assert.ok(!account.isClosed && account.isEstablished);
      account.isClosed = true;
    } else if (output.type === "failed") {
      account.failure = output.failure;
    }
  }
}

/** Joins pieces of bytes. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

function parties({ suite, retries }: Conversation, random: Random): Record<Side, Party> {
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.below(256));
  const common = { alpn: "asap", cipherSuites: [suite], random: bytes };
  const groups: GroupName[] = retries ? ["P-256", "X25519"] : ["X25519"];
  const client = PskTls.client({ ...common, groups, identity: IDENTITY, key: KEY });
  const server = PskTls.server({
    ...common,
    groups: ["X25519"],
    lookup: (identity) => identity.join() === IDENTITY.join() ? KEY : undefined,
  });
  return { client: new Party("client", client), server: new Party("server", server) };
}

/** Plays a conversation to its end, both streams' end included. */
export function play(
  conversation: Conversation,
  random: Random,
  tamper: Tamper,
): Record<Side, Account> {
  const both = parties(conversation, random);
  const other: Record<Side, Side> = { client: "server", server: "client" };
  let quietTurns = 0;
  for (let turn = 0; quietTurns < 12; turn++) {
    assert.ok(turn < TURNS_MAX, "the conversation never ends");
    const from = both[turn % 2 === 0 ? "client" : "server"];
    const flight = from.act(random);
    if (flight.length === 0) {
      quietTurns++;
      continue;
    }
    quietTurns = 0;
    const arriving = tamper(from.side, from.account.flights++, flight);
    for (const piece of arriving) {
      both[other[from.side]].tls.receive(piece);
    }
  }
  for (const party of [both.client, both.server]) {
    party.end();
    judge(party.account, both[other[party.side]].account, party.side);
  }
  return { client: both.client.account, server: both.server.account };
}

/** What must hold of each side, whatever was done to the stream. */
function judge(own: Account, other: Account, side: Side): void {
  const received = joined(own.received);
  const sent = joined(other.sent);
  assert.deepEqual(received, sent.slice(0, received.length), `${side}: data that was not sent`);
  if (own.isClosed) assert.equal(received.length, sent.length, `${side}: data is missing`);
  assert.ok(own.isClosed || own.failure, `${side}: neither an orderly end nor a failure`);
  if (!own.failure) return;
  assert.ok(own.failure.detail.length > 0);
  // The engine says so of whatever was thrown in it that is none of its own words.
  assert.notEqual(own.failure.alert, "internal_error", `${side}: a foreign exception`);
}
