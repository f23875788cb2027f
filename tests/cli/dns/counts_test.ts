/** What a name server has answered, in numbers. */
import assert from "node:assert/strict";
import { RCODE } from "../../../cli/dns/query.ts";
import { queryOf } from "./messages.ts";
import { element, openHouse } from "./pools.ts";

const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

Deno.test("questions by way, answers by code, and what has no answer", async () => {
  const { responder, counts } = openHouse();
  await responder.respond(queryOf("pool.internal", "SOA"), "udp");
  await responder.respond(queryOf("pool.internal", "SOA"), "tcp");
  await responder.respond(queryOf("example.org", "A"), "udp");
  await responder.respond(new Uint8Array(3), "udp");
  assert.deepEqual(counts.questions, { udp: 3, tcp: 1 });
  assert.equal(counts.dropped, 1);
  assert.equal(counts.answers.get(RCODE.NOERROR), 2);
  assert.equal(sum([...counts.answers.values()]), 3);
  assert.equal(sum(counts.waits.counts), 0, "nobody had to be asked");
});

Deno.test("what waits for a registrar is timed, and its answer counted when it comes", async () => {
  const house = openHouse();
  const { responder, counts, user } = house;
  user.put("web", [element(1)]);
  const answer = responder.respond(queryOf("web.pool.internal", "A"), "udp");
  assert(answer instanceof Promise);
  assert.deepEqual([...counts.answers], []);
  house.now += 7;
  await answer;
  assert.deepEqual([...counts.answers], [[RCODE.NOERROR, 1]]);
  assert.equal(counts.waits.sum, 7);
});
