/**
 * `kill -9` of the home of 1,000 elements among three registrars, `--timing fast`: when have they
 * another? Elements that know all registrars hunt by themselves; those that know only the dead one
 * must wait to be taken over. Prints one JSON line a figure.
 *
 * `deno run -A bench/takeover.ts [ELEMENTS]`, after `deno task build`.
 *
 * The bound of a takeover: its peers see the connections end at once, and give the registrar
 * MAX-TIME-NO-RESPONSE to be dialled again; then they arbitrate, in some round trips; then the
 * elements are told one after the other, maxAdoptionsPerSecond in all and maxDialsPerTarget at one
 * address, so that the last is told when all others have been.
 */

import { DEFAULT_LIMITS, FAST_REGISTRAR_TIMING } from "../mod.ts";
import { killAll, listed, type Member, pause, startCluster, untilListed } from "./cluster.ts";
import { MovingElements } from "./real_elements.ts";

const ELEMENTS = Number(Deno.args[0] ?? 1_000);
const REGISTRARS = 3;
const POLL_MS = 100;
const PATIENCE_MS = 60_000;

interface Figure {
  readonly name: string;
  readonly knows: "all" | "home";
  readonly hosts: number;
}

/** What the timers and the spread allow: elements are told in groups, and addresses by seconds. */
function boundMs({ hosts }: Figure): number {
  const { maxAdoptionsPerSecond, maxDialsPerTarget } = DEFAULT_LIMITS;
  const spread = 1000 * (ELEMENTS - 1) / maxAdoptionsPerSecond;
  const windows = 1000 * Math.floor((ELEMENTS / hosts - 1) / maxDialsPerTarget);
  return FAST_REGISTRAR_TIMING.maxTimeNoResponseMs + Math.max(spread, windows);
}

async function untilMoved(elements: MovingElements): Promise<number[]> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const moved = await elements.moved();
    if (!moved.includes(null)) return moved as number[];
    if (performance.now() > end) {
      throw new Error(`${moved.filter((each) => each === null).length} elements have no home`);
    }
    await pause(POLL_MS);
  }
}

async function measure(figure: Figure): Promise<void> {
  const members = await startCluster(REGISTRARS, ["--timing", "fast"]);
  const [home, ...others] = members as [Member, ...Member[]];
  const known = figure.knows === "all" ? members : [home];
  const registrars = known.map(({ port }) => port);
  const { hosts } = figure;
  const elements = await MovingElements.start({ registrars, elements: ELEMENTS, hosts });
  for (const other of others) await untilListed(other.enrpPort, ELEMENTS);
  await requireAll(home, [home]);
  const killed = performance.timeOrigin + performance.now();
  await home.kill();
  const taken = (await untilMoved(elements)).map((at) => at - killed).sort((a, b) => a - b);
  for (const other of others) await requireAll(other, others);
  const seconds = (ms: number) => Number((ms / 1000).toFixed(2));
  console.log(JSON.stringify({
    figure: figure.name,
    elements: ELEMENTS,
    hosts,
    first_s: seconds(taken[0]!),
    p50_s: seconds(taken[taken.length >> 1]!),
    last_s: seconds(taken.at(-1)!),
    bound_s: figure.knows === "all" ? "" : seconds(boundMs(figure)),
  }));
  await elements.stop();
  await killAll(others);
}

/** No element may be lost, and none may be left with the dead. */
async function requireAll({ enrpPort }: Member, living: readonly Member[]): Promise<void> {
  const elements = await listed(enrpPort);
  const homes = new Set(elements.map(({ home }) => home));
  if (elements.length === ELEMENTS && homes.size <= living.length) return;
  throw new Error(`${elements.length} elements at ${homes.size} homes`);
}

const figures: Figure[] = [
  { name: "elements hunt", knows: "all", hosts: ELEMENTS },
  { name: "takeover alone", knows: "home", hosts: ELEMENTS },
  { name: "takeover alone", knows: "home", hosts: 1 },
];
for (const figure of figures) await measure(figure);
