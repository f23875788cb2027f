/**
 * RFC 5355 §2.16: "if you choose to secure your control-data channel, then the cookies are
 * secured"; "the PE could choose to sign and/or encrypt the cookie". Data and control share one
 * connection, so both are secured or none is; and state is signed, so that what is altered on a
 * plain connection is still no state that an element believes.
 */

import assert from "node:assert/strict";
import {
  asap,
  CAUSE,
  certificateTransport,
  type NetTransport,
  PoolElement,
  pskTransport,
  type SecurityKind,
  type ServedSession,
  type ServeEvent,
  type Service,
} from "../../mod.ts";
import { SessionClient } from "../driver/session/session_client.ts";
import { keyOf } from "../driver/secured.ts";
import { makeAuthority } from "../net/certificates.ts";
import { includes, Relay } from "./relay.ts";

const KINDS: readonly SecurityKind[] = ["certificate", "psk"];
const HOST = "127.0.0.1";
const KEY = crypto.getRandomValues(new Uint8Array(32));
/** Long enough that it is nowhere by chance. */
const SECRET = "balance=1000";
const HOUR_MS = 3_600_000;
const authority = await makeAuthority();

/** Elements of one pool, and what they tell. */
class Pool implements AsyncDisposable {
  readonly events: ServeEvent[] = [];
  private readonly elements: PoolElement[] = [];

