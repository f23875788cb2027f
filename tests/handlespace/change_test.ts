/** Who watches a handlespace hears of every change that pool users can see, and of no other. */
import assert from "node:assert/strict";
import { Handlespace, seededRandom } from "../../lib/handlespace/mod.ts";
import { identifiers, poolElement } from "./pool_elements.ts";

const SELF = 0xc0ffee;
const PEER = 0xbeef;

/** A handlespace, and the pools in which something changed during an action. */
function watched() {
  let changes: string[] = [];
  const handlespace: Handlespace = new Handlespace({
    self: SELF,
    random: seededRandom(1),
    limits: { maxElements: 3 },
    onChange: (poolHandle) => changes.push(poolHandle),
  });
  const during = (action: () => unknown) => {
    changes = [];
    action();
    return changes;
  };
  return { handlespace, during };
}

const shorter = poolElement(1, undefined, { registrationLife: 60 });

Deno.test("registering, changing and removing an element are told", () => {
  const { handlespace, during } = watched();
  assert.deepEqual(during(() => handlespace.register("web", poolElement(1))), ["web"]);
  assert.deepEqual(during(() => handlespace.register("mail", poolElement(1))), ["mail"]);
  assert.deepEqual(during(() => handlespace.register("web", shorter)), ["web"]);
  assert.deepEqual(during(() => handlespace.remove("web", 1)), ["web"]);
});

Deno.test("what is merged, given away and made selectable is told", () => {
  const { handlespace, during } = watched();
  const peers = { ...poolElement(2), home: PEER };
  assert.deepEqual(during(() => handlespace.merge("web", peers)), ["web"]);
  assert.deepEqual(during(() => handlespace.changeHome("web", 2, SELF)), ["web"]);
  assert.deepEqual(during(() => handlespace.setSelectable("web", 2, false)), ["web"]);
  assert.deepEqual(during(() => handlespace.setSelectable("web", 2, true)), ["web"]);
  handlespace.setSelectable("web", 2, false);
  const again = { ...poolElement(2), home: SELF };
  assert.deepEqual(during(() => handlespace.register("web", again)), ["web"]);
});

Deno.test("what changes nothing is not told", () => {
  const { handlespace, during } = watched();
  for (const identifier of [1, 2, 3]) handlespace.register("web", poolElement(identifier));
  const nothing = during(() => {
    handlespace.register("web", poolElement(1));
    handlespace.register("web", poolElement(4));
    handlespace.register("web", poolElement(1, { name: "priority", priority: 1 }));
    handlespace.remove("web", 9);
    handlespace.setSelectable("web", 1, true);
    handlespace.setSelectable("web", 9, true);
    handlespace.changeHome("web", 1, SELF);
    handlespace.select("web", 2);
    handlespace.list("web", 2);
  });
  assert.deepEqual(nothing, []);
});

Deno.test("the change is complete when it is told", () => {
  const seen: number[][] = [];
  const handlespace: Handlespace = new Handlespace({
    self: SELF,
    random: seededRandom(1),
    onChange: (poolHandle) => seen.push(identifiers(handlespace.list(poolHandle, Infinity))),
  });
  handlespace.register("web", poolElement(1));
  handlespace.register("web", poolElement(2));
  handlespace.setSelectable("web", 1, false);
  handlespace.remove("web", 2);
  assert.deepEqual(seen, [[1], [1, 2], [2], []]);
});

Deno.test("listing takes at most so many, none of an unknown pool, and turns no circle", () => {
  const { handlespace } = watched();
  for (const identifier of [1, 2, 3]) handlespace.register("web", poolElement(identifier));
  assert.deepEqual(identifiers(handlespace.list("web", 2)), [1, 2]);
  assert.deepEqual(identifiers(handlespace.list("web", Infinity)), [1, 2, 3]);
  assert.deepEqual(identifiers(handlespace.list("mail", Infinity)), []);
  assert.deepEqual(identifiers(handlespace.select("web", 1)), [1]);
  assert.deepEqual(identifiers(handlespace.list("web", Infinity)), [2, 3, 1]);
});
