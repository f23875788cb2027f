import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "../../lib/sim/byte_queue.ts";

Deno.test("what is taken is what was put in, in order, whatever the pieces", () => {
  fc.assert(fc.property(
    fc.array(fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.record({ take: fc.nat(30) }),
      fc.record({ keep: fc.nat(30) }),
    )),
    (steps) => {
      const queue = new ByteQueue();
      let model: number[] = [];
      for (const step of steps) {
        if (step instanceof Uint8Array) {
          queue.push(step);
          model.push(...step);
        } else if ("take" in step) {
          assert.deepEqual([...queue.take(step.take)], model.splice(0, step.take));
        } else {
          queue.truncate(step.keep);
          model = model.slice(0, step.keep);
        }
        assert.equal(queue.length, model.length);
      }
      assert.deepEqual([...queue.take(Infinity)], model);
    },
  ));
});
