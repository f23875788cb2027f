/**
 * RFC 5355 §2.9: "The application SHOULD be notified when failover occurs so the application can
 * take appropriate action to establish a trusted relationship with PE B." Somebody registers in a
 * pool, and waits for a session's element to fail: whether he gets the session, and what of it.
 */

import assert from "node:assert/strict";
import {
  certificateTransport,
  type ConnectOptions,
  type Failover,
  type NetTransport,
  PoolElement,
  PoolUser,
  type PoolUserSettings,
  pskTransport,
  Registrar,
  type SecurityKind,
  type ServedSession,
  type Service,
  SessionFailed,
} from "../../mod.ts";
import { ANY, keyOf } from "../driver/secured.ts";
import { makeAuthority } from "../net/certificates.ts";
import { LIMIT } from "./secured_cluster.ts";

const KINDS: readonly SecurityKind[] = ["certificate", "psk"];
const HOST = "127.0.0.1";
const SECRET = "the account is 4711";
const authority = await makeAuthority();
const foreign = await makeAuthority();

/** A transport of an element of the pool, of another one, of a rogue, and of the user. */
interface Transports {
  readonly element: NetTransport;
  readonly rogues: readonly (NetTransport | undefined)[];
  readonly user: NetTransport;
}

async function transportsOf(kind: SecurityKind): Promise<Transports> {
  const accepted = (number: number) => new Map([["alice", keyOf("alice", number)]]);
  const wish = { names: ["bank.example.org"], ips: [HOST] };
  const rogue = await certificateTransport(foreign.credentials(await foreign.issue(wish)));
  const rogues = [undefined, rogue, await pskTransport({ accepted: accepted(1) })];
  if (kind === "psk") {
    const own = { identity: "alice", key: keyOf("alice") };
    const element = await pskTransport({ accepted: accepted(0) });
    return { element, rogues, user: await pskTransport({ own }) };
  }
  const user = await certificateTransport(authority.credentials());
  const issued = await authority.issue(wish);
  return { element: await certificateTransport(authority.credentials(issued)), rogues, user };
}

/** What an element has heard of its users. */
class Heard {
  text = "";
  sessions = 0;

  readonly handler = async (session: ServedSession): Promise<void> => {
    this.sessions++;
    await session.send(new TextEncoder().encode("ok"));
    for (let bytes = await session.receive(); bytes; bytes = await session.receive()) {
      this.text += new TextDecoder().decode(bytes);
      await session.send(new TextEncoder().encode("ok"));
    }
  };
}

/** A pool at an unsecured registrar, in which anybody may register. */
class Pool implements AsyncDisposable {
  private readonly ending: (() => Promise<void>)[] = [];
  private registrar!: Registrar;

  static async make(): Promise<Pool> {
    const pool = new Pool();
    pool.registrar = await Registrar.start({ asap: ANY, enrp: ANY });
    return pool;
  }

  get registrars() {
    return this.registrar.asap;
  }

  /** Registers an element with a priority: the lower one is chosen first. */
  async add(
    priority: number,
    { handler }: Heard,
    over: NetTransport | undefined,
  ): Promise<{ element: PoolElement; service: Service }> {
    const element = new PoolElement({
      registrars: this.registrars,
      poolHandle: "bank",
      port: 0,
      addresses: [HOST],
      use: "data+control",
      policy: { name: "priority", priority },
    });
    this.ending.push(() => element.close());
    const service = await element.serve(handler, { transport: over });
    await element.register(LIMIT);
    return { element, service };
  }

  user(sessionTiming: PoolUserSettings["sessionTiming"] = {}): PoolUser {
    const { registrars } = this;
    return new PoolUser({ registrars, timing: { staleCacheValueMs: 0 }, sessionTiming });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.ending) await end();
    await this.registrar.stop();
  }
}

/** A session with an element of which an answer has come. */
async function begin(user: PoolUser, options: ConnectOptions) {
  const session = await user.connect("bank", { ...LIMIT, ...options });
  assert.equal(new TextDecoder().decode((await session.receive())!.bytes), "ok");
  return session;
}

Deno.test("RFC 5355 §2.9, the control: without security a rogue gets the session", async () => {
  await using pool = await Pool.make();
  const [right, rogue] = [new Heard(), new Heard()];
  const first = await pool.add(9, right, undefined);
  const next = await pool.add(1, rogue, undefined);
  using user = pool.user();
  const failovers: Failover[] = [];
  const session = await begin(user, {
    to: first.element.identifier,
    onFailover: (failover) => void failovers.push(failover),
  });
  await first.service.close();
  await session.receive();
  await session.send(new TextEncoder().encode(SECRET));
  await session.receive();
  assert.equal(rogue.text, SECRET);
  const [failover] = failovers;
  assert.equal(failover?.to.identifier, next.element.identifier);
  assert.equal(failover?.securityLost, undefined);
  session.abort();
});

