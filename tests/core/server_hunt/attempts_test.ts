/** Following a hunt's attempts, as `-v` does. */

import assert from "node:assert/strict";
import { ObserverStage } from "../observer/observer_stage.ts";
import { registrar } from "./stage.ts";

const port = 9901;

Deno.test("each attempt is told as it begins and as it fails, if that is wanted", () => {
  const stage = new ObserverStage(3, { tellsAttempts: true, staggerMs: 1_000 });
  stage.ask("list");
  const dialled = (which: number) => ({
    type: "registrar-dialled",
    registrar: registrar(which, port),
  });
  const failed = (which: number, reason: string, detail?: string) => ({
    type: "registrar-failed",
    address: registrar(which, port),
    reason,
    detail,
  });
  assert.deepEqual(stage.takeEvents(), [dialled(1)]);
  stage.disconnect(stage.takeDial().association, "refused");
  assert.deepEqual(stage.takeEvents(), [failed(1, "refused"), dialled(2)]);
  // The second is connected and silent; the third is asked, too, and rejects.
  stage.connect(stage.takeDial().association);
  stage.advance(1_000);
  assert.deepEqual(stage.takeEvents(), [dialled(3)]);
  const { association } = stage.takeDial();
  stage.connect(association);
  stage.list(association, [], { reject: true });
  assert.deepEqual(stage.takeEvents(), [failed(3, "failed", "it rejected the request")]);
});

Deno.test("nobody is told of attempts who did not ask for it", () => {
  const stage = new ObserverStage(2);
  stage.ask("list");
  stage.disconnect(stage.takeDial().association, "refused");
  assert.deepEqual(stage.takeEvents(), []);
});
