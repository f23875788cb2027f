/** rserpool with a bug, which SIGUSR2 brings to light where nobody waits for it. */

import { endAtBugs, main } from "../../../cli/main.ts";
import { realWorld } from "../../../cli/world.ts";

const world = realWorld();
endAtBugs(world);
Deno.addSignalListener("SIGUSR2", () => {
  throw new Error("this was foreseen");
});
world.exit(await main(Deno.args, world));