for (const kind of KINDS) {
  Deno.test(`RFC 5355 §2.9, ${kind}: rogues in the pool do not get the session`, async () => {
    const over = await transportsOf(kind);
    await using pool = await Pool.make();
    const [first, second] = [new Heard(), new Heard()];
    const rogues = over.rogues.map(() => new Heard());
    const { element, service } = await pool.add(9, first, over.element);
    // Each of them would be chosen before the one that may be.
    for (const [i, each] of rogues.entries()) await pool.add(i + 1, each, over.rogues[i]);
    const other = await pool.add(8, second, over.element);
    using user = pool.user();
    const failovers: Failover[] = [];
    const session = await begin(user, {
      to: element.identifier,
      transport: over.user,
      onFailover: (failover) => void failovers.push(failover),
    });
    await service.close();
    const answer = await session.receive();
    assert.equal(answer?.poolElement.identifier, other.element.identifier);
    await session.send(new TextEncoder().encode(SECRET));
    await session.receive();
    assert.equal(second.text, SECRET);
    for (const rogue of rogues) assert.deepEqual([rogue.sessions, rogue.text], [0, ""]);
    const [failover] = failovers;
    assert.equal(failovers.length, 1);
    assert.equal(failover?.from.identifier, element.identifier);
    assert.equal(failover?.securityLost?.kind, kind);
    assert.equal(failover?.security?.kind, kind);
    session.abort();
  });

  Deno.test(`RFC 5355 §2.9, ${kind}: nothing flows before the application agrees`, async () => {
    const over = await transportsOf(kind);
    await using pool = await Pool.make();
    const [first, second] = [new Heard(), new Heard()];
    const { element, service } = await pool.add(1, first, over.element);
    await pool.add(2, second, over.element);
    using user = pool.user();
    const asked = Promise.withResolvers<Failover>();
    const decided = Promise.withResolvers<void>();
    const session = await begin(user, {
      to: element.identifier,
      transport: over.user,
      onFailover: async (failover) => {
        asked.resolve(failover);
        await decided.promise;
      },
    });
    await service.close();
    const sent = session.send(new TextEncoder().encode(SECRET));
    const failover = await asked.promise;
    assert.equal(second.sessions, 0);
    failover.send(new TextEncoder().encode("I am alice; "));
    assert.equal(second.sessions, 0);
    decided.resolve();
    await session.receive();
    await sent;
    await session.receive();
    assert.match(second.text, /^I am alice; /);
    session.abort();
  });

  Deno.test(`RFC 5355 §2.9, ${kind}: the application may refuse the next element`, async () => {
    const over = await transportsOf(kind);
    await using pool = await Pool.make();
    const [first, second] = [new Heard(), new Heard()];
    const { element, service } = await pool.add(1, first, over.element);
    await pool.add(2, second, over.element);
    using user = pool.user();
    const refusal = new Error("not this one");
    const session = await begin(user, {
      to: element.identifier,
      transport: over.user,
      onFailover: () => {
        throw refusal;
      },
    });
    await service.close();
    await assert.rejects(session.receive(), (error) => {
      assert(error instanceof Error);
      assert.equal(error, refusal);
      return true;
    });
    await assert.rejects(session.send(new TextEncoder().encode(SECRET)));
    assert.deepEqual([second.sessions, second.text], [0, ""]);
  });
}

Deno.test("RFC 5355 §2.9: a session that was secured does not go on without", async () => {
  const over = await transportsOf("certificate");
  await using pool = await Pool.make();
  const [first, rogue] = [new Heard(), new Heard()];
  const { element, service } = await pool.add(9, first, over.element);
  await pool.add(1, rogue, undefined);
  using user = pool.user({ failoverTimeoutMs: 500 });
  const session = await begin(user, {
    to: element.identifier,
    transport: over.user,
    onFailover: () => assert.fail("there was nobody to fail over to"),
  });
  await service.close();
  await assert.rejects(session.receive(), (error) => {
    assert(error instanceof SessionFailed);
    const ofRogue = error.attempts.find((each) => each.element.identifier !== element.identifier);
    assert.equal(ofRogue?.reason, "security");
    return true;
  });
  await assert.rejects(session.send(new TextEncoder().encode(SECRET)), SessionFailed);
  assert.deepEqual([rogue.sessions, rogue.text], [0, ""]);
});