  /** An element that keeps the last line that its user has sent, in a cookie. */
  async serve(
    wish: {
      readonly poolHandle?: string;
      readonly over?: NetTransport | undefined;
      readonly key?: Uint8Array;
      readonly now?: () => number;
    } = {},
  ): Promise<Service> {
    const element = new PoolElement({
      registrars: [{ host: HOST, port: 1 }],
      poolHandle: wish.poolHandle ?? "bank",
      port: 0,
      addresses: [HOST],
      use: "data+control",
    });
    this.elements.push(element);
    return await element.serve(remembering, {
      transport: wish.over,
      cookies: { keys: [wish.key ?? KEY], now: wish.now },
      onEvent: (event) => this.events.push(event),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const element of this.elements) await element.close();
  }
}

async function remembering(session: ServedSession): Promise<void> {
  const before = session.state === undefined ? "new" : new TextDecoder().decode(session.state);
  await session.send(new TextEncoder().encode(`${before};`));
  for (let bytes = await session.receive(); bytes; bytes = await session.receive()) {
    await session.sendState(bytes);
  }
}

/** The cookie of a user who has said something. */
async function cookieOf(to: Service["address"], over?: NetTransport): Promise<Uint8Array> {
  await using client = await SessionClient.begin(to, { over });
  client.send(SECRET);
  return (await client.hearOf("ASAP_COOKIE")).cookie;
}

/** What an element makes of a cookie: its state, or the code of its refusal. */
async function answerTo(
  to: Service["address"],
  cookie: Uint8Array,
  over?: NetTransport,
): Promise<string | number> {
  await using client = await SessionClient.begin(to, { cookie, over });
  for (let piece = await client.next(); piece !== undefined; piece = await client.next()) {
    if (piece.kind === "data") return new TextDecoder().decode(piece.bytes);
    if (piece.kind !== "control") continue;
    const decoded = asap.decode(piece.bytes);
    assert("message" in decoded);
    if (decoded.message.type !== "ASAP_ERROR") continue;
    assert.equal(await client.next(), undefined, "it was refused, and the connection is open");
    return decoded.message.causes[0]!.code;
  }
  assert.fail("it was closed without a word");
}

const REFUSED = CAUSE.rejectedDueToSecurityConsiderations;

/** What secures an element, and a user of a name. */
async function securedBy(kind: SecurityKind) {
  if (kind === "psk") {
    const names = ["alice", "mallory"];
    const accepted = new Map(names.map((name) => [name, keyOf(name)]));
    return {
      element: await pskTransport({ accepted }),
      user: (name: string) => pskTransport({ own: { identity: name, key: keyOf(name) } }),
    };
  }
  const issued = await authority.issue({ names: ["bank.example.org"], ips: [HOST] });
  return {
    element: await certificateTransport(authority.credentials(issued)),
    user: async (name: string) => {
      const own = await authority.issue({ names: [name], eku: ["client"] });
      return await certificateTransport(authority.credentials(own));
    },
  };
}

Deno.test("RFC 5355 §2.16, the control: a cookie takes its state to another element", async () => {
  await using pool = new Pool();
  const [first, second] = [await pool.serve(), await pool.serve()];
  assert.equal(await answerTo(second.address, await cookieOf(first.address)), `${SECRET};`);
});

Deno.test("RFC 5355 §2.16: a cookie that its user has altered is refused", async () => {
  await using pool = new Pool();
  const { address } = await pool.serve();
  const cookie = await cookieOf(address);
  const richer = cookie.slice();
  // "balance=1000" becomes "balance=9000".
  richer[9 + SECRET.indexOf("1")] = "9".charCodeAt(0);
  assert(includes(richer, "balance=9000"));
  const wrong = [richer, cookie.slice(0, -1), new Uint8Array(0), Uint8Array.of(...cookie, 0)];
  for (const each of wrong) assert.equal(await answerTo(address, each), REFUSED);
  assert.equal(await answerTo(address, cookie), `${SECRET};`);
});

Deno.test("RFC 5355 §2.16: a cookie that was made up with another key is refused", async () => {
  await using pool = new Pool();
  await using rogues = new Pool();
  const { address } = await pool.serve();
  const rogue = await rogues.serve({ key: crypto.getRandomValues(new Uint8Array(32)) });
  assert.equal(await answerTo(address, await cookieOf(rogue.address)), REFUSED);
});

Deno.test("RFC 5355 §2.16: a stale cookie is refused: old state does not come back", async () => {
  await using pool = new Pool();
  let now = Date.now();
  const { address } = await pool.serve({ now: () => now });
  const cookie = await cookieOf(address);
  now += HOUR_MS - 1_000;
  assert.equal(await answerTo(address, cookie), `${SECRET};`);
  now += 2_000;
  assert.equal(await answerTo(address, cookie), REFUSED);
});

Deno.test("RFC 5355 §2.16: a cookie of another pool that has the same key is refused", async () => {
  await using pool = new Pool();
  const bank = await pool.serve();
  const shop = await pool.serve({ poolHandle: "shop" });
  assert.equal(await answerTo(bank.address, await cookieOf(shop.address)), REFUSED);
});

for (const kind of KINDS) {
  Deno.test(`RFC 5355 §2.16, ${kind}: a cookie is of use to nobody but its user`, async () => {
    const { element, user } = await securedBy(kind);
    await using pool = new Pool();
    const { address } = await pool.serve({ over: element });
    const plain = await pool.serve();
    const [alice, mallory] = [await user("alice"), await user("mallory")];
    const cookie = await cookieOf(address, alice);
    assert.equal(await answerTo(address, cookie, alice), `${SECRET};`);
    assert.equal(await answerTo(address, cookie, mallory), REFUSED);
    // Nor is it where nobody proves who he is, and what was given there is nothing here.
    assert.equal(await answerTo(plain.address, cookie), REFUSED);
    assert.equal(await answerTo(address, await cookieOf(plain.address), alice), REFUSED);
  });

  Deno.test(`RFC 5355 §2.16, ${kind}: who reads along sees neither cookie nor data`, async () => {
    const { element, user } = await securedBy(kind);
    await using pool = new Pool();
    const { address } = await pool.serve({ over: element });
    await using relay = await Relay.open(address);
    const cookie = await cookieOf(relay.address, await user("alice"));
    assert(!includes(relay.all, cookie));
    assert(!includes(relay.all, SECRET));
    assert(!includes(relay.all, "RSerPool"));
  });

  Deno.test(`RFC 5355 §2.16, ${kind}: whoever alters what passes ends the session`, async () => {
    const { element, user } = await securedBy(kind);
    await using pool = new Pool();
    const { address } = await pool.serve({ over: element });
    await using relay = await Relay.open(address);
    const over = await user("alice");
    await using client = await SessionClient.begin(relay.address, { over });
    assert.equal(await client.text(4), "new;");
    const before = pool.events.length;
    relay.alter({ way: "to-server", position: 6, change: (byte) => byte ^ 0x01 });
    client.send(SECRET);
    assert.equal(await client.next(), undefined);
    // Not one message came of it, altered or not.
    assert(!pool.events.slice(before).some(({ type }) => type === "discarded"));
  });
}

Deno.test("RFC 5355 §2.16, the control: on plain TCP a cookie can be read", async () => {
  await using pool = new Pool();
  const { address } = await pool.serve();
  await using relay = await Relay.open(address);
  const cookie = await cookieOf(relay.address);
  assert(includes(relay.all, cookie));
  assert(includes(relay.all, SECRET));
});

Deno.test("RFC 5355 §2.16: a cookie that was altered on plain TCP is refused", async () => {
  await using pool = new Pool();
  const { address } = await pool.serve();
  await using relay = await Relay.open(address);
  const cookie = await cookieOf(address);
  // Behind the preface, a frame's header, a message's and a parameter's: the state's digit.
  const position = 12 + 8 + 4 + 4 + 9 + SECRET.indexOf("1");
  relay.alter({ way: "to-server", position, change: () => "9".charCodeAt(0) });
  assert.equal(await answerTo(relay.address, cookie), REFUSED);
  assert(includes(relay.heard("to-server"), "balance=1000"));
});

Deno.test("RFC 5355 §2.16: nothing that an element tells has a cookie or a state", async () => {
  await using pool = new Pool();
  const { address } = await pool.serve();
  const cookie = await cookieOf(address);
  await answerTo(address, cookie);
  await answerTo(address, cookie.with(20, 0));
  const told = JSON.stringify(
    pool.events,
    (_key, value) =>
      value instanceof Uint8Array
        ? new TextDecoder().decode(value)
        : value instanceof Error
        ? String(value.stack)
        : value,
  );
  assert(pool.events.some(({ type }) => type === "session-refused"));
  assert(pool.events.some((event) => event.type === "session-began" && event.hasState));
  assert(!told.includes("balance"), told);
});
