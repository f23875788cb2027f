import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LIMITS, Host, POOL_USER_TIMING, PoolUserMachine } from "../../../lib/core/mod.ts";
import { asap } from "../../../lib/wire/mod.ts";
import { LOCAL, registrar } from "../server_hunt/stage.ts";
import { element, userOptions, UserStage } from "./user_stage.ts";

const { t1EnrpRequestMs, maxRequestRetransmit } = POOL_USER_TIMING;

const act = fc.record({
  do: fc.constantFrom(
    "resolve",
    "resolve",
    "cancel",
    "report",
    "purge",
    "subscribe",
    "unsubscribe",
    "grant",
    "connect",
    "connect",
    "disconnect",
    "answer",
    "answer",
    "refuse",
    "empty",
    "broken",
    "advance",
  ),
  which: fc.nat(20_000),
  pool: fc.constantFrom("web", "mail"),
  items: fc.constantFrom(undefined, undefined, 1, 2),
});

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** A pool user in the hands of chance, and what became of its requests. */
class Chance {
  readonly stage: UserStage;
  readonly open = new Set<number>();
  readonly watched = new Set<number>();
  private readonly dialled = new Set<number>();

  constructor(staggerMs: number | undefined, once: boolean) {
    const limits = { ...DEFAULT_LIMITS, maxOutstandingResolutions: 5, maxWaitingReports: 2 };
    const registrars = [1, 2, 3, 4, 5].map((n) => registrar(n));
    this.stage = new UserStage({ staggerMs, once, limits, registrars });
  }

  play({ do: action, which, pool, items }: Act): void {
    const { stage } = this;
    const [open, pending] = [[...stage.open], [...this.dialled]];
    const one = (all: readonly number[]) => all[which % Math.max(1, all.length)];
    const [association, dial, request] = [one(open), one(pending), one([...this.open])];
    if (action === "advance") stage.advance(which);
    else if (action === "resolve") {
      this.open.add(stage.resolve(pool, { items, ...(which % 2 === 0 && { withinMs: which }) }));
    } else if (action === "report") {
      stage.command({ type: "report-unreachable", poolHandle: pool, peIdentifier: 1 });
    } else if (action === "subscribe") {
      this.watched.add(stage.subscribe(pool, which % 2 === 0 ? which : undefined));
    } else if (action === "unsubscribe") this.unsubscribe(one([...this.watched]));
    else if (action === "purge") stage.command({ type: "purge" });
    else if (action === "cancel" && request !== undefined) {
      this.open.delete(request);
      stage.command({ type: "cancel", request });
    } else if (action === "connect" && dial !== undefined) {
      this.dialled.delete(dial);
      stage.connect(dial);
    } else if (action === "disconnect" && (association ?? dial) !== undefined) {
      this.dialled.delete((association ?? dial)!);
      stage.disconnect((association ?? dial)!, "reset");
    } else if (association !== undefined) this.speak(action, association, pool);
    this.look();
  }

  unsubscribe(request: number | undefined): void {
    if (request === undefined) return;
    this.watched.delete(request);
    this.stage.unsubscribe(request);
  }

  look(): void {
    const { stage } = this;
    for (const { association } of stage.takeDials()) this.dialled.add(association);
    for (const association of stage.takeClosed()) this.dialled.delete(association);
    assert(stage.open.size <= 3, "RFC 5352 §3.6, SH1");
    for (const event of stage.takeEvents()) {
      if (event.type === "updated") assert(this.watched.has(event.request), "told unasked");
      if (event.type === "failed" && this.watched.delete(event.request)) continue;
      if (event.type !== "resolved" && event.type !== "failed") continue;
      assert(this.open.delete(event.request), `request ${event.request} ended unasked or twice`);
      assert(event.type === "failed" || event.poolElements.length > 0);
    }
  }

  private speak(action: string, association: number, pool: string): void {
    const { stage } = this;
    if (action === "answer") stage.answer(association, [1, 2].map(element), pool);
    else if (action === "grant") stage.grant(association, [1, 2].map(element), pool);
    else if (action === "refuse") stage.refuse(association, 0x9, pool);
    else if (action === "empty") stage.answer(association, [], pool);
    else if (action === "broken") {
      stage.receiveBroken(association, { messageType: "ASAP_HANDLE_RESOLUTION_RESPONSE" });
    }
  }
}

Deno.test("whatever comes in whatever order, each request ends once and nothing is left", () => {
  const property = fc.property(
    fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: undefined }),
    fc.boolean(),
    fc.array(act, { maxLength: 80 }),
    (staggerMs, once, script) => {
      const chance = new Chance(staggerMs, once);
      for (const step of script) chance.play(step);
      chance.stage.advance(t1EnrpRequestMs * (1 + maxRequestRetransmit));
      chance.look();
      for (const request of [...chance.watched]) chance.unsubscribe(request);
      chance.stage.advance(t1EnrpRequestMs * (1 + maxRequestRetransmit));
      chance.look();
      assert.deepEqual([...chance.open], [], "requests without an end");
      assert.equal(chance.stage.machine.deadline(), undefined, "it would go on for nothing");
      assert(chance.stage.open.size <= 1, "a home at most");
    },
  );
  fc.assert(property, { numRuns: 1_000 });
});

Deno.test("bytes: an answer cut anywhere through the host, and an HTTP server", () => {
  const options = { ...userOptions(), registrars: [registrar(1)], staggerMs: 100, once: true };
  const host = new Host(new PoolUserMachine(options), DEFAULT_LIMITS);
  const events = () => {
    const told = [];
    for (let output = host.poll(); output !== undefined; output = host.poll()) {
      if (output.type === "event") told.push(output.event);
    }
    return told;
  };
  const answer = asap.encode({
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: false,
    poolHandle: "web",
    poolElements: [element(1)],
  });
  host.command({ type: "resolve", request: 1, poolHandle: "web" }, 0);
  host.connected(1, { remote: registrar(1), local: LOCAL }, 0);
  events();
  for (const byte of answer) host.receive(1, new Uint8Array([byte]), 1);
  assert.deepEqual(events().map((event) => event.type), ["home-adopted", "resolved"]);
  host.command({ type: "resolve", request: 2, poolHandle: "mail" }, 2);
  const http = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
  host.receive(1, http, 3);
  events();
  host.connected(3, { remote: registrar(1), local: LOCAL }, 4);
  host.receive(3, http, 5);
  const failed = events().find((event) => event.type === "failed");
  assert(failed?.why === "no-registrar");
  const [attempt] = failed.attempts;
  assert.equal(attempt!.reason, "garbage");
  assert.match(attempt!.detail!, /HTTP/);
});
