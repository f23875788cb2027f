/**
 * `kill -9` of the home of 1,000 elements among three registrars, `--timing fast`: when have they
 * another? Elements that know all registrars hunt by themselves; those that know only the dead one
 * must wait to be taken over, and longer if it is stopped and its connections stay open. Prints one
 * JSON line a figure.
 *
 * `deno run -A bench/takeover.ts [ELEMENTS]`, after `deno task build`.
 *
 * The bound of a takeover: its peers see the connections end at once, or miss it for
 * MAX-TIME-LAST-HEARD; they give the registrar MAX-TIME-NO-RESPONSE; they arbitrate; then the
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
  /** SIGSTOP: its connections stay open, and it is only silent. */
  readonly signal: "SIGKILL" | "SIGSTOP";
  readonly hosts: number;
}

/** What the timers and the spread allow: elements are told in groups, and addresses by seconds. */
function boundMs({ hosts, signal }: Figure): number {
  const { maxTimeLastHeardMs, maxTimeNoResponseMs } = FAST_REGISTRAR_TIMING;
  const silence = signal === "SIGSTOP" ? maxTimeLastHeardMs : 0;
  const { maxAdoptionsPerSecond, maxDialsPerTarget } = DEFAULT_LIMITS;
  const spread = 1000 * (ELEMENTS - 1) / maxAdoptionsPerSecond;
  const windows = 1000 * Math.floor((ELEMENTS / hosts - 1) / maxDialsPerTarget);
  return silence + maxTimeNoResponseMs + Math.max(spread, windows);
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
  if (figure.signal === "SIGKILL") await home.kill();
  else Deno.kill(home.pid, figure.signal);
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
  await killAll(figure.signal === "SIGKILL" ? others : members);
}

/** No element may be lost, and none may be left with the dead. */
async function requireAll({ enrpPort }: Member, living: readonly Member[]): Promise<void> {
  const elements = await listed(enrpPort);
  const homes = new Set(elements.map(({ home }) => home));
  if (elements.length === ELEMENTS && homes.size <= living.length) return;
  throw new Error(`${elements.length} elements at ${homes.size} homes`);
}

const figures: Figure[] = [
  { name: "killed, elements hunt", knows: "all", signal: "SIGKILL", hosts: ELEMENTS },
  { name: "killed, takeover alone", knows: "home", signal: "SIGKILL", hosts: ELEMENTS },
  { name: "killed, takeover alone", knows: "home", signal: "SIGKILL", hosts: 1 },
  { name: "stopped, takeover alone", knows: "home", signal: "SIGSTOP", hosts: ELEMENTS },
];
for (const figure of figures) await measure(figure);
